"""Data to take along: files within the page itself, so that no server hands out anything to anybody else."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import TYPE_CHECKING

from boathouse.dashboards.parts import Chart, Tile
from boathouse.names import distinct
from boathouse.query.excel import workbook

if TYPE_CHECKING:
    from boathouse.query import Result

_LARGEST = 2_000_000  # bytes that a page carries along
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def links(name: str, results: dict[str, Result], part: Tile | None = None) -> str:
    """Links to these results as one Excel file, and as CSV with its receipt where there is one of them: that of a tile's `part`."""
    tables = {title: (named(part, result) if part else result).arrow() for title, result in results.items()}
    made = [_link(f"{name}.xlsx", _EXCEL, workbook(tables), "Excel")]
    if len(results) == 1:
        [result] = results.values()
        shown = named(part, result) if part else result
        made.insert(0, _link(f"{name}.csv", "text/csv", b"".join(shown.chunks("csv")), "CSV"))
        made.append(
            _link(f"{name}-receipt.json", "application/json", json.dumps(result.receipt.to_json()).encode(), "Receipt as JSON")
        )
    return f'<span class="bh-note">{" · ".join(made)}</span>'


def named(part: Tile, result: Result) -> Result:
    """What a tile found, a chart's columns by what they are of."""
    if not isinstance(part, Chart) or part.sql:
        return result
    heads = {"x": part.x, "y": part.y, "color": part.color or "color"}
    names = distinct([heads.get(field.name, field.name) for field in result.schema])
    return result.of(result.arrow().rename_columns(names), result.asked, result.limits, cut=result.cut)


def name(title: str) -> str:
    """A file's name for a tile's title."""
    return re.sub(r"\W+", "-", title.lower()).strip("-") or "tile"


def _link(name: str, kind: str, data: bytes, words: str) -> str:
    if len(data) > _LARGEST:
        return f"{words}: too large for a page; boathouse sql --format csv"
    text = base64.b64encode(data).decode()
    return f'<a download="{html.escape(name)}" href="data:{kind};base64,{text}">{words}</a>'
