"""Figures in SQL: counts, sums, averages per something, metrics, shares."""

from __future__ import annotations

from itertools import pairwise

import duckdb

from boathouse.ask.intent import Measure, Noun, UnclearError
from boathouse.ask.meanings import Column, Metric, adds_up
from boathouse.ask.planning.compare import compared
from boathouse.ask.planning.grouping import Grouping
from boathouse.engine import quote

_SQL = {"sum": "sum", "avg": "avg", "median": "median", "min": "min", "max": "max"}


class Figures(Grouping):
    """What a question with figures comes to."""

    def _add(self, measure: Measure) -> None:
        text, name = self._measure(measure)
        if text not in [shown for shown, _ in self.select.columns]:  # "sales revenue" is one figure
            self.select.columns.append((text, name))
            self.measures.append(name)

    def _order(self) -> None:
        if self.intent.sort:
            noun, descending = self.intent.sort
            names = [name for _, name in self.select.columns]
            chosen = self._sorted_by(noun, names)
            self.select.order = [f"{quote(chosen)}{' DESC' if descending else ''}"]
        elif self.groups and self.intent.groups and all(noun.unit for noun in self.intent.groups):
            self.select.order = self.sorting
        elif self.groups and self.measures:
            self.select.order = [f"{quote(self.measures[0])} DESC", *map(quote, self.groups)]

    def _sorted_by(self, noun: Noun, names: list[str]) -> str:
        if not noun.names and not noun.label:
            return self.measures[0] if self.measures else names[0]
        if noun.label and (self.groups or names):
            return (self.groups or [*[one for one in self.base.label if one in names], *names])[0]
        for name in noun.names:
            if getattr(name.meaning, "name", None) in names:
                return str(name.meaning.name)
        if noun.metrics and self.measures:
            return self.measures[0]
        raise UnclearError(f"sorted by {noun.text!r}, which is not shown", asks=True)

    def _measure(self, measure: Measure) -> tuple[str, str]:
        """An aggregate, and the name of its column."""
        how, noun = measure.how, measure.noun
        if how in ("latest", "earliest"):
            column = self.scope.time(self.intent.date)
            return f"{'max' if how == 'latest' else 'min'}({self.scope.column(column)})", column.name
        if "count" in how or how == "distinct":
            return self._count(how, noun)
        metrics = self.scope.metrics(noun)
        if metrics and how in ("metric", "value", "sum"):
            return self._metric(metrics[0])
        if metrics:
            return self._average_metric(metrics[0], how)
        column = self._figure(noun, money=how in ("avg", "median", "min", "max") or bool(noun.datasets))
        if noun.text.split()[-1].lower() in self.known.lexicon.takes or noun.text == "how much":
            self.scope.notes.append(f"{noun.text!r} read as {column}")
        if how == "average total":
            ratio = self._ratio() if self.intent.ratio else None
            if ratio is None or ratio[0] == "count(*)":
                raise UnclearError(f"the total {noun.text}, on average per what?", asks=True)
            return f"sum({self.scope.column(column)}) / {ratio[0]}", f"{column.name}_per_{ratio[1]}"
        if how == "value":
            if column.between or not self.known.lexicon.is_added(column.name):
                raise UnclearError(f"the total {noun.text}, or the average?", [f"total {noun.text}", f"average {noun.text}"])
            how = "sum"
        if how in ("sum", "avg", "median") and column.kind != "number":
            raise UnclearError(f"{column.name} is no figure, so there is no {how} of it", asks=True)
        cell = self.scope.column(column)
        if column.between and len(self.intent.measures) == 1:  # no group of rows that have none
            self.scope.where.append(f"{cell} IS NOT NULL")
            self.scope.notes.append("rows without one of these dates are left out")
        return f"{_SQL[how]}({cell})", f"{how}_{column.name}"

    def _figure(self, noun: Noun, *, money: bool = False) -> Column:
        own = [c for c in noun.columns if c.dataset == self.base.name]
        if own:
            if len(own) > 1:
                raise UnclearError(f"{noun.text!r} may be {' or '.join(c.name for c in own)}", [c.name for c in own])
            return own[0]
        if any(d.name == self.base.name for d in noun.datasets):
            return self.scope.figure(noun.text, money=money)
        raise UnclearError(f"{self.base.name} has no {noun.text}", word=noun.text)

    def _metric(self, metric: Metric) -> tuple[str, str]:
        text = self._qualified(metric.sql)
        return text if metric.adds else f"({text})", metric.name

    def _qualified(self, sql: str) -> str:
        """A metric's own SQL, its columns told apart from those of joined datasets."""
        text, data, starts = "", sql.encode(), [*duckdb.tokenize(sql), (len(sql.encode()), None)]
        for (start, kind), (end, _) in pairwise(starts):
            word = data[start:end].decode()
            own = word.strip().strip('"')
            called = data[end:].lstrip().startswith(b"(") or text.rstrip().endswith(".")
            if kind == duckdb.token_type.identifier and own in self.base.columns and not called and "(" not in word:
                word = f"{quote(self.base.name)}.{quote(own)}{word[len(word.rstrip()) :]}"
            text += word
        return text

    def _average_metric(self, metric: Metric, how: str) -> tuple[str, str]:
        if not metric.adds:
            raise UnclearError(f"{metric.name} is not a sum, so there is no {how} of it", asks=True)
        ratio = self._ratio()
        if how != "avg" or ratio is None:
            raise UnclearError(f"{metric.name}, {how} per what? Say 'per customer', 'per order' …", asks=True)
        text, divisor, name = self._metric(metric)[0], *ratio
        return f"{text} / {divisor}", f"{metric.name}_per_{name}"

    def _ratio(self) -> tuple[str, str] | None:
        """What a figure is divided by: how many different rows of a dataset, or values of a column, there are."""
        intent = self.intent
        noun = intent.ratio or (intent.groups[0] if len(intent.groups) == 1 else None)
        noun = noun or (intent.mentions[0] if len(intent.mentions) == 1 else None)
        if noun is None:
            return None
        if noun is not intent.ratio and intent.groups:
            self.select.columns, self.select.grouped, self.groups, self.sorting = [], [], [], []
        if noun.unit:
            return f"count(DISTINCT {self._calendar(noun)[-1][0]})", noun.unit
        if any(d.name == self.base.name for d in noun.datasets):
            return "count(*)", noun.text
        parents = [d for d in noun.datasets if self.scope.reaches(d.name)]
        if parents:
            path = self.scope.paths[parents[0].name][0]
            holder = path[-1].child
            self.scope.notes.append(f"per {noun.text}: those with at least one row in {self.base.name}")
            return f"count(DISTINCT {self.scope.table(holder)}.{quote(path[-1].column)})", parents[0].name
        column = self.scope.nearest(noun.columns, noun.text)
        return f"count(DISTINCT {self.scope.column(column)})", column.name

    def _count(self, how: str, noun: Noun) -> tuple[str, str]:
        if how == "average count":
            ratio = self._ratio()
            if ratio is None:
                raise UnclearError(f"how many {noun.text} on average per what?", asks=True)
            if ratio[0] == "count(*)":
                raise UnclearError(f"{noun.text} per {ratio[1]}: which figure of {self.base.name} is that?", asks=True)
            return f"count(*) / {ratio[0]}", f"{self.base.name}_per_{ratio[1]}"
        if how not in ("count", "distinct"):
            raise UnclearError("which figure?", asks=True)
        own = [c for c in noun.columns if c.dataset == self.base.name and not c.unique]
        if any(d.name == self.base.name for d in noun.datasets) and not (how == "distinct" and own):  # distinct meters, of meters
            return "count(*)", "count"
        parents = [d.name for d in noun.datasets if self.scope.reaches(d.name)]
        if parents and not any(
            c.dataset == self.base.name for c in noun.columns
        ):  # by a dataset between: a concert of each singer
            last = self.scope.paths[parents[0]][0][-1]
            return f"count(DISTINCT {self.scope.table(last.child)}.{quote(last.column)})", "count"
        columns = [c for c in noun.columns if c.dataset == self.base.name]
        if not columns:
            raise UnclearError(f"what is to be counted of {self.base.name}?", asks=True)
        if len(columns) != 1:
            raise UnclearError(f"{noun.text!r} may be {' or '.join(c.name for c in columns)}", [c.name for c in columns])
        column = columns[0]
        if how == "count" and column.is_measure:
            if not self.known.lexicon.is_added(column.name):
                raise UnclearError(f"the total {noun.text}, or the average?", [f"total {noun.text}", f"average {noun.text}"])
            return f"sum({self.scope.column(column)})", f"sum_{column.name}"
        if how == "count":
            self._must_be_rows(noun)
        if column.kind == "list":
            return f"len(list_distinct(flatten(list({self.scope.column(column)}))))", f"distinct_{column.name}"
        self.scope.notes.append(f"{noun.text!r} counted as different values of {column.dataset}.{column.name}")
        return f"count(DISTINCT {self.scope.column(column)})", f"distinct_{column.name}"

    def _having_counts(self) -> None:
        """Figures of a group that must be more or less than a number."""
        for having in self.intent.having:
            if self.intent.groups:
                self.select.having.append(compared(self._measure(having.measure)[0], having.operator, having.numbers))
            elif self._counted_dataset() is None:
                raise UnclearError(f"{having.measure.noun.text} of what? Say 'by …'", asks=True)

    def _shares(self) -> None:
        intent, factor = self.intent, "100.0 * " if self.intent.share == 100 else ""
        if len(intent.measures) > 1 or intent.having or intent.rank:
            raise UnclearError("a share of one figure at a time, please", asks=True)
        self._group_by(intent.groups)
        self._conditions()
        text, name = self._measure(intent.measures[0]) if intent.measures else ("count(*)", "count")
        if not adds_up(text):
            raise UnclearError(f"{name} cannot be shared out", asks=True)
        label = "percent" if factor else "share"
        if intent.groups and (intent.part or intent.parts):
            raise UnclearError("the share within each, or each one's share of them all?", asks=True)
        if self.scope.narrowed:
            raise UnclearError(f"a share of all {self.base.name}, or of those with such rows? Ask for the two counts", asks=True)
        if intent.part or intent.parts:
            part = " AND ".join(self.scope.texts(intent.part, intent.parts))
            inner = "1" if text == "count(*)" else text[text.index("(") + 1 : -1]
            whole = "count(*)" if text == "count(*)" else text
            self.select.columns.append((f"{factor}sum(CASE WHEN {part} THEN {inner} ELSE 0 END) / {whole}", label))
        elif intent.groups:
            self.select.columns += [(text, name), (f"{factor}{text} / sum({text}) OVER ()", label)]
        else:
            raise UnclearError("which part of it? Say 'from …', or 'by …'", asks=True)
        self.measures.append(label)
        if self.groups:
            self.select.order = [f"{quote(label)} DESC"]
