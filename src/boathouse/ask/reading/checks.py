"""Conditions that cannot hold together are asked back."""

from __future__ import annotations

import itertools

from boathouse.ask.intent import Condition, Intent, UnclearError


def check(conditions: list[Condition]) -> None:
    """Raises UnclearError for conditions that cannot hold together."""
    _periods(conditions)
    _values(conditions)
    _bounds(conditions)


def _bounds(conditions: list[Condition]) -> None:
    """`older than 30 and younger than 25`: nobody is both."""
    compared = [one for one in conditions if one.kind == "compare" and one.noun and len(one.numbers) == 1]
    for one, other in itertools.permutations(compared, 2):
        same = {name.meaning for name in one.noun.names} & {name.meaning for name in other.noun.names}  # type: ignore[union-attr]
        if (
            same
            and one.unit == other.unit
            and one.operator in (">", ">=")
            and other.operator in ("<", "<=")
            and one.numbers > other.numbers
        ):
            raise UnclearError(f"{one.text} and {other.text}: no row is both", asks=True)


def _values(conditions: list[Condition]) -> None:
    """Two values of one column in two places cannot both hold of a row."""
    single = [one for one in conditions if one.kind == "value" and not one.negated and one.values[0][0].columns[0].kind != "list"]
    for one, other in itertools.combinations(single, 2):
        if {v.columns for v in one.values[0]} & {v.columns for v in other.values[0]} and one.direction == other.direction:
            raise UnclearError(f"{one.text} and {other.text}: together, or each?", asks=True)


def contradictions(made: Intent) -> None:
    """Raises UnclearError where a column is to hold a value and nothing."""
    empty = [
        column for one in made.absent if one.noun and not one.conditions and not one.noun.datasets for column in one.noun.columns
    ]
    for one in made.conditions:
        if one.kind == "value" and not one.negated and empty and all(value.columns[0] in empty for value in one.values[0]):
            raise UnclearError(f"not what? {one.text!r} is there, and nothing is", asks=True)


def _periods(conditions: list[Condition]) -> None:
    """Two periods, as `in 2008 and 2012`: together, or each? `after 2015 and before 2019` is one."""
    weekly = [one for one in conditions if one.kind == "period" and one.period and one.period.weekdays]
    if len(weekly) > 1:
        raise UnclearError(
            f"{weekly[0].text} and {weekly[1].text}: together, or each? Say 'by weekday'", ["by weekday"], asks=True
        )
    bounded = [one for one in conditions if one.kind == "period" and one.period and one.period.start and one.period.end]
    for wide in [one for one in bounded if any(within(other, one) for other in bounded)]:  # "in 2026, in March"
        bounded.remove(wide)
        conditions.remove(wide)
    if len(bounded) > 1 and len({str(one.noun) for one in bounded}) == 1:
        raise UnclearError(
            f"{bounded[0].text} and {bounded[1].text}: together, or each? Ask for one, or 'by year', 'by month'", asks=True
        )


def within(one: Condition, other: Condition) -> bool:
    """Whether a period lies within another, wider one of the same date."""
    if one is other or str(one.noun) != str(other.noun) or not (one.period and other.period):
        return False
    spans = (one.period.start, one.period.end), (other.period.start, other.period.end)
    if spans[0] == spans[1] or not all(map(all, spans)):
        return False
    return spans[0][0] >= spans[1][0] and spans[0][1] <= spans[1][1]  # type: ignore[operator]
