"""The end of a reading that ranks: what is ranked, by which figure, and whether it only says which rows of others are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boathouse.ask.intent import Condition, Measure, Noun, UnclearError

if TYPE_CHECKING:
    from boathouse.ask.reading.reading import Reading


def rank(reading: Reading) -> None:
    """A ranking has something that is ranked, and a figure to rank it by."""
    made, rank = reading.made, reading.made.rank
    assert rank is not None
    if _first_of_others(reading):
        return
    if (
        rank.measure
        and made.subject
        and made.measures
        and all(measure.how == "value" and not measure.noun.metrics for measure in made.measures)
    ):
        whose = {dataset.name for dataset in made.subject.datasets}
        if whose and all({column.dataset for column in measure.noun.columns} & whose for measure in made.measures):
            made.select += [measure.noun for measure in made.measures]  # "the rank of the player with the highest earnings"
            made.measures = []
    if rank.measure is None and made.measures:
        later = made.subject is not None and place(reading, made.measures[0].noun) < place(reading, made.subject)
        if later and made.subject and made.subject.datasets and not any(tag.kind == "by" for tag in reading.tags):
            raise UnclearError(f"{made.subject.text} by which figure?", asks=True)  # "concerts in the biggest stadium"
        rank.measure = made.measures.pop(0)
    if rank.measure is None and made.subject is not None and made.subject.datasets:
        worth = [verb for verb in made.verbs if verb.columns and not verb.datasets]
        if worth:  # "what was the biggest order worth?"
            made.measures, made.rank = [Measure("max" if rank.descending else "min", worth[0])], None
            made.verbs.remove(worth[0])
            made.mentions.append(made.subject)
            made.subject = None
            return
    if rank.measure is None:
        worth = [verb for verb in made.verbs if verb.numeric]
        if worth:
            made.verbs.remove(worth[0])
            rank.measure = Measure("value", worth[0])
    made.subject = made.subject or _ranked(reading)
    if made.subject is None:
        raise UnclearError("the highest or lowest of what?", asks=True)
    if rank.measure is None and not made.subject.datasets:
        rank.measure = _rows_of(reading, made.subject)
    rank.n = rank.n or reading.limit or (None if plural(reading, made.subject) else 1)
    if rank.measure is None and rank.n is None:
        raise UnclearError(f"{made.subject.text} by which figure, and how many?", _by_metrics(reading), asks=True)
    rank.n = rank.n or 1


def _first_of_others(reading: Reading) -> bool:
    """`how many concerts were in the stadium with the highest capacity?`, `customers who bought the cheapest product`: whether a
    ranking only says which rows are meant, of those of other datasets that are counted or listed. Raises UnclearError where both
    may be asked for."""
    made = reading.made
    rank, subject = made.rank, made.subject
    if rank is None or rank.measure is None or subject is None or rank.measure.how not in ("each", "value") or made.groups:
        return False
    whose = {dataset.name for dataset in subject.datasets}
    figures = [name for name in rank.measure.noun.names if name.dataset in whose and name.meaning in rank.measure.noun.columns]
    counted = {name.dataset for measure in made.measures for name in measure.noun.names}
    others = [noun for noun in reading.nouns if noun.datasets and not {dataset.name for dataset in noun.datasets} & whose]
    others = [noun for noun in others if not made.measures and place(reading, noun) < place(reading, subject)]
    if not (figures and (counted or others)) or counted & whose:
        return False
    if made.measures and place(reading, subject) < place(reading, made.measures[0].noun):
        raise UnclearError(f"{subject.text}, and the figure of it? Ask for them one after the other", asks=True)
    if any(_is_of(one, whose) for one in made.conditions):
        raise UnclearError(f"the {rank.measure.noun.text} {subject.text} of which? Of all, or of some of them", asks=True)
    text = rank.measure.noun.text
    first = Condition("extreme", text, noun=rank.measure.noun.only(figures), descending=rank.descending,
                      numbers=(rank.n or reading.limit or 1,))  # fmt: skip
    made.conditions.append(first)
    made.rank = made.subject = reading.limit = None
    if others:
        made.subject, made.listed = others[0], True
        reading.nouns.remove(others[0])
    return True


def _is_of(condition: Condition, datasets: set[str]) -> bool:
    """Whether a condition is about rows of these datasets: the oldest shop in York."""
    columns = [value.columns[0] for values in condition.values for value in values]
    columns += condition.noun.columns if condition.noun else []
    return bool(columns) and {column.dataset for column in columns} <= datasets


def place(reading: Reading, noun: Noun) -> int:
    """Where something is first named."""
    datasets = {name.dataset for name in noun.names}
    return next((n for n, tag in enumerate(reading.tags) if datasets & {name.dataset for name in tag.names}), len(reading.tags))


def _ranked(reading: Reading) -> Noun | None:
    """What is ranked, where only something about it was said."""
    made = reading.made
    named = [noun for noun in reading.nouns if noun.datasets or noun.unit or (noun.columns and not noun.numeric)]
    if named:
        reading.nouns.remove(named[0])
        return named[0]
    if len(made.groups) == 1:
        return made.groups.pop()
    if made.select:  # "the name and capacity of the stadium with the most concerts"
        return reading.rows_of(made.select)
    return reading.marked(made.conditions) if made.listed or reading.limit else None  # "which dog is the heaviest?"


def _rows_of(reading: Reading, subject: Noun) -> Measure | None:
    """`top 3 reasons for visits`: by how many."""
    datasets = {column.dataset for column in subject.columns}
    rows = [noun for noun in reading.nouns if noun.datasets and (subject.unit or {d.name for d in noun.datasets} & datasets)]
    if len(rows) != 1:
        return None
    reading.nouns.remove(rows[0])
    return Measure("count", rows[0])


def _by_metrics(reading: Reading) -> list[str]:
    return [f"{reading.text} by {metric.name}" for metric in reading.known.metrics[:4]]


def plural(reading: Reading, noun: Noun) -> bool:
    """`top customers` names no number, `the biggest customer` means one."""
    word = noun.text.split()[-1].lower()
    return word.endswith("s") and not word.endswith("ss") and reading.lexicon.stem(word) != word
