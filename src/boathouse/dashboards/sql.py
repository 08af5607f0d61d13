"""The SQL behind tiles and filters: the page's rows under its filters, and what a tile makes of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa

from boathouse.dashboards.parts import Chart, Metric, Table, Tile
from boathouse.engine import quote

Chosen = dict[str, Any]  # by column: a list of values, or a Span; a column of which nothing is chosen is not there
_QUERY = re.compile(r"\s*(SELECT|FROM|WITH)\b", re.IGNORECASE)
_AGGREGATE = re.compile(
    r"\b(sum|count|avg|min|max|median|mode|quantile\w*|stddev\w*|var_\w+|first|last|any_value|approx_\w+|arg_\w+|max_by|min_by|bool_and|"
    r"bool_or|list|string_agg|histogram)\s*\((?![^()]*\)\s*over\b)",
    re.IGNORECASE,
)
_WITH = re.compile(r"\s*WITH\s+(?!RECURSIVE\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Span:
    """From a value to another, both within; None is open."""

    low: Any = None
    high: Any = None

    def __bool__(self) -> bool:
        return self.low is not None or self.high is not None


def is_query(text: str) -> bool:
    """Whether it is a whole query, and not columns."""
    return bool(_QUERY.match(text))


def over(rows: str, chosen: Chosen, select: str, also: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
    """A query over the rows that are chosen, and its parameters; `also` are further expressions, each with the value that it must have."""
    conditions: list[str] = []
    parameters: dict[str, Any] = {}

    def bound(value: Any) -> str:
        """A value as a parameter that a receipt can keep: its text, and its type in the query."""
        key = f"p{len(parameters)}"
        parameters[key] = _text(value)
        return f"CAST(${key} AS {_type(value)})"

    for column, wanted in chosen.items():
        name = quote(column)
        if isinstance(wanted, Span):
            day = "::DATE" if _type(wanted.high if wanted.low is None else wanted.low) == "DATE" else ""
            conditions += [
                f"{name}{day} {sign} {bound(end)}" for sign, end in ((">=", wanted.low), ("<=", wanted.high)) if end is not None
            ]
        else:
            texts = ["" if value is None else str(value) for value in wanted]
            conditions.append(f"list_contains({bound(texts)}, coalesce({name}::VARCHAR, ''))")
    conditions += [f"({expression}) IS NOT DISTINCT FROM {bound(value)}" for expression, value in (also or {}).items()]
    where = f"\nWHERE {' AND '.join(conditions)}" if conditions else ""
    base = f"WITH rows AS (SELECT * FROM ({rows}\n){where})"
    within = _WITH.match(select)
    return (f"{base}, {select[within.end() :]}" if within else f"{base}\n{select}"), parameters


def select(tile: Tile) -> str:
    """What a tile asks of the rows."""
    if isinstance(tile, Metric):
        return tile.value if is_query(tile.value) else f"SELECT {tile.value} AS {quote(tile.title)} FROM rows"
    if isinstance(tile, Chart):
        if tile.sql:
            return tile.sql
        colour = f", {tile.color} AS color" if tile.color else ""
        return f"SELECT {tile.x} AS x, {tile.y} AS y{colour} FROM rows GROUP BY ALL ORDER BY ALL"
    assert isinstance(tile, Table)
    assert isinstance(tile.columns, str)
    ordered = f"\nORDER BY {tile.by}" if tile.by else ""
    if is_query(tile.columns):
        return f"{tile.columns}{ordered}"
    grouped = " GROUP BY ALL" if _AGGREGATE.search(tile.columns) else ""
    return f"SELECT {tile.columns} FROM rows{grouped}{ordered}\nLIMIT {tile.rows:d}"


def trend(tile: Metric) -> str:
    """A metric along what it runs over."""
    every = f"SELECT {tile.over} AS x, {tile.value} AS y FROM rows GROUP BY ALL"
    return f"SELECT * FROM ({every}) WHERE x IS NOT NULL ORDER BY ALL"


def values(column: str, limit: int) -> str:
    """What a column holds, the most frequent first, each with its number of rows. They are counted before they are made texts, of
    which there are fewer."""
    counted = f"SELECT {quote(column)} AS held, count(*) AS n FROM rows GROUP BY ALL"
    return (
        f"SELECT coalesce(held::VARCHAR, '') AS value, sum(n)::BIGINT AS n FROM ({counted}) "
        f"GROUP BY ALL ORDER BY n DESC, value LIMIT {limit:d}"
    )


def _text(value: Any) -> Any:
    """A value as the engine reads it."""
    if value is None or isinstance(value, list):
        return value
    if isinstance(value, pa.MonthDayNano):  # an interval
        return f"{value.months} months {value.days} days {value.nanoseconds // 1000} microseconds"
    return "".join(f"\\x{one:02X}" for one in value) if isinstance(value, bytes) else str(value)


def _type(value: Any) -> str:
    """The engine's type of a value, wide enough for it."""
    if isinstance(value, datetime):
        if getattr(value, "nanosecond", 0):  # pandas' own, which Arrow makes of nanoseconds
            return "TIMESTAMP_NS"
        return "TIMESTAMPTZ" if value.tzinfo else "TIMESTAMP"
    if isinstance(value, Decimal):
        return f"DECIMAL(38, {min(max(0, -int(value.as_tuple().exponent)), 38)})"
    if isinstance(value, int) and not isinstance(value, bool):
        return "BIGINT" if -(2**63) <= value < 2**63 else "HUGEINT" if abs(value) < 10**38 else "DOUBLE"
    kinds = ((bool, "BOOLEAN"), (float, "DOUBLE"), (date, "DATE"), (time, "TIME"), (pa.MonthDayNano, "INTERVAL"), (bytes, "BLOB"),
             (list, "VARCHAR[]"))  # fmt: skip
    return next((name for kind, name in kinds if isinstance(value, kind)), "VARCHAR")
