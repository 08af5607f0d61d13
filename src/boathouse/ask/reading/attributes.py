"""What is shown of rows: `the name, age and country of every singer`, and names beside figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from boathouse.ask.intent import Intent, Noun, UnclearError
from boathouse.ask.meanings import Name
from boathouse.ask.reading.cursor import OPERATORS

if TYPE_CHECKING:
    from boathouse.ask.reading.names import Names
    from boathouse.ask.reading.reading import Reading

_FIGURES = ("count", "sum", "average", "how_much")
_OF_ONE_ROW = ("min", "max", "latest", "earliest", "value", "each")


def listed(reading: Names, first: Noun) -> list[Noun]:
    """The columns that are listed together, of which the first has been read; none where they may all be figures."""
    made, place = reading.made, reading.at
    busy = made.measures or made.rank or made.groups or made.share or made.subject or reading.aggregate or reading.pending_count
    if busy or not _is_shown(first):
        return []
    if reading.kind() == "and" and reading.kind(1) in ("name", "label"):
        reading.take()
    elif not (reading.kind() in ("name", "label") and reading.tags[reading.at].gap):
        return []
    every = [first, *reading.nouns_listed()]
    if len(every) == 1 or any(noun.metrics for noun in every) or all(noun.numeric for noun in every):
        reading.at = place
        return []
    return every


def _is_shown(noun: Noun) -> bool:
    return noun.label or bool(noun.columns and not noun.datasets)


def of_what(reading: Reading) -> None:
    """`names of orchestras`, `the ids and names of each document`: of the dataset that is named next, and of no other."""
    made = reading.made
    said = next((reading.known.datasets[noun.whose] for noun in made.select if noun.whose), None)
    subject = [made.subject] if made.subject else []
    whose = next((noun.datasets for noun in (*subject, *made.groups, *reading.nouns, *made.mentions) if noun.datasets), [])
    rows = {dataset.name: Name(dataset) for dataset in ([said] if said else whose)}
    if not rows:
        return
    if sum(noun.label for noun in made.select) > 1:
        raise UnclearError("the names of one, and of the other? Ask for them one after the other", asks=True)
    for place, noun in enumerate(made.select):
        own = [name for name in noun.names if name.dataset in rows]
        if noun.label:
            made.select[place] = replace(noun, names=tuple(rows.values()))
        elif own and noun.text.lower() in reading.lexicon.key_words:
            made.select[place] = noun.only(own)


def side_by_side(reading: Reading) -> None:
    """`names of teachers and the courses they teach`: rows of two datasets, by what they are called."""
    made, tags = reading.made, reading.tags
    if len(made.select) != 1 or not made.select[0].label or made.measures or made.rank:
        return
    for tag, middle, other in zip(tags, tags[1:], tags[2:], strict=False):
        pair = [noun for noun in reading.nouns if noun.text in (tag.text, other.text)]
        if middle.kind == "and" and len(pair) == 2 and all(noun.datasets for noun in pair):
            made.select = pair
            reading.nouns = [noun for noun in reading.nouns if noun not in pair]
            return


def of_each(reading: Reading) -> None:
    """`customers and their number of orders`, `first names of players and their average ranking`: the figure of each."""
    made, tags = reading.made, reading.tags
    counted = {name.dataset for measure in made.measures for name in measure.noun.names}
    ends = [place for place in range(len(tags) - 1) if _begins_a_figure(reading, place)]
    if not ends or not made.measures or made.groups or made.rank or made.select or made.subject:
        return
    before = {tag.text for tag in tags[: ends[0] + 1]}
    named = [noun for noun in reading.nouns if noun.text in before]
    shown = [noun for noun in named if noun.columns and not (noun.datasets or noun.numeric)]
    rows = [noun for noun in named if noun.datasets] or [one for one in [reading.rows_of(shown)] if one]
    rows = [noun for noun in rows if not {dataset.name for dataset in noun.datasets} & counted][:1]
    made.groups += [*rows, *shown]
    reading.nouns = [noun for noun in reading.nouns if noun not in made.groups]


def _begins_a_figure(reading: Reading, place: int) -> bool:
    """Whether a figure follows that is of what was named before: `… and how many`, `… with their number of`, `… with revenue`."""
    tag, other = reading.tags[place], reading.tags[place + 1]
    following = reading.tags[place + 2].kind if place + 2 < len(reading.tags) else ""
    compared = following in (*OPERATORS, "between", "number")
    figure = other.kind in (*_FIGURES, "last", "latest", "earliest", "median", "highest", "lowest")
    numeric = other.kind == "name" and not other.datasets and (other.metrics or any(c.is_measure for c in other.columns))
    beside = bool(set(other.after) & reading.lexicon.possessing) and not compared
    return (tag.kind == "and" and other.kind in _FIGURES) or (beside and bool(figure or numeric))


def beside_figures(made: Intent, named: list[Noun]) -> None:
    """`the names of singers and how many songs they have`: the figure of each. Raises UnclearError for `the make and the highest
    price`, which may be of one row or of each make."""
    if not made.measures or made.rank or made.share:
        return
    if made.subject is not None and made.listed:
        made.groups, made.subject = [made.subject, *made.groups], None
    if not made.select or made.subject:
        return
    pinned = {
        column for one in made.conditions if one.kind == "value" for values in one.values for v in values for column in v.columns
    }
    made.select = [noun for noun in made.select if noun.label or not set(noun.columns) & pinned]
    shown = [noun for noun in made.select if not noun.label]
    if any(measure.how in _OF_ONE_ROW for measure in made.measures):
        text = (shown or made.select)[0].text
        raise UnclearError(f"{text!r} beside a figure: of which rows? Say 'by {text}' to group by it", [f"by {text}"])
    if len(shown) < len(made.select) and not any(noun.datasets for noun in made.groups):
        whose = next((noun for noun in named if noun.datasets), None)
        if whose is None:
            raise UnclearError("the names of what?", asks=True)
        named.remove(whose)
        made.groups.insert(0, whose)
    made.groups += [noun for noun in shown if noun not in made.groups]
    made.select = []
