"""What asking returns: an answer with its proof, a question back, or a refusal with its reason."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa

from boathouse.ask.chart import chart, is_figure
from boathouse.query import Result
from boathouse.query.receipt import Receipt
from boathouse.query.result import within_python

Status = Literal["answered", "clarify", "refused", "failed"]
_SHOWN = 1_000  # rows that an answer carries; its receipt, and `row_count`, speak of all


@dataclass
class Draft:
    """An answerer's way to an answer: a query, what it took for granted, and which of its columns are figures or groups."""

    sql: str
    assumptions: list[str] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)
    chart: dict[str, Any] | None = None
    result: Result | None = None  # where its rows are there already
    python: str | None = None  # what a model wrote to get there
    lead: str = ""  # what must be read before the figure

    @classmethod
    def over(cls, sql: str, schema: pa.Schema, assumptions: list[str], **more: Any) -> Draft:
        """Of a query whose columns speak for themselves: numbers are figures, the others groups."""
        figures = [field.name for field in schema if is_figure(field.type)]
        return cls(sql, assumptions, figures, [name for name in schema.names if name not in figures], **more)


@dataclass
class Answer:
    """`status` says which it is; `options` are the ways to ask again that a question back offers."""

    status: Status
    question: str
    text: str
    answerer: str
    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    sql: str | None = None
    chart: dict[str, Any] | None = None
    assumptions: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    receipt: Receipt | None = None
    python: str | None = None

    @classmethod
    def of(cls, question: str, answerer: str, draft: Draft, result: Result, warnings: Sequence[str]) -> Answer:
        """The answer that a query's result is."""
        table = result.arrow()
        with within_python():
            rows = table.slice(0, _SHOWN).to_pylist()
        names = list(table.schema.names)
        text = draft.lead + _sentence(names, rows, table.num_rows, draft, cut=result.cut)
        picture = draft.chart or chart(names, rows, draft.measures, draft.groups)
        if picture is not None:
            picture = {**picture, "data": {"values": [{key: _plain(value) for key, value in row.items()} for row in rows]}}
        return cls("answered", question, " ".join([text, *warnings]), answerer, names, rows, result.sql, picture,
                   draft.assumptions, [], result.receipt, draft.python)  # fmt: skip

    @property
    def made_by_python(self) -> bool:
        """Whether Python that a model wrote made the rows, and not the query alone."""
        return self.receipt is not None and self.receipt.python is not None

    def __bool__(self) -> bool:
        return self.status == "answered"

    def __str__(self) -> str:
        return self.text

    def df(self) -> Any:
        """The rows as a pandas DataFrame."""
        import pandas

        return pandas.DataFrame(self.rows, columns=self.columns)

    def to_json(self) -> dict[str, Any]:
        return {
            "status": self.status, "question": self.question, "answer": self.text, "columns": self.columns,
            "rows": [{key: _plain(value) for key, value in row.items()} for row in self.rows],
            "row_count": self.receipt.rows if self.receipt else 0, "sql": self.sql, "chart": self.chart,
            "answerer": self.answerer, "assumptions": self.assumptions, "options": self.options,
            "receipt": self.receipt.to_json() if self.receipt else None, "python": self.python,
        }  # fmt: skip

    def _repr_html_(self) -> str:
        parts = [f"<p>{html.escape(self.text)}</p>"]
        if self.rows:
            parts.append(self.df()._repr_html_())
        notes = [*self.assumptions, *([str(self.receipt)] if self.receipt else [])]
        return "".join([*parts, *(f"<div><small>{html.escape(note)}</small></div>" for note in notes)])


def _sentence(names: list[str], rows: list[dict[str, Any]], count: int, draft: Draft, *, cut: bool) -> str:
    """The result in words: the figure, the first of a ranking, or how many rows there are."""
    if not rows or (count == 1 and all(value is None for value in rows[0].values())):
        return "There are no rows for this."
    first = ", ".join(_words(name, rows[0][name], draft) for name in names[:6])
    if count == 1:
        return f"{first.rstrip('.')}."  # a text may end its own sentence
    more = f"the first {count:,} rows" if cut else f"{count:,} rows"
    return f"{more}, first {first}."


def _words(name: str, value: Any, draft: Draft) -> str:
    shown = str(value) if name == "year" else _number(value)
    if name not in draft.measures:
        return shown
    unit = draft.units.get(name)
    return f"{name.replace('_', ' ')} {shown}{' ' + unit if unit else ''}"


def _number(value: Any) -> str:
    if value is None:
        return "none"
    value = _plain(value) if isinstance(value, Decimal) else value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}" if abs(value) >= 1 or value == 0 else f"{value:.4g}"


def _plain(value: Any) -> Any:
    """A cell as JSON has it; a decimal becomes a number that prints the same."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, float) and math.isnan(value):
        return None
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return str(value)
    return value
