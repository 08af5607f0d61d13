"""Who or where: the rows that are people, whom rows name, and where they say that they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boathouse.ask.intent import Measure, Noun, Rank, UnclearError
from boathouse.ask.meanings import Name

if TYPE_CHECKING:
    from boathouse.ask.reading.reading import Reading


def asked_for(reading: Reading) -> Noun | None:
    """The rows that `who` is about, where no word names them."""
    reading.made.whom = _of_the_date(reading) or _doer(reading)
    return reading.made.whom or _of_one(reading)


def beside(reading: Reading, subject: Noun) -> None:
    """`who placed the biggest order?`, `who runs the depot?`: whom its rows name, shown with them. Raises UnclearError."""
    made, lexicon, datasets = reading.made, reading.lexicon, subject.datasets
    columns = [column for noun in (subject, *made.select) for column in noun.columns]
    if len(datasets) != 1 or any(lexicon.is_role(column.name) for column in columns):
        return
    label = [datasets[0].columns[name] for name in datasets[0].label]
    named = [v.columns[0] for one in made.conditions if one.kind == "value" for values in one.values for v in values]
    is_who = lexicon.is_person(datasets[0].name) or any(lexicon.is_role(column.name) for column in label)
    if is_who and not set(label) & set(named):  # those who are asked for, and not who belongs to one of them
        return
    parents = {relation.parent for relation in reading.known.parents(datasets[0].name)}
    persons = [Name(reading.known.datasets[name]) for name in sorted(parents) if lexicon.is_person(name)]
    roles = [column for column in datasets[0].columns.values()
             if column.kind == "text" and lexicon.is_role(column.name) and not reading.known.relation(column)]  # fmt: skip
    found = [*persons, *map(Name, roles)]
    said = f" {reading.text.lower()} "
    managing = any(f" {phrase} " in said for phrase in lexicon.managing)
    if len(found) != 1 or (persons and lexicon.others_deeds & set(said.split())) or (not persons and not managing):
        raise UnclearError(f"who of {datasets[0].name}: whom is meant by that?", asks=True)
    made.whom = Noun("who", tuple(found))


def ranked(reading: Reading) -> None:
    """`who has the highest hourly rate?`: the row that has it, and not the rate alone."""
    made = reading.made
    figure = made.measures[0] if len(made.measures) == 1 and made.measures[0].how in ("min", "max") else None
    if figure is None or made.subject or made.rank or made.groups or reading.first_word not in reading.lexicon.who:
        return
    datasets = {column.dataset for column in figure.noun.columns}
    if len(datasets) == 1:
        made.subject = Noun("rows", (Name(reading.known.datasets[datasets.pop()]),))
        made.rank, made.measures = Rank(figure.how == "max", 1, Measure("each", figure.noun)), []


def where(reading: Reading) -> bool:
    """`where does Dean work?`: the place that the row names. Raises UnclearError where it names none, or several."""
    made = reading.made
    if reading.first_word not in reading.lexicon.where or not made.conditions or made.groups or made.select:
        return False
    named = [dataset for noun in (*reading.nouns, *made.verbs) for dataset in noun.datasets]
    said = [value.columns[0] for one in made.conditions for values in one.values for value in values]
    said += [column for one in made.conditions if one.noun for column in one.noun.columns]
    datasets = list(dict.fromkeys(d.name for d in named)) or list(dict.fromkeys(column.dataset for column in said))
    if len(datasets) != 1:
        return False
    dataset = reading.known.datasets[datasets[0]]
    places = [c for c in dataset.columns.values() if c.kind == "text" and reading.lexicon.is_place(c.name) and c not in said]
    if len(places) != 1:
        raise UnclearError(f"where: {dataset.name} names {'several places' if places else 'no place'}", [c.name for c in places])
    reading.nouns = [noun for noun in reading.nouns if not noun.datasets]
    made.verbs = [verb for verb in made.verbs if dataset not in verb.datasets]
    made.subject, made.listed = Noun(dataset.name, (Name(dataset),)), True
    made.select.append(Noun("where", (Name(places[0]),)))
    return True


def _of_the_date(reading: Reading) -> Noun | None:
    """`who was hired in 2026?`: those of the only dataset that the verb's date is of."""
    dates = [one.noun for one in reading.made.conditions if one.kind == "period" and one.noun]
    datasets = {column.dataset for noun in (*dates, *([reading.date] if reading.date else [])) for column in noun.columns}
    if len(datasets) != 1:
        return None
    dataset = reading.known.datasets[datasets.pop()]
    reading.made.verbs = [verb for verb in reading.made.verbs if dataset not in verb.datasets]
    return Noun("who", (Name(dataset),)) if dataset.label else None


def _doer(reading: Reading) -> Noun | None:
    """`who took more than 10 trips?`: the only persons that such a row names."""
    children = {dataset.name for one in reading.made.having for dataset in one.measure.noun.datasets}
    parents = {relation.parent for child in children for relation in reading.known.parents(child)}
    who = [name for name in sorted(parents) if reading.lexicon.is_person(name)]
    return Noun("who", (Name(reading.known.datasets[who[0]]),)) if len(who) == 1 else None


def _of_one(reading: Reading) -> Noun | None:
    """`who looks after C2?`: the row of that name."""
    made = reading.made
    if len(made.conditions) != 1 or made.conditions[0].kind != "value" or made.verbs:
        return None
    columns = {value.columns[0] for values in made.conditions[0].values for value in values}
    datasets = [reading.known.datasets[column.dataset] for column in columns]
    return Noun(datasets[0].name, (Name(datasets[0]),)) if len(columns) == 1 else None
