"""The words that a dashboard is made of: what they say, before there is any data.

A page has `rows`: a dataset, a saved query or a SELECT. Its filters are columns of those rows, and its tiles are SQL over what
the filters leave of them: expressions, or a SELECT that reads `FROM rows`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from boathouse.errors import UsageError

Kind = Literal["line", "area", "bar", "point"]


@dataclass(frozen=True)
class Filter:
    """A column to choose from: `value` is chosen at first."""

    column: str
    label: str
    value: Any = None


@dataclass(frozen=True)
class Tile:
    """A figure, a chart or a table."""

    title: str


@dataclass(frozen=True)
class Metric(Tile):
    """One figure; `over` is what its trend runs along, `form` a Python format: "€ {:,.0f}"."""

    value: str
    over: str | None = None
    form: str | None = None


@dataclass(frozen=True)
class Chart(Tile):
    """`y` for each `x`; `sql` is a SELECT of columns of those names."""

    x: str
    y: str
    color: str | None = None
    kind: Kind | None = None
    top: int = 20
    sql: str | None = None


@dataclass(frozen=True)
class Table(Tile):
    """Columns, expressions, a SELECT, or a function that gives rows; `by` orders them, `links` are addresses by column."""

    columns: str | Callable[[], list[dict[str, Any]]]
    by: str | None = None
    rows: int = 500
    links: dict[str, str] = field(default_factory=dict)
    form: str | None = None


def filter(column: str, label: str | None = None, *, value: Any = None) -> Filter:
    """A filter on a column of the page's rows: values to choose from, a span of dates or of numbers, by the column's type.
    `value` is chosen at first: a value or a list, or a pair (from, to)."""
    return Filter(column, label or words(column), value)


def metric(title: str, value: str, *, over: str | None = None, form: str | None = None) -> Metric:
    """One figure. `value` is an SQL aggregate such as `sum(amount)`, `over` an expression such as `month` that its trend runs
    along, `form` how it is written: "€ {:,.0f}"."""
    return Metric(title, value, over, form)


def chart(
    title: str, x: str = "x", y: str = "y", *, color: str | None = None, kind: Kind | None = None, top: int = 20,
    sql: str | None = None,
) -> Chart:  # fmt: skip
    """A chart of an SQL aggregate `y` for each `x`, and for each `color` where one is named: a line over time, else bars, the `top`
    largest of them; `kind` says otherwise. `sql` is a SELECT with columns x, y and perhaps color instead. Raises UsageError for a
    kind that is none."""
    if kind not in (None, "line", "area", "bar", "point"):
        raise UsageError(f"chart({title!r}): no kind {kind!r}", hint="line, area, bar or point")
    return Chart(title, x, y, color, kind, top, sql)


def table(
    title: str, columns: str | Callable[[], list[dict[str, Any]]] = "*", *, by: str | None = None, rows: int = 500,
    form: str | None = None, links: dict[str, str] | None = None,
) -> Table:  # fmt: skip
    """Rows. `columns` are columns or expressions of the page's rows, aggregates grouped by the others, a SELECT, or a function that
    gives rows; `by` orders them, as ORDER BY does; of more than `rows` the first are shown. `links` makes a column's cells links:
    {"run": "/runs/{run_id}/notebook"}, with the row's values in the braces."""
    return Table(title, columns, by, rows, links or {}, form)


def words(name: str) -> str:
    """A name as people write it."""
    return name.replace("_", " ").capitalize()
