"""Filters to use: values to choose from with their counts, or from one date or number to another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qs, urlencode

import ipywidgets as widgets
import pyarrow as pa

from boathouse.dashboards.draw import EMPTY
from boathouse.dashboards.parts import Filter
from boathouse.dashboards.sql import Chosen, Span
from boathouse.engine import quote
from boathouse.errors import UsageError, did_you_mean

OFFERED = 200
_CHIPS = 8
_ANY = "Any time"


class Choice(widgets.VBox):
    """Values to choose from. None chosen is all of them."""

    def __init__(self, part: Filter, changed: Callable[[], None]):
        self.part, self._changed = part, changed
        self.among = quote(part.column)
        self.chosen: list[str] = []
        self._counts: dict[str, int] = {}
        self._chips: dict[str, widgets.ToggleButton] = {}  # in their places
        self._row = widgets.Box(layout=widgets.Layout(flex_flow="row wrap"))
        self._more = widgets.Combobox(
            placeholder="more …", ensure_option=True, layout=widgets.Layout(width="120px", display="none")
        )
        self._more.add_class("bh-more")
        self._more.observe(self._picked, "value")
        super().__init__([_label(part.label), widgets.HBox([self._row, self._more])])
        self.add_class("bh-filter")

    @property
    def wanted(self) -> list[str] | None:
        return [*self.chosen] or None

    def set(self, value: Any) -> None:
        """Chooses a value, or some."""
        self.chosen = [] if value is None else [_text(one) for one in (value if isinstance(value, list | tuple) else [value])]
        self._draw()

    def offer(self, rows: list[dict[str, Any]]) -> None:
        """Shows what there is to choose, with its counts under the other filters. What has been shown keeps its place."""
        self._counts = {row["value"] or "": row["n"] for row in rows}
        self._draw()

    def _draw(self) -> None:
        places = list(dict.fromkeys([*self._chips, *self.chosen, *self._counts]))
        for value in dict.fromkeys([*places[:_CHIPS], *self.chosen]):
            chip = self._chips.get(value) or self._chip(value)
            count = self._counts.get(value, 0)
            chip.description = f"{value or EMPTY}  {count:,}"
            chip.tooltip = f"{self.part.label}: {value or EMPTY}, {count:,} rows"
            chip.value = value in self.chosen
        self._row.children = tuple(self._chips.values())
        others = [value for value in self._counts if value not in self._chips]
        self._more.options = tuple(value or EMPTY for value in others)
        self._more.layout.display = "" if others else "none"

    def _chip(self, value: str) -> widgets.ToggleButton:
        chip = self._chips[value] = widgets.ToggleButton(value in self.chosen, layout=widgets.Layout(width="auto"))
        chip.observe(lambda change: self._turned(value, on=change["new"]), "value")
        return chip

    def _turned(self, value: str, *, on: bool) -> None:
        if on != (value in self.chosen):  # else it only shows what was chosen elsewhere
            self.chosen = [*self.chosen, value] if on else [one for one in self.chosen if one != value]
            self._changed()

    def _picked(self, change: Any) -> None:
        if change["new"]:
            value = "" if change["new"] == EMPTY else change["new"]
            self._more.value = ""
            if value not in self.chosen:
                self.chosen.append(value)
                self._draw()
                self._changed()

    def words(self) -> list[str]:
        """What is chosen, as a link has it."""
        return self.chosen

    def read(self, words: list[str]) -> None:
        self.set(words)


class _Between(widgets.VBox):
    """From one value to another, both within."""

    def __init__(self, part: Filter, changed: Callable[[], None], low: Any, high: Any, *before: widgets.Widget):
        self.part, self._changed, self.low, self.high = part, changed, low, high
        self._quiet = False
        for end in (low, high):
            end.observe(lambda _: self._quiet or self._changed(), "value")
        super().__init__([_label(part.label), widgets.HBox([*before, low, high], layout=widgets.Layout(flex_flow="row wrap"))])
        self.add_class("bh-filter")

    @property
    def wanted(self) -> Span | None:
        return Span(self.low.value, self.high.value) or None

    def set(self, value: Any) -> None:
        """From and to, as a pair; either may be None."""
        self._quiet = True
        self.low.value, self.high.value = value if isinstance(value, tuple | list) else (value, value)
        self._quiet = False

    def words(self) -> list[str]:
        span = self.wanted
        return [f"{'' if span.low is None else span.low}..{'' if span.high is None else span.high}"] if span else []


class Dates(_Between):
    """A span of days."""

    def __init__(self, part: Filter, changed: Callable[[], None], today: date):
        self.today, self.among = today, f"{quote(part.column)}::DATE"
        self._span = _described(widgets.Dropdown(options=[_ANY, *spans(today)], layout=widgets.Layout(width="165px")), "span")
        self._span.observe(lambda change: self._choose(change["new"]), "value")
        layout = widgets.Layout(width="180px")
        low, high = (_described(widgets.DatePicker(layout=layout), words) for words in ("from", "to"))
        super().__init__(part, changed, low, high, self._span)

    def set(self, value: Any) -> None:
        """A day, or a pair of them, as dates or as text."""
        super().set(tuple(map(_day, value)) if isinstance(value, tuple | list) else _day(value))

    def _choose(self, words: str) -> None:
        self.set(spans(self.today).get(words))
        self._changed()

    def read(self, words: list[str]) -> None:
        """Raises ValueError for what is no pair of days."""
        low, _, high = words[0].partition("..")
        self.set((date.fromisoformat(low) if low else None, date.fromisoformat(high) if high else None))


class Numbers(_Between):
    """A span of numbers."""

    among = None  # there are too many

    def __init__(self, part: Filter, changed: Callable[[], None]):
        layout = widgets.Layout(width="140px")
        low, high = (_described(widgets.Text(continuous_update=False, layout=layout), words) for words in ("from", "to"))
        super().__init__(part, changed, low, high)

    @property
    def wanted(self) -> Span | None:
        return Span(_number(self.low.value), _number(self.high.value)) or None

    def set(self, value: Any) -> None:
        ends = value if isinstance(value, tuple | list) else (value, value)
        super().set(tuple("" if end is None else f"{end}" for end in ends))

    def read(self, words: list[str]) -> None:
        """Raises ValueError for what is no pair of numbers."""
        low, _, high = words[0].partition("..")
        self.set((_number(low), _number(high)))


def made(
    parts: Iterable[Any], schema: pa.Schema, changed: Callable[[], None], today: date, link: str, *, strictly: bool = False
) -> list[Choice | Dates | Numbers]:
    """The filters among a page's parts, each as its column's type wants it; what a link says comes before what the part says.
    Raises UsageError for a column that is none, and `strictly` for what a link cannot mean."""
    given, found = parse_qs(link, keep_blank_values=True), []
    columns = [part.column for part in parts if isinstance(part, Filter)]
    if strictly and (strange := [name for name in given if name not in columns]):
        raise UsageError(
            f"the page has no filter {strange[0]!r}{did_you_mean(strange[0], columns)}", hint=f"filters: {', '.join(columns)}"
        )
    for part in parts:
        if not isinstance(part, Filter):
            continue
        if part.column not in schema.names:
            raise UsageError(f"filter: the rows have no column {part.column!r}", hint=f"columns: {', '.join(schema.names)}")
        one = _of(part, schema.field(part.column).type, changed, today)
        if part.value is not None:
            try:
                one.set(part.value)
            except (TypeError, ValueError) as error:
                raise UsageError(
                    f"filter({part.column!r}): {part.value!r} cannot be chosen", hint="a value, or (from, to)"
                ) from error
        if part.column in given:
            try:
                one.read(given[part.column])
            except ValueError:  # a link that was made by hand
                if strictly:
                    raise UsageError(
                        f"{given[part.column][0]!r} cannot be chosen of {part.column}",
                        hint="a value; of days or numbers FROM..TO",
                    ) from None
        found.append(one)
    return found


def chosen(filters: Iterable[Choice | Dates | Numbers]) -> Chosen:
    """What filters say, by column."""
    return {one.part.column: one.wanted for one in filters if one.wanted is not None}


def columns(filters: Iterable[Choice | Dates | Numbers]) -> dict[str, str]:
    """What there is to choose among, as SQL, by column."""
    return {one.part.column: one.among for one in filters if one.among}


def link(filters: Iterable[Choice | Dates | Numbers]) -> str:
    """What filters say, as a page's address has it."""
    return urlencode([(one.part.column, word) for one in filters for word in one.words()])


