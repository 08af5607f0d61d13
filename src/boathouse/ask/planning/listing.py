"""Lists in SQL: rows of a dataset, or the different values of a column."""

from __future__ import annotations

from dataclasses import replace

from boathouse.ask.intent import Absent, Noun, UnclearError
from boathouse.ask.meanings import Column, Dataset, Name
from boathouse.ask.planning.compare import compared
from boathouse.ask.planning.figures import Figures
from boathouse.ask.planning.scope import Scope
from boathouse.engine import quote


class Listing(Figures):
    """What a question without a figure comes to."""

    def _shown_of(self, dataset: Dataset) -> list[tuple[str, str]]:
        table = self.scope.table(dataset.name)
        names = [*dataset.key, *dataset.label] if dataset.label else list(dataset.columns)
        return [(f"{table}.{quote(name)}", name) for name in dict.fromkeys(names)]

    def _who(self) -> list[tuple[str, str]]:
        """Whom the rows name, before all else that is shown of them; rows that name nobody stay."""
        whom = self.intent.whom
        if whom is None or whom is self.intent.subject:
            return []
        people = [(f"{self.scope.rows(d.name)}.{quote(name)}", name) for d in whom.datasets for name in d.label or d.key]
        return people + [(self.scope.column(column), column.name) for column in whom.columns]

    def _named_beside(self) -> list[Noun]:
        """`songs with their singer`: datasets that the rows name, which are shown by their names."""
        return [
            noun for noun in self.intent.mentions
            if noun.datasets and not noun.columns and self.scope.reaches(noun.datasets[0].name)
            and noun.datasets[0] is not self.base and noun.datasets[0].label
        ]  # fmt: skip

    def _selected(self, noun: Noun) -> list[tuple[str, str]]:
        if noun.label:
            if self.base.label:
                return [(f"{self.scope.table(self.base.name)}.{quote(name)}", name) for name in self.base.label]
            return self._named_as()
        if noun.datasets and not noun.columns:
            [first] = noun.datasets[:1]
            if not self.scope.reaches(first.name):
                raise UnclearError(f"{noun.text!r} has nothing to do with {self.base.name}, as far as I can see", word=noun.text)
            return [(text, name) for text, name, shown in self._rows_of(first) if shown]
        column = self.scope.nearest(noun.columns, noun.text)
        if relation := self.known.relation(column):
            parent = self.known.datasets[relation.parent]
            named = [(f"{self.scope.role(relation)}.{quote(name)}", name) for name in parent.label or (relation.key,)]
            return [(self.scope.column(column), column.name), *named] if self.known.lexicon.is_key(noun.text) else named
        return [(self.scope.column(column), column.name)]

    def _named_as(self) -> list[tuple[str, str]]:
        """What rows without names are called as what they are besides: poker players, each of whom is one of the people."""
        for relation in self.known.parents(self.base.name):
            label = self.known.datasets[relation.parent].label
            if label and self.base.columns[relation.column].unique:
                self.scope.notes.append(f"named as the {relation.parent} that they are")
                return [(f"{self.scope.role(relation)}.{quote(name)}", name) for name in label]
        raise UnclearError(f"{self.base.name} has no names", asks=True)

    def _listing(self) -> None:
        intent, subject = self.intent, self.intent.subject
        if subject is not None and not any(d.name == self.base.name for d in subject.datasets):
            columns = [c for c in subject.columns if c.dataset == self.base.name]
            if subject.unit:
                self._group_by([subject])
                self._conditions()
                self._having_shown()
                self.select.order = self.sorting
                return
            if not columns:
                raise UnclearError(f"{self.base.name} has no {subject.text}", word=subject.text)
            if len(columns) != 1:
                raise UnclearError(f"{subject.text!r} may be {' or '.join(c.name for c in columns)}", [c.name for c in columns])
            self._column_subject(columns[0])
            return
        if intent.groups:
            raise UnclearError(f"which figure by {intent.groups[0].text}?", asks=True)
        self._conditions()
        alone = intent.select[0] if len(intent.select) == 1 and subject is None and not intent.select[0].label else None
        far = [one for one in intent.conditions if one.kind == "value" and one.negated and alone and not alone.whose]
        few = alone is not None and not any(column.unique or column.is_key for column in alone.columns)
        if few and any(value.columns[0].dataset != self.base.name for one in far for values in one.values for value in values):
            raise UnclearError(f"not {far[0].text}: those with none there, or those with any elsewhere?", asks=True)
        shown = [pair for noun in (*intent.select, *self._named_beside()) for pair in self._selected(noun)]
        if subject is not None:
            shown = [*self._who(), *self._shown_of(self.base), *shown]
        elif not any(noun.label for noun in intent.select):
            shown += [] if not self.base.label or intent.conditions else self._shown_of(self.base)
        shown += [(self.scope.column(c), c.name) for c in self.scope.used if c.dataset == self.base.name]
        shown += self.counts
        sort = self._sort_column()
        if sort and sort.columns:  # what rows are sorted by is shown with them
            shown += self._selected(sort)
        self.select.columns = list({text: (text, name) for text, name in shown}.values())
        self._having_counts()
        if intent.limit:
            self.select.limit, self.select.order = intent.limit, [str(n + 1) for n in range(len(self.select.columns))]
            self.scope.notes.append(f"the first {intent.limit}")
        if intent.sort and sort:
            name = self._sorted_by(sort, [name for _, name in self.select.columns])
            self.select.order = [f"{quote(name)}{' DESC' if intent.sort[1] else ''}"]

    def _sort_column(self) -> Noun | None:
        """What rows are sorted by; of `sorted by date` the date of the base, or what it has that is called so."""
        noun = self.intent.sort[0] if self.intent.sort else None
        if noun is None or not noun.unit:
            return noun
        own = self.base.columns.get(noun.unit)
        column = own if own and own.kind in ("date", "number") else self.scope.time(self.intent.date)
        return Noun(column.name, (Name(column),))

    def _having_shown(self) -> None:
        """The figures by which groups were chosen, beside them."""
        for having in self.intent.having:
            text, name = self._measure(having.measure)
            self.select.columns.append((text, name))
            self.select.having.append(compared(text, having.operator, having.numbers))

    def _holds(self, column: Column, cell: str) -> None:
        """The conditions of values; one that there is none of is of all the rows that have the value: cities in which no customer
        lives, languages that are not spoken in Asia."""
        intent = self.intent
        self._verbs_are_clear()
        of_each = column.unique or column.is_key or bool(intent.subject and intent.subject.whose)
        elsewhere = [one for one in intent.conditions if one.negated and one.kind == "value" and not of_each
                     and all(v.columns[0].dataset != self.base.name for values in one.values for v in values)]  # fmt: skip
        absent = [*intent.absent, *(Absent(None, [replace(one, negated=False)]) for one in elsewhere)]
        present = [noun for noun in (*intent.mentions, *intent.verbs) if not self.scope.is_missing(noun, intent.absent)]
        self.scope.add([one for one in intent.conditions if one not in elsewhere], (), present)
        for one in absent:
            noun = one.noun if one.noun and not any(d.name == self.base.name for d in one.noun.datasets) else None
            if noun is None and not one.conditions:
                raise UnclearError("never when?", asks=True)
            if noun and of_each:  # "first names of students who …": of each, and not of all who are called so
                self.scope.add((), [one])
                continue
            if noun and any(self.scope.reaches(d.name) or column.name in d.columns for d in noun.datasets):
                raise UnclearError(f"{column.name} of {self.base.name}, or of {noun.text}?", asks=True)
            inner = Scope(self.known, self.base, self.scope.hinted, mark="_1")
            inner.add(one.conditions, (), [noun] if noun else [])
            self.scope.notes += inner.notes
            own = f"{quote(self.base.name + '_1')}.{quote(column.name)}"
            inner.where.append(f"{own} IS NOT NULL")
            self.scope.where.append(f"{cell} NOT IN (SELECT {own} FROM {inner.from_clause()} WHERE {' AND '.join(inner.where)})")

    def _column_subject(self, column: Column) -> None:
        """The different values of a column, those of which something holds."""
        intent, cell = self.intent, self.scope.column(column)
        numeric = [one for one in intent.conditions if one.kind == "compare"]
        if loose := [
            one for one in numeric if not one.noun or any(self.known.lexicon.is_added(c.name) for c in one.noun.columns)
        ]:
            raise UnclearError(
                f"{loose[0].text} {column.name}: in each row of {self.base.name}, or in all?",
                [f"{loose[0].text} in all"],
                asks=True,
            )
        if column.kind == "list":
            self.select.columns, self.select.unique = [(f"unnest({cell})", column.name)], True
            self._conditions()
            return
        self._holds(column, cell)
        self.scope.where.append(f"{cell} IS NOT NULL")
        self.select.columns = [(cell, column.name)]
        self.select.grouped = [cell]
        self.groups = [column.name]
        self._having_shown()
        descending = False
        if intent.sort:
            noun, descending = intent.sort
            if (noun.label and noun.text) or (noun.names and column not in noun.columns):
                raise UnclearError(f"different {column.name}, sorted by {noun.text!r}: of which row?", asks=True)
        self.select.order = [f"{quote(column.name)}{' DESC' if descending else ''}"]
        if intent.limit:
            self.select.limit = intent.limit
            self.scope.notes.append(f"the first {intent.limit}")
