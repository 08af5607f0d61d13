"""One SELECT under way: its conditions, and what it is grouped by."""

from __future__ import annotations

from boathouse.ask.intent import Intent, Noun, UnclearError
from boathouse.ask.knowledge import Knowledge
from boathouse.ask.meanings import Column, Dataset
from boathouse.ask.planning.compare import compared
from boathouse.ask.planning.scope import Scope
from boathouse.ask.planning.select import Select
from boathouse.engine import quote


class Grouping:
    """A base dataset, what was asked, and the SELECT that comes of it."""

    def __init__(self, intent: Intent, known: Knowledge, base: Dataset):
        self.intent, self.known, self.base = intent, known, base
        hinted = {d.name for noun in (*intent.mentions, *intent.verbs) for d in noun.datasets}
        self.scope = Scope(known, base, frozenset(hinted), verbs=tuple(verb.text.lower() for verb in intent.verbs))
        self.select = Select(self.scope)
        self.counts: list[tuple[str, str]] = []  # that rows were chosen by, and that are shown with them
        self.measures: list[str] = []
        self.groups: list[str] = []
        self.sorting: list[str] = []  # the groups in their own order, those that are not shown among them

    def _conditions(self) -> None:
        """Conditions of the rows; where other rows are counted, what is about those goes there."""
        intent = self.intent
        self._verbs_are_clear()
        present, own = [*intent.mentions, *intent.verbs], list(intent.conditions)
        counted = self._counted_dataset()
        if counted:
            inside = [one for one in own if not self.scope.takes(one) or (one.kind == "period" and one.noun is None)]
            own = [one for one in own if one not in inside]
            reached = {counted, *self.known.paths(counted)}
            present = [noun for noun in present if not any(name.dataset in reached for name in noun.names)]
            [having] = intent.having
            text = self.scope.counted(counted, inside)
            self.scope.where.append(compared(text, having.operator, having.numbers))
            if not intent.measures:
                self.counts = [(text, f"{counted}_count")]
        self.scope.add(own, intent.absent, present)
        if self.scope.elsewhere and any(noun.unit for noun in intent.groups):  # grouped by one date, chosen by another
            period = self.scope.elsewhere[0].text
            raise UnclearError(f"{period!r}: of which date? It would be another than that of the groups", asks=True)

    def _counted_dataset(self) -> str | None:
        """The dataset whose rows are counted for each row of the base: `customers with more than 60 orders`."""
        if len(self.intent.having) != 1 or self.intent.groups or self.intent.having[0].measure.how != "count":
            return None
        self._must_be_rows(self.intent.having[0].measure.noun)
        named = [name.dataset for name in self.intent.having[0].measure.noun.names]
        return next((name for name in named if name != self.base.name and not self.scope.reaches(name)), None)

    def _must_be_rows(self, noun: Noun) -> None:
        """Raises UnclearError for `tickets`, by which only a column ticket_type is called: its rows, or a quantity in them?"""
        for name in noun.names:
            column = name.meaning
            if (
                isinstance(column, Column)
                and name.cost
                and column.name.split("_")[-1] in self.known.lexicon.classifiers
                and not noun.datasets
            ):
                raise UnclearError(f"{noun.text}: rows of {column.dataset}, or different values of {column.name}?",
                                   [column.dataset.replace("_", " "), f"different {column.name.replace('_', ' ')}"])  # fmt: skip

    def _verbs_are_clear(self) -> None:
        """`sold` where a column tells sales from the rest: only those, or all? And of `tracks sold`: which, or how often?"""
        for verb in self.intent.verbs:
            elsewhere = [d for d in verb.datasets if not self.scope.reaches(d.name)]
            counted = [
                *self.intent.measures,
                *([self.intent.rank.measure] if self.intent.rank and self.intent.rank.measure else []),
            ]
            if verb.text.lower() in self.known.lexicon.selling and elsewhere and any(m.how == "count" for m in counted):
                raise UnclearError(f"how many different {self.base.name} were {verb.text}, or how often?",
                                   [f"how many different {self.base.name} were {verb.text}"])  # fmt: skip
        for verb in (*self.intent.verbs, *(one.noun for one in self.intent.absent if one.noun)):
            word = [one for one in self.known.lexicon.concepts.get(verb.text.lower(), []) if one in self.known.lexicon.deeds]
            for values in (self.known.values.get((one,), []) for one in word):
                for value in values:
                    column = value.columns[0]
                    said = any(
                        v.columns[0] == column for c in self.intent.conditions if c.kind == "value" for vs in c.values for v in vs
                    )
                    if (
                        column.size < 10
                        and not said
                        and any(
                            n.meaning in (self.base, *self.known.metrics) or getattr(n.meaning, "name", "") == column.dataset
                            for n in verb.names
                        )
                    ):
                        raise UnclearError(f"{verb.text!r}: only where {column.name} is {value.values[0]!r}, or all {column.dataset}?",
                                            [f"{column.name} {value.values[0]}"])  # fmt: skip

    def _group_by(self, nouns: list[Noun]) -> None:
        for noun in nouns:
            for text, name, shown in self._group(noun):
                if text in self.select.grouped and (not shown or text in [one for one, _ in self.select.columns]):
                    continue
                if shown:
                    self.select.columns.append((text, name))
                    self.groups.append(name)
                self.select.grouped.append(text)
                self.sorting.append(quote(name) if shown else text)

    def _group(self, noun: Noun) -> list[tuple[str, str, bool]]:
        """The expressions of a group, their names, and whether they are shown."""
        if noun.unit:
            return self._calendar(noun)
        own = [d for d in noun.datasets if self.scope.reaches(d.name) and (d.name != self.base.name or d.label or d.key)]
        if own and not (own[0].name == self.base.name and any(c.dataset == self.base.name for c in noun.columns)):
            return self._rows_of(own[0])
        column = self.scope.nearest(noun.columns, noun.text)
        if column.dataset != self.base.name:
            self._only_those_with(self.known.datasets[column.dataset], self.scope.table(column.dataset))
        if (relation := self.known.relation(column)) and self.known.datasets[relation.parent].label:
            alias, parent = self.scope.role(relation), self.known.datasets[relation.parent]
            shown = [(f"{alias}.{quote(name)}", name, True) for name in parent.label]
            self.scope.where.append(f"{self.scope.column(column)} IS NOT NULL")
            if column.nulls:
                self.scope.notes.append(f"rows without a {column.name} are left out")
            return [*shown, (self.scope.column(column), column.name, self.known.lexicon.is_key(noun.text))]
        if column.kind == "list":
            raise UnclearError(f"{column.name} holds several values in a row, so rows cannot be grouped by it", asks=True)
        if column.kind == "date" and noun.names and noun.names[0].cost == 0 and column.type.startswith("TIMESTAMP"):
            self.scope.notes.append(f"by the day of {column.name}")
            return [(f"{self.scope.column(column)}::DATE", column.name, True)]
        return [(self.scope.column(column), column.name, True)]

    def _rows_of(self, dataset: Dataset) -> list[tuple[str, str, bool]]:
        """What names a row of a dataset: its label, and its key where the label does not do."""
        ways = self.scope.paths[dataset.name]
        if len(ways) == 1 and len(ways[0]) == 1 and dataset.label == (ways[0][0].key,):  # named by its own key: no join is needed
            own = self.known.datasets[ways[0][0].child].columns[ways[0][0].column]
            return [(self.scope.column(own), own.name, True)]
        table = self.scope.rows(dataset.name)
        names = dataset.label or dataset.key
        self.scope.cost += self.scope.far(dataset.name)
        if dataset is not self.base:
            self._only_those_with(dataset, table)
            if not self.intent.rank and not all(step.covers for way in ways for step in way):
                self.scope.notes.append(f"those of {dataset.name} without {self.base.name} are left out")
        shown = [
            (f"{table}.{quote(name)}", name if name not in ("name", "title") or len(names) > 1 else dataset.name, True)
            for name in names
        ]
        single = len(dataset.label) == 1 and dataset.columns[dataset.label[0]].unique
        hidden = [] if single else [(f"{table}.{quote(name)}", name, False) for name in dataset.key if name not in names]
        return shown + hidden

    def _only_those_with(self, dataset: Dataset, table: str) -> None:
        """Rows that name none of a dataset are no group of it, which is said."""
        ways = self.scope.paths[dataset.name]
        columns = [self.known.datasets[step.child].columns[step.column] for way in ways for step in way]
        self.scope.where.append(f"{table}.{quote(ways[0][-1].key)} IS NOT NULL")
        if any(column.nulls for column in columns):
            self.scope.notes.append(f"rows without one of {dataset.name} are left out")

    def _calendar(self, noun: Noun) -> list[tuple[str, str, bool]]:
        unit, own = noun.unit, self.base.columns.get(noun.unit)
        if own is not None and (own.kind in ("date", "number") or unit == "weekday"):
            return [(self.scope.column(own), unit, True)]
        hints = [one.noun for one in self.intent.conditions if one.kind == "period" and one.noun is not None]
        if any(one.kind == "date" for one in noun.columns):  # "by month of completion"
            hints = [noun]
        column = self.scope.time(hints[0] if hints else self.intent.date)
        cell = self.scope.column(column)
        self.scope.notes.append(f"by the {unit} of {column.dataset}.{column.name}")
        if column.nulls:
            self.scope.where.append(f"{cell} IS NOT NULL")
            self.scope.notes.append(f"rows without a {column.name} are left out")
        if unit == "hour" and not column.type.startswith("TIMESTAMP"):
            raise UnclearError(f"{column} has no time of day")
        if unit == "weekday":
            return [(f"isodow({cell})", "number", False), (f"dayname({cell})", unit, True)]
        if unit in ("year", "hour"):
            return [(f"{unit}({cell})", unit, True)]
        return [(f"{cell}::DATE" if unit == "day" else f"date_trunc('{unit}', {cell})::DATE", unit, True)]
