"""The end of a reading: what the nouns that were only named are there for, and whether anything hangs in the air."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from boathouse.ask.intent import Condition, Intent, Measure, Noun, UnclearError
from boathouse.ask.meanings import LIFE, Dataset
from boathouse.ask.periods import apart
from boathouse.ask.reading import attributes, whom

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
    _contradictions(made)
    _when(reading)
    _figures(reading)
    attributes.of_what(reading)
    attributes.of_each(reading)
    attributes.beside_figures(made, reading.nouns)
    attributes.side_by_side(reading)
    whom.ranked(reading)
    _subject(reading)
    if made.rank is not None:
        _rank(reading)
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


def _contradictions(made: Intent) -> None:
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
    for wide in [one for one in bounded if any(_within(other, one) for other in bounded)]:  # "in 2026, in March"
        bounded.remove(wide)
        conditions.remove(wide)
    if len(bounded) > 1 and len({str(one.noun) for one in bounded}) == 1:
        raise UnclearError(
            f"{bounded[0].text} and {bounded[1].text}: together, or each? Ask for one, or 'by year', 'by month'", asks=True
        )


def _changed(reading: Reading) -> None:
    """`how did revenue change from Q2 to Q3`: the two periods, of which it says one or the other way."""
    made = reading.made
    periods = [one for one in made.conditions if one.kind == "period" and one.period and not one.negated]
    for wide in [one for one in periods if any(_within(other, one) for other in periods)]:  # "from Q2 to Q3, this year"
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


def _within(one: Condition, other: Condition) -> bool:
    """Whether a period lies within another, wider one of the same date."""
    if one is other or str(one.noun) != str(other.noun) or not (one.period and other.period):
        return False
    spans = (one.period.start, one.period.end), (other.period.start, other.period.end)
    if spans[0] == spans[1] or not all(map(all, spans)):
        return False
    return spans[0][0] >= spans[1][0] and spans[0][1] <= spans[1][1]  # type: ignore[operator]


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
        if (
            made.listed
            and not (made.subject or made.select or made.measures or noun.metrics or noun.datasets)
            and _plural(reading, noun)
        ):
            added = any(reading.lexicon.is_added(column.name) for column in noun.columns)
            if (
                (not added or made.sort) and not made.groups and (rows := reading.rows_of([noun]))
            ):  # "show the grades of the pupils"
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


def _rank(reading: Reading) -> None:
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
        later = made.subject is not None and _place(reading, made.measures[0].noun) < _place(reading, made.subject)
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
    rank.n = rank.n or reading.limit or (None if _plural(reading, made.subject) else 1)
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
    others = [noun for noun in others if not made.measures and _place(reading, noun) < _place(reading, subject)]
    if not (figures and (counted or others)) or counted & whose:
        return False
    if made.measures and _place(reading, subject) < _place(reading, made.measures[0].noun):
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


def _place(reading: Reading, noun: Noun) -> int:
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


def _plural(reading: Reading, noun: Noun) -> bool:
    """`top customers` names no number, `the biggest customer` means one."""
    word = noun.text.split()[-1].lower()
    return word.endswith("s") and not word.endswith("ss") and reading.lexicon.stem(word) != word
