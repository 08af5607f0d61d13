"""What a dataset's columns hold: counts of each, and the shape of one."""

from __future__ import annotations

import re
from typing import Any

from boathouse.engine import quote

_BINS, _TOP = 24, 12
_FIGURES = re.compile(r"(BIG|SMALL|TINY|HUGE)?INT(EGER)?|U\w*INT\w*|DECIMAL\([\d, ]+\)|DOUBLE|FLOAT|REAL")
_MOMENTS = re.compile(r"DATE|TIMESTAMP[^\[]*")


def _stepped(kind: str) -> bool:
    """Whether values of this type lie on a line; a list of them does not."""
    return bool(_FIGURES.fullmatch(kind) or _MOMENTS.fullmatch(kind))


def counts(name: str, columns: dict[str, str]) -> str:
    """A SELECT of one row, with all columns told in one pass: how many rows have no value, about how many values there are, the
    lowest and the highest."""
    told = ", ".join(
        f"{{'nulls': count(*) - count({own}), 'values': approx_count_distinct({own}), 'low': min({own})::VARCHAR, 'high': max({own})::VARCHAR}} AS {own}"
        for own in map(quote, columns)
    )
    return f"SELECT {told} FROM {quote(name)}"


def shape(name: str, column: str, kind: str) -> str:
    """A SELECT of x and y: how many rows there are from x on, for figures and moments, and for each of the most frequent values
    else."""
    own, table = quote(column), quote(name)
    if _stepped(kind):
        moments = _MOMENTS.fullmatch(kind)
        value = f"epoch({own})" if moments else f"{own}::DOUBLE"
        back = "to_timestamp(low + bin * width)" if moments else "low + bin * width"
        there = f"isfinite({own if moments else value})"  # a step has no place for NaN and infinity; an empty cell is neither
        return f"""
            WITH ends AS (SELECT min({value}) AS low, (max({value}) - min({value})) / {_BINS} AS width FROM {table} WHERE {there}),
                 binned AS (
                    SELECT low, width, coalesce(least(floor(({value} - low) / nullif(width, 0)), {_BINS - 1}), 0) AS bin
                    FROM {table}, ends WHERE {there}
                 )
            SELECT {back} AS x, count(*) AS y FROM binned GROUP BY ALL ORDER BY ALL"""
    return f"""
        SELECT coalesce({own}::VARCHAR, '(empty)') AS x, count(*) AS y FROM {table}
        GROUP BY ALL ORDER BY y DESC, x LIMIT {_TOP}"""


def picture(rows: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """The shape of a column as a Vega-Lite specification."""
    if not _stepped(kind):
        values = [{"x": row["x"], "y": row["y"]} for row in rows]
        encoding = {
            "y": {"field": "x", "type": "nominal", "sort": None, "title": None},
            "x": {"field": "y", "type": "quantitative", "title": "rows"},
        }
        return {"data": {"values": values}, "mark": "bar", "encoding": encoding}
    moments = bool(_MOMENTS.fullmatch(kind))
    values = [{"x": row["x"].isoformat() if moments else row["x"], "y": row["y"]} for row in rows]
    across = {"field": "x", "type": "temporal" if moments else "quantitative", "title": None, "scale": {"zero": False}}
    return {"data": {"values": values}, "height": 120, "mark": {"type": "bar", "width": 14},
            "encoding": {"x": across, "y": {"field": "y", "type": "quantitative", "title": "rows"}}}  # fmt: skip
