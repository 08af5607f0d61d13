"""The end of a reading: what the nouns that were only named are there for, and whether anything hangs in the air."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from boathouse.ask.intent import Intent, Measure, Noun, UnclearError
from boathouse.ask.meanings import LIFE, Dataset
from boathouse.ask.periods import apart
from boathouse.ask.reading import attributes, whom
from boathouse.ask.reading.checks import check, contradictions, within
from boathouse.ask.reading.ranked import plural, rank

if TYPE_CHECKING:
    from boathouse.ask.reading.reading import Reading


def settle(reading: Reading) -> Intent:
    """The intent of a question that has been read to its end. Raises UnclearError."""
    made, made.date = reading.made, reading.date
    if reading.negated:
        raise UnclearError("not what?", asks=True)
    if reading.tags and reading.tags[-1].kind == "and":  # "which customers ordered, and where do they live?"
        raise UnclearError("what stands behind 'and' is more than I can read there: ask it by itself", asks=True)
    if reading.pending_count:
        _count(reading)
    if reading.aggregate:
        _aggregate(reading)
    _both_ways(made)
    if reading.changed:
        _changed(reading)
    _apart(made)
    _dated(made)
    check(made.conditions)
    contradictions(made)
    _when(reading)
    _figures(reading)
    attributes.of_what(reading)
    attributes.of_each(reading)
    attributes.beside_figures(made, reading.nouns)
    attributes.side_by_side(reading)
    whom.ranked(reading)
    _subject(reading)
    if made.rank is not None:
        rank(reading)
    elif reading.limit is not None and made.listed and made.subject and not made.measures:
        made.limit = reading.limit
    elif reading.limit is not None:
        raise UnclearError(f"{reading.limit} of what, by which figure? Say 'top {reading.limit} … by …'", asks=True)
    _left(reading)
    if made.subject is not None and made.select and made.rank is None and not made.subject.datasets and not made.subject.unit:
        made.select, made.subject = [made.subject, *made.select], None  # "titles with their credits": rows
    if not made.measures and made.subject is None and not made.select and made.rank is None:
        raise UnclearError("which figure, or which rows?", asks=True)
    if made.share and not reading.shared_out:
        _share(made, reading.whole)
    if made.subject is not None and made.whom is None and reading.first_word in reading.lexicon.who:
        whom.beside(reading, made.subject)
    return made


def _dated(made: Intent) -> None:
    """`by month of completion in 2026`: both by that date."""
    for noun in made.groups:
        if noun.unit and any(column.kind == "date" for column in noun.columns):
            for one in made.conditions:
                one.noun = one.noun or (noun if one.kind == "period" else None)


def _changed(reading: Reading) -> None:
    """`how did revenue change from Q2 to Q3`: the two periods, of which it says one or the other way."""
    made = reading.made
    periods = [one for one in made.conditions if one.kind == "period" and one.period and not one.negated]
    for wide in [one for one in periods if any(within(other, one) for other in periods)]:  # "from Q2 to Q3, this year"
        periods.remove(wide)
        made.conditions.remove(wide)
    if len(periods) == 2:
        periods[0].against = periods[1].period
        made.conditions.remove(periods.pop())
    if reading.compared:
        made.groups = [noun for noun in made.groups if not noun.unit]
    ends = periods[0].period.ends or (periods[0].period, periods[0].against) if len(periods) == 1 else (None, None)  # type: ignore[union-attr]
    bounded = [one for one in ends if one and one.start and one.end]
    if len(bounded) != 2:
        raise UnclearError("a change between which two periods? Say 'from … to …'", asks=True)
    first, second = sorted(bounded, key=lambda one: str(one.start))
    periods[0].change, periods[0].against = (first, second), None


def _apart(made: Intent) -> None:
    """`in September and October, monthly`: both, each by itself."""
    periods = [one for one in made.conditions if one.kind == "period" and one.against is None and not one.negated]
    units = {noun.unit for noun in made.groups if noun.unit}
    if len(periods) == 2 and apart(periods[0].period, periods[1].period) in units and periods[0].noun == periods[1].noun:
        periods[0].text, periods[0].against = f"{periods[0].text} and {periods[1].text}", periods[1].period
        made.conditions.remove(periods[1])


def _when(reading: Reading) -> None:
    """`when did … join`: the date itself; with no date named, one of a ranking must have been."""
    made = reading.made
    if not reading.asked_when:
        return
    dates = [noun for noun in reading.nouns if any(column.kind == "date" for column in noun.columns)]
    if reading.date is not None and not dates:
        dates = [reading.date]
    if dates and made.conditions and not made.measures:
        made.select += dates
        reading.nouns = [noun for noun in reading.nouns if noun not in dates]
    elif made.rank is None and not any(m.how in ("min", "max", "latest", "earliest") for m in made.measures):
        raise UnclearError("the date of the latest, or of the earliest?", ["latest", "earliest"])


def _one_figure(reading: Reading, mentioned: list[Noun]) -> None:
    """`customers and revenue by town`: a dataset beside a figure, or another, is to be counted as well."""
    for tag, middle, other in zip(reading.tags, reading.tags[1:], reading.tags[2:], strict=False):
        if middle.kind != "and" or (tag.kind, other.kind) != ("name", "name") or not reading.made.measures:
            continue
        if any(noun.text in (tag.text, other.text) for noun in mentioned):
            raise UnclearError(f"{tag.text} and {other.text}: one figure at a time, please", asks=True)


def _left(reading: Reading) -> None:
    """What is still only named: datasets are a hint, columns are shown in a list."""
    made = reading.made
    mentioned = [noun for noun in reading.nouns if noun.datasets]
    _one_figure(reading, mentioned)
    made.mentions += mentioned
    left = [noun for noun in reading.nouns if not noun.datasets]
    if left and reading.done_by and not made.select:
        raise UnclearError(f"which figure of {left[0].text!r} is asked for?", asks=True)
    asked = reading.first_word in reading.lexicon.listing and not any(noun.numeric for noun in left)  # "what are the titles?"
    chosen = asked or made.listed or made.select or made.conditions or made.absent or made.having
    if left and made.absent and len(left) == 1 and not (made.select or made.subject or made.measures or left[0].numeric):
        made.subject, made.listed = left[0], True  # "cities in which there was no concert"
    elif left and (chosen or (made.rank and not left[0].numeric)) and not made.measures and not made.groups:
        made.select += left
    elif left:
        raise UnclearError(f"what is {left[0].text!r} for? Say 'by {left[0].text}' to group by it", [f"by {left[0].text}"])


def _share(made: Intent, whole: int) -> None:
    """Periods are of the whole; what else was said is of the part: `share of orders that were hires`, `share of unpaid
    invoices`. Said before and behind, the first is of the whole: `share of West orders that were hires`."""
    if not made.measures and not made.groups:
        raise UnclearError("a share of what?", asks=True)
    before, behind = made.conditions[:whole], made.conditions[whole:]
    if not made.part and not made.parts and not any(not one.is_span for one in behind):
        before, behind = [], [*before, *behind]
    every = [*made.part, *behind]
    if sum(not one.is_span for one in every) + len(made.parts) > 1:
        raise UnclearError(
            "a share of which whole? Say one condition of the part, and put the others before: 'share of West orders that …'",
            asks=True,
        )
    made.conditions = [*before, *(one for one in every if one.is_span)]
    made.part = [one for one in every if not one.is_span]


def _both_ways(made: Intent) -> None:
    """`paid and unpaid invoices`: not those that are both, but each."""
    flags = [one for one in made.conditions if one.kind == "flag"]
    for one, other in itertools.pairwise(flags):
        if one.noun and other.noun and one.noun.columns == other.noun.columns and one.negated != other.negated:
            made.conditions = [condition for condition in made.conditions if condition not in (one, other)]
            made.groups.append(one.noun)


def _aggregate(reading: Reading) -> None:
    """An aggregate whose noun came before it, or never."""
    made, how = reading.made, reading.aggregate
    assert how is not None
    figures = [noun for noun in (*reading.nouns, *made.select) if noun.numeric and not noun.datasets]
    if figures:
        for some in (reading.nouns, made.select):
            if figures[-1] in some:
                some.remove(figures[-1])
        made.measures.append(Measure(how, figures[-1]))
    elif how == "sum" and (named := made.subject or next((n for n in reading.nouns if n.datasets), None)):
        if named in reading.nouns:
            reading.nouns.remove(named)
        made.subject = None
        made.measures.append(Measure("sum", named))
    elif how == "sum" and made.measures and made.measures[-1].how == "count":
        made.measures.append(Measure("sum", made.measures[-1].noun))
    elif how == "sum" and not made.measures and (figure := _money(reading)):
        made.measures.append(Measure("sum", figure))
    else:
        raise UnclearError(f"{'total' if how == 'sum' else 'average'} of which figure?", asks=True)


def _money(reading: Reading) -> Noun | None:
    """`how much was donated in March?`, `total paid by card`: of the one dataset that verbs, dates and values speak of."""
    made = reading.made
    worth = [verb for verb in made.verbs if verb.numeric and not verb.datasets]
    if worth and reading.lexicon.earning & set(reading.text.lower().split()):  # "how much money did we make"
        made.verbs.remove(worth[-1])
        return worth[-1]
    if worth:
        return None
    meant = {dataset.name for verb in made.verbs for dataset in verb.datasets}
    meant |= {column.dataset for one in made.conditions if one.kind == "period" and one.noun for column in one.noun.columns}
    for one in made.conditions:
        if one.kind == "value":
            within = {value.columns[0].dataset for value in one.values[0]}
            meant |= within if not within & meant else set()
    if figure := reading.taken(meant):
        made.verbs = [verb for verb in made.verbs if verb.names]  # "earned", where nothing is called so
    return figure


def _count(reading: Reading) -> None:
    """`… how many?` at the end counts what was named before."""
    made = reading.made
    named = made.subject or next((noun for noun in reading.nouns if noun.datasets), None)
    beside = any(tag.kind == "and" and other.kind == "count" for tag, other in itertools.pairwise(reading.tags))
    columns = [noun for noun in (made.select or reading.nouns) if noun.columns and not (noun.datasets or noun.label)]
    if beside and columns and made.rank is None and (rows := reading.rows_of(columns)):
        made.measures.append(Measure("count", rows))  # "the categories of festivals and the count": of each
        made.select = made.select or columns
        reading.nouns = [noun for noun in reading.nouns if noun not in columns]
        return
    if named is None and made.select and made.rank is None:
        named = made.select.pop(0)
    if named is None or (made.rank is not None and made.rank.measure is not None):
        if made.rank is not None:
            return  # "the shortest track: how many milliseconds?"
        raise UnclearError("how many of what?", asks=True)
    if named in reading.nouns:
        reading.nouns.remove(named)
    made.subject, made.listed = None, False
    made.measures.insert(0, Measure("count", named))


def _figures(reading: Reading) -> None:
    """Figures that were named without a word for how: `revenue by region`, `revenue and target by region`."""
    made = reading.made
    if made.rank is not None and made.rank.measure is None and not made.measures:
        figures = [noun for noun in reading.nouns if noun.numeric]
        if len(figures) == 1:
            reading.nouns.remove(figures[0])
            made.rank.measure = Measure("value", figures[0])
        return
    for noun in [noun for noun in reading.nouns if noun.numeric and not (noun.datasets and made.measures)]:
        if rows := _rows_listed(reading, noun):
            reading.nouns.remove(noun)
            made.subject, made.select = rows, [*made.select, noun]
            continue
        if made.subject is None and not made.select:
            reading.nouns.remove(noun)
            made.measures.append(Measure("value", noun))
    chosen = [noun for noun in made.select if noun.metrics or (noun.numeric and (made.groups or made.subject is None))]
    if chosen and len(chosen) == len(made.select) and made.rank is None and made.subject is None:
        made.select = []
        made.measures += [Measure("value", noun) for noun in chosen]
    verbs = [verb for verb in made.verbs if verb.numeric]
    if not (made.measures or made.rank or made.subject or made.select or reading.nouns) and verbs:
        made.verbs.remove(verbs[0])
        made.measures.append(Measure("value", verbs[0]))


def _rows_listed(reading: Reading, noun: Noun) -> Noun | None:
    """`show the grades of the pupils`: the rows whose numbers are listed, which are not added up by themselves."""
    made = reading.made
    busy = made.subject or made.select or made.measures or made.groups or noun.metrics or noun.datasets
    added = any(reading.lexicon.is_added(column.name) for column in noun.columns) and not made.sort
    return None if busy or added or not made.listed or not plural(reading, noun) else reading.rows_of([noun])


def _subject(reading: Reading) -> None:
    """What is listed or counted where no figure is asked for: `orders per kind`, `customers by country`."""
    made = reading.made
    if made.rank is not None and reading.first_word in reading.lexicon.where and not made.groups:
        raise UnclearError("where the most or the least of something is: ask 'which …' instead", asks=True)
    if made.measures or made.rank is not None or made.subject is not None or made.select or whom.where(reading):
        return
    named = [noun for noun in reading.nouns if noun.datasets]
    if not named and made.having:  # "countries with at least three airports"
        named = [noun for noun in reading.nouns if noun.columns and not noun.numeric]
    if not named:
        _unnamed(reading)
        return
    reading.nouns.remove(named[0])
    if made.groups:
        made.measures.append(_counted(reading, named[0]))
    elif made.having:
        made.subject, made.listed = named[0], True
    elif made.listed or made.sort:
        made.subject = named[0]
    elif made.absent or made.conditions:
        labelled = all(dataset.label or _is_thing(reading, dataset) for dataset in named[0].datasets)
        if not made.absent and all(
            one.kind == "period" and not (one.noun and labelled) for one in made.conditions
        ):  # events are counted
            made.measures.append(Measure("count", named[0]))
        elif labelled:  # things that have names are listed
            made.subject, made.listed = named[0], True
        else:
            raise UnclearError(f"how many {named[0].text}, or which?", [f"how many {reading.text}", f"which {reading.text}"])
    else:
        raise UnclearError(
            f"how many {named[0].text}, or a list of them?", [f"how many {named[0].text}", f"list {named[0].text}"]
        )


def _is_thing(reading: Reading, dataset: Dataset) -> bool:
    """Whether rows are things that are there, rather than what happened at some time."""
    return not dataset.time or bool(set(dataset.time.split("_")) & LIFE - reading.lexicon.begins)


def _unnamed(reading: Reading) -> None:
    """Rows that no word names: `completed vaccinations by month`, `signups by industry`, `who was hired in 2026?`"""
    made = reading.made
    if made.groups:
        rows = reading.marked(made.conditions) or (made.verbs[0] if reading.date and len(made.verbs) == 1 else None)
        made.measures += [Measure("count", rows)] if rows else []
    elif reading.lexicon.who & set(reading.text.lower().split()) and (who := whom.asked_for(reading)):
        made.subject, made.listed = who, True


def _counted(reading: Reading, noun: Noun) -> Measure:
    money = any(reading.lexicon.selling_rows & set(dataset.name.lower().split("_")) for dataset in noun.datasets)
    if reading.compared and money:
        every = [f"how many {reading.text}", f"total {reading.text}"]
        raise UnclearError(f"how many {noun.text}, or the total of them?", every)
    return Measure("count", noun)