def _of(part: Filter, kind: pa.DataType, changed: Callable[[], None], today: date) -> Choice | Dates | Numbers:
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return Dates(part, changed, today)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Numbers(part, changed)
    return Choice(part, changed)


def spans(today: date) -> dict[str, tuple[date, date]]:
    """Spans of days that people ask for."""
    first = today.replace(day=1)
    before = date.fromordinal(first.toordinal() - 1)
    return {
        "Last 7 days": (date.fromordinal(today.toordinal() - 6), today),
        "Last 30 days": (date.fromordinal(today.toordinal() - 29), today),
        "This month": (first, today),
        "Last month": (before.replace(day=1), before),
        "This year": (today.replace(month=1, day=1), today),
        "Last year": (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    }


def _number(text: str) -> int | Decimal | None:
    """A number as it was typed, to its last digit: a comma parts thousands where it stands as one, and is a point else."""
    plain = (
        text.strip().replace(",", "")
        if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d*)?", text.strip())
        else text.strip().replace(",", ".")
    )
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return None
    return None if not value.is_finite() else int(value) if value == value.to_integral_value() else value


def _day(value: Any) -> date | None:
    """Raises ValueError for text that is no day."""
    return date.fromisoformat(value) if isinstance(value, str) and value else value or None


def _text(value: Any) -> str:
    """A value as the engine writes it."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _described(widget: Any, words: str) -> Any:
    """A label of its own, as short as its words."""
    widget.description, widget.style.description_width = words, "initial"
    return widget


def _label(text: str) -> widgets.Label:
    made = widgets.Label(text)
    made.add_class("bh-label")
    return made
