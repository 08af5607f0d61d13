"""A follow-up as a change of what was asked before: `and by region?`, `only 2025`, `what about the East?`, `and the average?`."""

from __future__ import annotations

from dataclasses import replace

from boathouse.ask.intent import Condition, Intent, Measure, UnclearError
from boathouse.ask.knowledge import Knowledge
from boathouse.ask.reading import Reading
from boathouse.ask.reading.checks import check
from boathouse.ask.words import Tag


def merged(before: Intent, tags: list[Tag], known: Knowledge) -> Intent | None:
    """What a fragment changes of the question before; None where it is a question of its own."""
    kinds = {tag.kind for tag in tags}
    if not tags or kinds & {"share", "percent"} or (kinds & {"count", "how_much"} and tags[0].kind != "and"):
        return None
    begins = tags[0].kind
    reading = Reading([tag for tag in tags if tag.kind not in ("which", "and", "only")], known)
    try:
        reading.through()
    except UnclearError:
        return None
    new = reading.made
    counted = begins == "and" and len(new.measures) == 1 and new.measures[0].how in ("count", "sum", "distinct")
    if (new.measures and not counted) or new.subject or new.absent or new.select or reading.negated or reading.pending_count:
        return None
    figures = [noun for noun in reading.nouns if noun.numeric]
    if len(figures) < len(reading.nouns) or len(figures) > 1 or (figures and new.groups):
        return None
    if figures and begins != "and":
        return None  # "revenue in 2025" is a question of its own
    if counted:
        return replace(
            before,
            measures=new.measures,
            conditions=_replaced(before.conditions, new.conditions),
            rank=None,
            subject=None,
            listed=False,
        )
    if new.rank or not (new.conditions or new.groups or new.having or reading.aggregate or figures):
        return None
    made = replace(before, conditions=_replaced(before.conditions, new.conditions), having=new.having or before.having)
    check(made.conditions)
    if new.groups:
        made.groups, made.rank = new.groups, None
        if before.rank and before.rank.measure:
            made.measures, made.subject, made.listed = [before.rank.measure], None, False
    if figures:
        made.measures = [Measure("value", figures[0])]
    elif reading.aggregate and before.measures:
        made.measures = [Measure(reading.aggregate, before.measures[-1].noun)]
    return made


def _replaced(old: list[Condition], new: list[Condition]) -> list[Condition]:
    """The old conditions but those that a new one is about as well, and the new ones."""
    kept = [one for one in old if not any(_about_the_same(one, other) for other in new)]
    return [*kept, *new]


def _about_the_same(one: Condition, other: Condition) -> bool:
    if one.kind != other.kind:
        return False
    if one.kind == "value":
        return bool({v.columns for vs in one.values for v in vs} & {v.columns for vs in other.values for v in vs})
    if one.kind == "period":
        return bool(one.period and other.period and bool(one.period.weekdays) == bool(other.period.weekdays))
    return bool(one.noun and other.noun and set(one.noun.columns) & set(other.noun.columns))
