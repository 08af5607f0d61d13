"""The picture of a result as a Vega-Lite specification, where there is one worth looking at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from boathouse import plot

_MOST = 40  # bars that can be told apart


def is_figure(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def chart(
    names: Sequence[str], rows: Sequence[dict[str, Any]], measures: Sequence[str], groups: Sequence[str]
) -> dict[str, Any] | None:
    """A line over time, bars otherwise; a second group is a colour. None for a single figure, a list, or too many bars."""
    figures = [name for name in measures if name in names]
    labels = [name for name in groups if name in names]
    if len(rows) < 2 or not figures or not 1 <= len(labels) <= 2:
        return None
    figure, label = figures[0], labels[0]
    timed = [name for name in labels if all(isinstance(row[name], date) or row[name] is None for row in rows) or name == "year"]
    across = timed[0] if timed else label
    others = [name for name in labels if name != across]
    if not timed and len({row[across] for row in rows}) > _MOST:
        return None
    encoding: dict[str, Any] = {"tooltip": [{"field": name} for name in names]}
    value = {"field": figure, "type": "quantitative", "title": figure.replace("_", " ")}
    if timed:
        kind = {"type": "ordinal" if across == "year" else "temporal", "title": across}
        monthly = None if across == "year" else plot.months(row[across] for row in rows)
        encoding |= {"x": {"field": across, **kind, **({"axis": monthly} if monthly else {})}, "y": value}
    else:
        encoding |= {"x": value, "y": {"field": across, "type": "nominal", "title": across.replace("_", " "), "sort": "-x"}}
    if others:
        encoding["color"] = {"field": others[0], "type": "nominal", "title": others[0].replace("_", " ")}
    mark = {"type": "line", "point": True} if timed else {"type": "bar"}
    return {"$schema": plot.SCHEMA, "mark": mark, "encoding": encoding}
