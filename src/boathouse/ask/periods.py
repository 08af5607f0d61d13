"""Periods of time in words: what they begin and end with, by the workbench's clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from boathouse.ask.lexicon import Lexicon

_YEAR = re.compile(r"(19|20)\d\d")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_MONTH = re.compile(r"(\d{4})-(\d\d)")
_QUARTER = re.compile(r"q([1-4])")


@dataclass(frozen=True)
class Period:
    """From `start` to before `end`; None is open. `words` say how it was read, where that is not what stands there."""

    start: date | None
    end: date | None
    words: str | None = None


def find(tokens: Sequence[str], lexicon: Lexicon, today: date) -> tuple[int, Period] | None:
    """The period that some tokens begin with, and how many of them it takes."""
    for reading in (_between, _open, _plain):
        if found := reading(tokens, lexicon, today):
            return found
    return None


def _between(tokens: Sequence[str], lexicon: Lexicon, today: date) -> tuple[int, Period] | None:
    """`between May and July 2026`, `from 2026-01-01 to 2026-03-31`: both ends are meant to be in it."""
    joined = {"between": ("and",), "from": ("to", "until", "through", "till")}.get(tokens[0])
    if not joined or not (first := _plain(tokens[1:], lexicon, today)):
        return None
    place = 1 + first[0]
    if place >= len(tokens) or tokens[place] not in joined or not (second := _plain(tokens[place + 1 :], lexicon, today)):
        return None
    begin, end = first[1], second[1]
    last = tokens[place + second[0]]
    if begin.start and end.start and begin.words and _YEAR.fullmatch(last):  # the year behind the second is meant for both
        begin = _month(int(last), begin.start.month)
    return place + 1 + second[0], Period(begin.start, end.end, f"from {begin.start} to before {end.end}")


def _open(tokens: Sequence[str], lexicon: Lexicon, today: date) -> tuple[int, Period] | None:
    for kind in ("since", "after", "before"):
        words = lexicon.first(kind, tokens)
        if words and (found := _plain(tokens[words:], lexicon, today)):
            size, period = found
            if kind == "before":
                inside = tokens[0] not in ("before", "earlier")
                return words + size, Period(None, period.end if inside else period.start)
            return words + size, Period(period.end if tokens[0] in ("after", "later") else period.start, None)
    return None


def _plain(tokens: Sequence[str], lexicon: Lexicon, today: date) -> tuple[int, Period] | None:
    """One period, or a day."""
    if not tokens:
        return None
    word, following = tokens[0], tokens[1] if len(tokens) > 1 else ""
    if match := _DAY.fullmatch(word):
        try:
            day = date(*map(int, match.groups()))
        except ValueError:
            return None
        return 1, Period(day, day + timedelta(1))
    if (match := _MONTH.fullmatch(word)) and 1 <= int(match[2]) <= 12:
        return 1, _month(int(match[1]), int(match[2]))
    if _YEAR.fullmatch(word):
        return 1, Period(date(int(word), 1, 1), date(int(word) + 1, 1, 1))
    if lexicon.first("today", tokens):
        return 1, Period(today, today + timedelta(1), f"today, {today}")
    if lexicon.first("yesterday", tokens):
        return 1, Period(today - timedelta(1), today, f"yesterday, {today - timedelta(1)}")
    if word in lexicon.months:
        return _named_month(lexicon.months[word], tokens, today)
    if match := _QUARTER.fullmatch(word):
        number = int(match[1])
        year = int(following) if _YEAR.fullmatch(following) else today.year if (number - 1) * 3 < today.month else today.year - 1
        start = date(year, 3 * number - 2, 1)
        return 1 + bool(_YEAR.fullmatch(following)), Period(start, _add(start, 3), f"Q{number} {year}")
    return _relative(tokens, lexicon, today)


def _named_month(month: int, tokens: Sequence[str], today: date) -> tuple[int, Period]:
    """`October 2026`, `October`: without a year the latest that has begun."""
    following = tokens[1] if len(tokens) > 1 else ""
    if _YEAR.fullmatch(following):
        return 2, _month(int(following), month)
    if re.fullmatch(r"\d{1,2}(st|nd|rd|th)?", following):
        day = int(re.match(r"\d+", following)[0])  # type: ignore[index]
        size = 3 if len(tokens) > 2 and _YEAR.fullmatch(tokens[2]) else 2
        year = int(tokens[2]) if size == 3 else today.year if (month, day) <= (today.month, today.day) else today.year - 1
        try:
            return size, Period(
                date(year, month, day), date(year, month, day) + timedelta(1), None if size == 3 else f"{date(year, month, day)}"
            )
        except ValueError:
            pass
    year = today.year if month <= today.month else today.year - 1
    found = _month(year, month)
    return 1, Period(found.start, found.end, f"{found.start:%B %Y}")


def _relative(tokens: Sequence[str], lexicon: Lexicon, today: date) -> tuple[int, Period] | None:
    """`this year`, `last month`, `the last 3 months`: the last n whole ones; days are counted to yesterday."""
    if size := lexicon.first("this", tokens):
        unit = lexicon.periods.get(tokens[size]) if size < len(tokens) else None
        if unit:
            start = _floor(today, unit)
            return size + 1, Period(start, _next(start, unit), f"this {unit}, from {start}")
    if size := lexicon.first("last", tokens):
        rest = tokens[size:]
        count, used = (lexicon.number(rest[0]), 1) if rest and lexicon.number(rest[0]) else (1, 0)
        unit = lexicon.periods.get(rest[used]) if used < len(rest) else None
        if unit and count and count == int(count) and 0 < count < 1000:
            end = _floor(today, unit)
            start = end
            for _ in range(int(count)):
                start = _floor(start - timedelta(1), unit)
            words = f"{start:%B %Y}" if (unit, count) == ("month", 1) else f"from {start} to before {end}"
            return size + used + 1, Period(start, end, words)
    return None


def _month(year: int, month: int) -> Period:
    start = date(year, month, 1)
    return Period(start, _add(start, 1), f"{start:%B %Y}")


def _add(start: date, months: int) -> date:
    total = start.year * 12 + start.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def _floor(day: date, unit: str) -> date:
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(day.weekday())
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[unit]
    return date(day.year, month, 1)


def _next(start: date, unit: str) -> date:
    if unit in ("day", "week"):
        return start + timedelta(1 if unit == "day" else 7)
    return _add(start, {"month": 1, "quarter": 3, "year": 12}[unit])
