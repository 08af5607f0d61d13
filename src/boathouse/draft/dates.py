"""Dates in the formats that people use: which of them fits a column, and what that leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from boathouse.config import Column
from boathouse.engine import Engine, literal, quote

_SAMPLE = 2_000
EITHER = "would fit as well"  # in a note: the order of day and month is not known

_DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y%m%d", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y",
         "%m-%d-%y", "%y-%m-%d", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%Y.%m.%d")  # fmt: skip
_TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
FORMATS = (*_DAYS, *(f"{day} {time}" for day in _DAYS for time in _TIMES))
_NAMES = re.compile(r"date|datum|day|jour|fecha|data$|_at$|_on$", re.I)


def named(column: str) -> bool:
    """Whether a column is called like a date."""
    return bool(_NAMES.search(column))


def day_first(form: str) -> bool:
    return form.startswith("%d") and form[3:5] == "%m"


def month_first(form: str) -> bool:
    return form.startswith("%m")


def candidates(
    engine: Engine, relation: str, name: str, filled: int, *, month_first: bool
) -> Iterator[tuple[Column, str | None]]:
    """The format that reads the most cells. Of day first and month first, where both fit, day first is assumed."""
    cells = f"SELECT trim({quote(name)}) AS cell FROM {relation} WHERE {quote(name)} IS NOT NULL"
    sample = _counts(engine, f"{cells} LIMIT {_SAMPLE}", FORMATS)
    likely = [form for form, count in sample.items() if count and count >= 0.9 * max(sample.values())]
    if not likely:
        return
    counts = _counts(engine, cells, likely)
    best = max(counts.values())
    if best < 0.9 * filled:
        return
    fitting = [form for form, count in counts.items() if count == best]
    chosen = next((form for form in fitting if month_first and form.startswith("%m")), fitting[0])
    note = f"read as {chosen}"
    others = [form for form in fitting if form != chosen]
    if not month_first and others:
        note += f"; {others[0]} {EITHER}"
    kind = "TIMESTAMP" if "%H" in chosen or "%I" in chosen else "DATE"
    yield Column(type=kind, format=chosen), note


def _counts(engine: Engine, cells: str, formats: Sequence[str]) -> dict[str, int]:
    tests = ", ".join(f"count(*) FILTER ({_fits('cell', form)})" for form in formats)
    return dict(zip(formats, engine.one(f"SELECT {tests} FROM ({cells})"), strict=True))


def _fits(cell: str, form: str) -> str:
    """TRUE for a cell in this format: its year written with the digits that the format gives it."""
    parsed = f"try_strptime({cell}, {literal(form)})"
    if "%y" not in form:
        return f"{parsed} >= TIMESTAMP '1000-01-01'"
    # 1.2.10 is a version, 01.02.10 a day; between slashes the zeros are often left out
    return (
        f"{parsed} IS NOT NULL"
        if "/" in form
        else f"{parsed} IS NOT NULL AND regexp_matches({cell}, '^\\d\\d[.-](\\d\\d|[A-Za-z]+)[.-]\\d\\d')"
    )
