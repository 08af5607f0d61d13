"""Periods of time in words: what they begin and end with, by the workbench's clock."""

from __future__ import annotations

import re
from calendar import day_name
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from boathouse.ask.lexicon import Lexicon

_YEAR = re.compile(r"(19|20)\d\d")
_DAY_OF = re.compile(r"(\d{1,2})(st|nd|rd|th)?")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Period:
    """From `start` to before `end`; None is open. `words` say how it was read, where that is not what stands there."""

    start: date | None
    end: date | None
    words: str | None = None
    ends: tuple[Period, Period] | None = field(default=None, compare=False)  # of `from May to July`: May and July
    weekdays: tuple[int, ...] = ()  # 1 is Monday: on each of these

    @property
    def whole_years(self) -> bool:
        return not self.weekdays and all(day is None or (day.month, day.day) == (1, 1) for day in (self.start, self.end))

    @property
    def month(self) -> bool:
        return self.start is not None and self.start.day == 1 and self.end == _add(self.start, 1)


def apart(one: Period | None, other: Period | None) -> str | None:
    """The unit of time that tells two periods apart: the year of Q3 2025 and Q3 2026. None where they are of two kinds."""
    spans = [(p.start, p.end) for p in (one, other) if p and p.start and p.end]
    if len(spans) < 2:
        return None
    (start, end), (other_start, other_end) = spans
    years = other_start.year - start.year
    within = end - timedelta(1) < date(start.year + 1, 1, 1)
    if within and years and (_add(start, 12 * years), _add(end, 12 * years)) == (other_start, other_end):
        return "year"
    for unit, months in (("month", 1), ("quarter", 3)):
        if all(begin == _floor(begin, unit) and until == _add(begin, months) for begin, until in spans):
            return unit
    return None


def same_before(words: Sequence[str], lexicon: Lexicon, period: Period) -> tuple[int, Period] | None:
    """`the same quarter last year`, of a period that was named before."""
    place = 2 if len(words) > 1 and words[0] == "same" and words[1] in ("period", "time", *lexicon.calendar) else 0
    place += bool(place) and words[place : place + 1] in (["of"], ["in"])
    size = lexicon.first("last", words[place:]) if place else 0
    if not size or lexicon.calendar.get("".join(words[place + size : place + size + 1])) != "year" or not period.start:
        return None
    return place + size + 1, _in_year(period, period.start.year - 1)


def find(words: Sequence[str], lexicon: Lexicon, today: date) -> tuple[int, Period] | None:
    """The period that some words begin with, and how many of them it takes."""
    for reading in (_between, _open, _plain, _weekdays):
        if words and (found := reading(words, lexicon, today)):
            return found
    return None


def _between(words: Sequence[str], lexicon: Lexicon, today: date) -> tuple[int, Period] | None:
    """`between May and July 2026`, `from 2026-01-01 to 2026-03-31`: both ends are meant to be in it."""
    begins = 1 if lexicon.phrases.get((words[0],)) == "between" or words[0] == "from" else 0
    begins += lexicon.first("of", words[begins:]) if begins else 0
    first = _plain(words[begins:], lexicon, today)
    # of the month that stands behind the second
    bare = _DAY_OF.fullmatch(words[begins]) if begins and not first and begins < len(words) else None
    if not (first or bare) or (first and not begins and first[0] + 1 >= len(words)):
        return None
    place = begins + (first[0] if first else 1)
    joined = lexicon.first("and", words[place:])
    if not joined or (not begins and words[place] not in ("-", "to", "until", "through", "till")):
        return None
    joined += lexicon.first("of", words[place + joined :])
    second = _plain(words[place + joined :], lexicon, today)
    if not second:
        return None
    if bare:
        first = _day_before(int(bare[1]), second[1])
    if not first:
        return None
    begin, end = first[1], second[1]
    last = words[place + joined + second[0] - 1]
    if begin.start and begin.words and _YEAR.fullmatch(last):  # the year behind the second is meant for both
        begin = _in_year(begin, int(last))
    if begin.start and end.end and begin.start >= end.end:
        return None
    whole = Period(begin.start, end.end)
    return place + joined + second[0], Period(whole.start, whole.end, _span(whole), (begin, end))


def _day_before(day: int, period: Period) -> tuple[int, Period] | None:
    """`10` of `between 10 and 20 March`."""
    if not period.start or period.end != _next(period.start, "day") or not 1 <= day < period.start.day:
        return None
    return 1, _one(period.start.replace(day=day))


def _in_year(period: Period, year: int) -> Period:
    """The same days of another year."""
    if not (period.start and period.end):
        return period
    years = year - period.start.year
    begin, end = (_years_on(day, years) for day in (period.start, period.end))
    return Period(begin, end, f"{begin:%B %Y}" if period.month else None)


