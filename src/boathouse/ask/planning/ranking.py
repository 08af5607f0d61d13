"""Rankings in SQL: groups by a figure, or rows by one of their own."""

from __future__ import annotations

from boathouse.ask.intent import Measure, UnclearError
from boathouse.ask.meanings import LIFE
from boathouse.ask.planning.listing import Listing
from boathouse.engine import quote


class Ranking(Listing):
    """What a question for the most or the least comes to."""

    def _ranking(self) -> None:
        intent, rank = self.intent, self.intent.rank
        assert rank is not None
        assert intent.subject is not None
        measure = rank.measure or Measure("value", intent.subject)
        if intent.sort and (
            intent.sort[0].label or not set(intent.sort[0].names) <= set(measure.noun.names) or intent.sort[1] != rank.descending
        ):
            raise UnclearError("the first of a ranking, in another order: ask for the ranking", asks=True)
        own = [d for d in intent.subject.datasets if d.name == self.base.name]
        if measure.how in ("time", "since") or (
            own and measure.how in ("value", "each") and not self.scope.metrics(measure.noun)
        ):
            self._rows_ranked(measure)
            return
        if intent.having or (measure.how == "value" and rank.measure is None):
            raise UnclearError(f"{intent.subject.text} by which figure?", asks=True)
        if measure.how == "each":
            text = measure.noun.text
            raise UnclearError(
                f"{text}: in total, or the largest single one?", [f"total {text}", f"{text} by {intent.subject.text}"]
            )
        if measure.how == "value" and any(column.between for column in measure.noun.columns):
            text = measure.noun.text
            raise UnclearError(f"{text}: the average, or the longest?", [f"by average {text}"], asks=True)
        if own and measure.how == "count":
            raise UnclearError(f"{intent.subject.text} by the number of what?", asks=True)
        self._not_of_none(measure)
        self._group_by([*intent.groups, intent.subject])
        self._conditions()
        if not self.select.grouped:
            raise UnclearError(f"{intent.subject.text} by which figure?", asks=True)
        key = self.select.grouped[-1]
        whose = {dataset.name for dataset in intent.subject.datasets}
        beside = [noun for noun in intent.select if not noun.label and {c.dataset for c in noun.columns} & whose]
        self._group_by([noun.only([name for name in noun.names if name.dataset in whose]) for noun in beside])
        if not intent.subject.unit:
            self.scope.where.append(f"{key} IS NOT NULL")
        text, name = self._measure(Measure("sum", measure.noun) if measure.how == "value" else measure)
        self.select.columns.append((text, name))
        self.measures.append(name)
        for other in intent.measures:
            self._add(other)
        for noun in intent.select:
            theirs = noun.label and {dataset.name for dataset in noun.datasets} <= whose  # its name is shown in any case
            if noun not in beside and not theirs and not set(noun.columns) & set(intent.subject.columns):
                raise UnclearError(f"what is {noun.text!r} for?", asks=True)
        direction = "DESC" if rank.descending else "ASC"
        part = f"PARTITION BY {', '.join(self.select.grouped[: len(intent.groups)])} " if intent.groups else ""
        self.select.qualify = f"rank() OVER ({part}ORDER BY {text} {direction} NULLS LAST) <= {rank.n}"
        self.select.order = [
            *map(quote, self.groups[: len(intent.groups)]),
            f"{quote(name)} {direction}",
            *map(quote, self.groups),
        ]
        if measure.how == "count" and not rank.descending:
            self.scope.notes.append(f"of those with at least one row in {self.base.name}")

    def _not_of_none(self, measure: Measure) -> None:
        """`the course with the fewest enrolments` is one that has none, where there are such."""
        intent, rank = self.intent, self.intent.rank
        assert rank is not None
        assert intent.subject is not None
        subject = next((d.name for d in intent.subject.datasets if self.scope.reaches(d.name) and d is not self.base), None)
        if subject is None or rank.descending or measure.how != "count":
            return
        if intent.conditions or not all(step.covers for step in self.scope.paths[subject][0]):
            raise UnclearError(f"some of {subject} have none of {self.base.name}: those, or the fewest of the others?",
                               [f"{subject} without {self.base.name}"])  # fmt: skip

    def _rows_ranked(self, measure: Measure) -> None:
        """Rows of the base by one of their own figures."""
        intent, rank = self.intent, self.intent.rank
        assert rank is not None
        assert intent.subject is not None
        if intent.having or intent.groups:
            raise UnclearError("the rows, or groups of them?", asks=True)
        self._conditions()
        if measure.how == "since" and self.base.time and set(self.base.time.split("_")) & LIFE:
            column = self.base.columns[self.base.time]
        elif measure.how in ("time", "since"):
            column = self.scope.time(intent.date)
        elif measure.noun is intent.subject:
            column = self.scope.figure(measure.noun.text, money=True)
        else:
            column = self.scope.nearest(
                [c for c in self.scope.first_reached(measure.noun) if c.kind != "text"], measure.noun.text
            )
        shown = [*self._who(), *self._shown_of(self.base)]
        extra = [m.noun for m in intent.measures]
        for noun in (*intent.select, *extra, *self._named_beside()):
            shown += self._selected(noun)
        shown.append((self.scope.column(column), column.name))
        self.select.columns = list({text: (text, name) for text, name in shown}.values())
        direction = "DESC" if rank.descending else "ASC"
        cell = self.scope.column(column)
        self.select.qualify = f"rank() OVER (ORDER BY {cell} {direction} NULLS LAST) <= {rank.n}"
        self.select.order = [f"{quote(column.name)} {direction}", quote(self.select.columns[0][1])]
        self.measures = [column.name]