def _years_on(day: date, years: int) -> date:
    """29 February is 28 February in most years."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _open(words: Sequence[str], lexicon: Lexicon, today: date) -> tuple[int, Period] | None:
    for kind in ("after", "since", "before", "until"):
        size = lexicon.first(kind, words)
        if size and (found := _plain(words[size:], lexicon, today)):
            used, period = found
            if kind in ("before", "until"):
                end = period.start if kind == "before" else period.end
                return size + used, Period(None, end, f"before {end}")
            if (
                words[0] == "from" and kind == "since"
            ):  # `from 2025` is mostly `of 2025`; `from June on` and `from a day` are open
                on = lexicon.first("on", words[size + used :])
                if not on and period.end != _next(period.start, "day"):  # type: ignore[arg-type]
                    return None
                return size + used + on, Period(period.start, None, f"from {period.start} on")
            start = period.end if kind == "after" else period.start
            return size + used, Period(start, None, f"from {start} on")
    return None


def _plain(words: Sequence[str], lexicon: Lexicon, today: date) -> tuple[int, Period] | None:
    """One period, or a day."""
    if not words:
        return None
    for reading in (_quarter, _dated, _month_or_day, _half, _relative):
        if found := reading(words, lexicon, today):
            return found
    return None


def _dated(words: Sequence[str], lexicon: Lexicon, today: date) -> tuple[int, Period] | None:
    word = words[0]
    if re.fullmatch(r"\d{4}-\d\d-\d\d", word):
        try:
            day = date.fromisoformat(word)
            return (1, _one(day)) if day.year < 9_000 else None
        except ValueError:
            return None
    if (match := re.fullmatch(r"(\d{4})-(\d\d)", word)) and 1 <= int(match[2]) <= 12:
        return 1, _months(int(match[1]), int(match[2]), 1)
    if _YEAR.fullmatch(word):
        return 1, Period(date(int(word), 1, 1), date(int(word) + 1, 1, 1))
    if lexicon.calendar.get(word) == "year" and len(words) > 1 and _YEAR.fullmatch(words[1]):
        return 2, Period(date(int(words[1]), 1, 1), date(int(words[1]) + 1, 1, 1))
    if size := lexicon.first("today", words):
        return size, _one(today, f"{today}")
    if size := lexicon.first("yesterday", words):
        return size, _one(today - timedelta(1), f"{today - timedelta(1)}")
    return None


def _month_or_day(words: Sequence[str], lexicon: Lexicon, today: date) -> tuple[int, Period] | None:
    """`October 2026`, `17 October 2026`, `October 17`; without a year the latest that has begun."""
    first = _DAY_OF.fullmatch(words[0])
    place = 1 if first else 0
    place += first is not None and place < len(words) and words[place] == "of"
    month = lexicon.months.get(words[place]) if place < len(words) else None
    if month is None:
        return None
    place, day = place + 1, int(first[1]) if first else None
    if day is None and place < len(words) and (match := _DAY_OF.fullmatch(words[place])):
        place, day = place + 1, int(match[1])
    skipped = lexicon.first("of", words[place:])
    if place + skipped < len(words) and _YEAR.fullmatch(words[place + skipped]):
        place, year, said = place + skipped + 1, int(words[place + skipped]), True
    else:
        year, said = today.year - ((month, day or 1) > (today.month, today.day)), False
    if day is None:
        found = _months(year, month, 1)
        return place, found if said else Period(found.start, found.end, f"{found.start:%B %Y}")
    try:
        moment = date(year, month, day)
    except ValueError:
        return None
    return place, _one(moment, None if said else f"{moment}")


def _quarter(words: Sequence[str], lexicon: Lexicon, today: date) -> tuple[int, Period] | None:
    number, place = 0, 0
    if match := re.fullmatch(r"q([1-4])", words[0]):
        number, place = int(match[1]), 1
    elif len(words) > 1 and _YEAR.fullmatch(words[0]) and (match := re.fullmatch(r"q([1-4])", words[1])):  # "2025 Q3"
        number = int(match[1])
        found = _months(int(words[0]), 3 * number - 2, 3)
        return 2, Period(found.start, found.end, f"Q{number} {words[0]}")
    elif len(words) > 1 and words[0] in lexicon.ordinals and lexicon.calendar.get(words[1]) == "quarter":
        number, place = lexicon.ordinals[words[0]], 2
    if not 1 <= number <= 4:
        return None
    place, year = _year_after(words, place, lexicon, today.year - ((number - 1) * 3 >= today.month))
    found = _months(year, 3 * number - 2, 3)
    return place, Period(found.start, found.end, f"Q{number} {year}")


def _half(words: Sequence[str], lexicon: Lexicon, today: date) -> tuple[int, Period] | None:
    number = lexicon.ordinals.get(words[0])
    size = lexicon.first("half", words[1:])
    if number not in (1, 2) or not size:
        return None
    place, year = _year_after(words, 1 + size, lexicon, today.year)
    found = _months(year, 6 * number - 5, 6)
    return place, Period(found.start, found.end, _span(found))


def _year_after(words: Sequence[str], place: int, lexicon: Lexicon, year: int) -> tuple[int, int]:
    skipped = lexicon.first("of", words[place:])
    if place + skipped < len(words) and _YEAR.fullmatch(words[place + skipped]):
        return place + skipped + 1, int(words[place + skipped])
    return place, year


def _relative(words: Sequence[str], lexicon: Lexicon, today: date) -> tuple[int, Period] | None:
    """`this year`, `last month`, `the last 3 months`: whole ones before this one; days are counted to yesterday."""
    unit = lexicon.calendar.get(words[0])
    if unit and (size := lexicon.first("to_date", words[1:])):  # "year to date"
        start = _floor(today, unit)
        return 1 + size, Period(start, _next(start, unit), f"from {start} on")
    if size := lexicon.first("this", words):
        unit = lexicon.calendar.get(words[size]) if size < len(words) and words[size] != "date" else None
        if unit:
            start = _floor(today, unit)
            period = Period(start, _next(start, unit))
            return size + 1, Period(period.start, period.end, f"{start:%B %Y}" if unit == "month" else _span(period))
    if size := lexicon.first("last", words):
        rest = words[size:]
        days, named = lexicon.day(rest)
        if named and rest[named : named + 1] != ["of"]:  # the latest that is over
            end = today - timedelta((today.isoweekday() - days[-1] - 1) % 7)
            period = Period(end - timedelta(days[-1] - days[0] + 1), end)
            return size + named, Period(period.start, end, f"{period.start}" if len(days) == 1 else _span(period))
        count = lexicon.number(rest[0]) if rest else None
        used = 1 if count else 0
        unit = lexicon.calendar.get(rest[used]) if used < len(rest) and rest[used] != "date" else None
        behind = lexicon.first("of", rest[used + 1 :])
        if unit in _MONTHS and not count and behind and _YEAR.fullmatch("".join(rest[used + 1 + behind : used + 2 + behind])):
            end = date(int(rest[used + 1 + behind]) + 1, 1, 1)  # "the last quarter of 2025"
            period = Period(_add(end, -_MONTHS[unit]), end)
            return size + used + 2 + behind, Period(period.start, end, _span(period))
        if unit and (count is None or (count == int(count) and 0 < count < 1000)):
            end = start = _floor(today, unit)
            for _ in range(int(count or 1)):
                start = _floor(start - timedelta(1), unit)
            period = Period(start, end)
            return size + used + 1, Period(start, end, f"{start:%B %Y}" if (unit, count) == ("month", None) else _span(period))
    return None


def _weekdays(words: Sequence[str], lexicon: Lexicon, today: date) -> tuple[int, Period] | None:
    """`Mondays`, `every Monday`, `Saturdays and Sundays`, `Monday to Friday`; `Monday` alone may be the last one, and is none."""
    place = 1 if words[0] in lexicon.every else 0
    found, size = lexicon.day(words[place:])
    if not size:
        return None
    repeated = place > 0 or tuple(words[:size]) in lexicon.repeated
    place, named = place + size, 1
    while place < len(words):
        joined = lexicon.first("and", words[place:])
        days, size = lexicon.day(words[place + joined :])
        if not size or (not joined and tuple(words[place : place + size]) not in lexicon.repeated):
            break
        through = joined > 0 and lexicon.phrases.get(tuple(words[place : place + joined])) != "and"
        between = tuple((found[-1] + n) % 7 + 1 for n in range((days[-1] - found[-1]) % 7))
        found = (*found, *(between if through else days))
        named, place = named + 1, place + joined + size
    if words[place : place + 1] == ["of"] or (named < 2 and not repeated):  # "during the week of 3 October"
        return None
    meant = tuple(sorted(set(found)))
    return place, Period(None, None, ", ".join(day_name[day - 1] for day in meant), weekdays=meant)


def _one(day: date, words: str | None = None) -> Period:
    return Period(day, day + timedelta(1), words)


def _months(year: int, month: int, many: int) -> Period:
    start = date(year, month, 1)
    return Period(start, _add(start, many))


def _span(period: Period) -> str:
    return f"{period.start} to {period.end - timedelta(1)}" if period.end else f"from {period.start}"


def _add(start: date, months: int) -> date:
    total = start.year * 12 + start.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def _floor(day: date, unit: str) -> date:
    if unit in ("day", "week"):
        return day - timedelta(day.weekday() if unit == "week" else 0)
    return date(day.year, (day.month - 1) // _MONTHS[unit] * _MONTHS[unit] + 1, 1)


def _next(start: date, unit: str) -> date:
    return start + timedelta(1 if unit == "day" else 7) if unit in ("day", "week") else _add(start, _MONTHS[unit])
