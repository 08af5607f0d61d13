"""An intent as SQL: every dataset that it may stand on is tried, and the nearest reading taken; two that are as near make it a
question back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

import duckdb

from boathouse.ask.intent import Having, Intent, Measure, Noun, UnclearError
from boathouse.ask.knowledge import Column, Dataset, Knowledge, Metric
from boathouse.ask.planning.scope import Scope, dataset_of, metrics_of, number
from boathouse.ask.planning.select import Select
from boathouse.engine import quote

_SQL = {"sum": "sum", "avg": "avg", "median": "median", "min": "min", "max": "max"}
_FAR = 1_000


@dataclass
class Plan:
    """A query and how it was arrived at: lower costs are nearer readings."""

    sql: str
    cost: int
    notes: list[str] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)  # names of the result's columns that are figures
    groups: list[str] = field(default_factory=list)
    subject: str = ""


def plan(intent: Intent, known: Knowledge) -> Plan:
    """The one query that an intent means. Raises UnclearError."""
    found: list[Plan] = []
    problems: list[tuple[int, UnclearError]] = []
    for base, cost in bases(intent, known).items():
        try:
            made = _Planning(intent, known, known.datasets[base]).plan()
            made.cost += cost
            found.append(made)
        except UnclearError as problem:
            problems.append((cost, problem))
    if not found and len(intent.measures) > 1:
        return _side_by_side(intent, known)
    if not found:
        raise min(problems, key=lambda one: one[0])[1] if problems else UnclearError("which figure, or which rows?", asks=True)
    nearest = min(one.cost for one in found)
    best = list({one.sql: one for one in found if one.cost == nearest}.values())
    if len(best) > 1:
        raise UnclearError(f"that may be about {' or '.join(one.subject for one in best)}", [f"of {one.subject}" for one in best])
    asking = [problem for cost, problem in problems if cost < nearest and problem.asks and not problem.weak]
    if asking:
        raise asking[0]
    return best[0]


def _side_by_side(intent: Intent, known: Knowledge) -> Plan:
    """Figures of several datasets, each by the same groups: `revenue and target by region`."""
    plans = [plan(replace(intent, measures=[measure]), known) for measure in intent.measures]
    groups = plans[0].groups
    if intent.rank or intent.having or intent.share or any(one.groups != groups for one in plans):
        raise UnclearError("one figure at a time, please: these are of different datasets", asks=True)
    parts = [f"figure_{n} AS (\n{one.sql}\n)" for n, one in enumerate(plans)]
    joined, shown = "FROM figure_0", [f"figure_{n}.{quote(name)}" for n, one in enumerate(plans) for name in one.measures]
    for n in range(1, len(plans)):
        joined += f"\nFULL JOIN figure_{n} ON " + (
            " AND ".join(f"figure_{n}.{quote(g)} = figure_0.{quote(g)}" for g in groups) or "true"
        )
    keys = [f"coalesce({', '.join(f'figure_{n}.{quote(g)}' for n in range(len(plans)))}) AS {quote(g)}" for g in groups]
    sql = f"WITH {', '.join(parts)}\nSELECT {', '.join([*keys, *shown])}\n{joined}" + (
        f"\nORDER BY {', '.join(map(quote, groups))}" if groups else ""
    )
    return Plan(sql, sum(one.cost for one in plans), [note for one in plans for note in one.notes],
                [name for one in plans for name in one.measures], groups, " and ".join(one.subject for one in plans))  # fmt: skip


def bases(intent: Intent, known: Knowledge) -> dict[str, int]:
    """The datasets that the question may be about, each with how far-fetched that is."""
    leading = [measure.noun for measure in intent.measures[:1]]
    if intent.rank and intent.rank.measure:
        leading = [intent.rank.measure.noun]
    elif not leading and intent.subject and not intent.subject.datasets:
        leading = [having.measure.noun for having in intent.having]
    hinted = {
        name.meaning.name
        for noun in (*intent.mentions, *intent.verbs)
        for name in noun.names
        if isinstance(name.meaning, Dataset)
    }
    found: dict[str, int] = {}
    for noun in leading or ([intent.subject] if intent.subject else intent.select):
        for name in noun.names:
            if (
                noun.datasets
                and not isinstance(name.meaning, Dataset)
                and any("count" in m.how or m.how == "distinct" for m in intent.measures if m.noun is noun)
            ):
                continue  # rows are counted, before values of a column that is called the same
            dataset = name.meaning.name if isinstance(name.meaning, Dataset) else name.meaning.dataset
            found[dataset] = min(found.get(dataset, _FAR), name.cost * 2 + (1 if hinted and dataset not in hinted else 0))
    if not found and intent.subject and intent.subject.names:
        return bases(Intent(subject=intent.subject, mentions=intent.mentions), known)
    if not found:
        found = dict.fromkeys(hinted, 0) or dict.fromkeys(known.datasets, 0)
    _between(intent, known, found)
    if intent.subject and leading and intent.rank:  # "the longest track": a figure of its own, before one of another's
        own = {dataset.name for dataset in intent.subject.datasets}
        found = {name: cost + (0 if name in own or not own else 1) for name, cost in found.items()}
    return found


def _between(intent: Intent, known: Knowledge, found: dict[str, int]) -> None:
    """Adds the dataset between what is ranked and what is counted, where neither names the other: concerts of each singer."""
    if not (intent.rank and intent.rank.measure and intent.rank.measure.how == "count" and intent.subject):
        return
    for counted in list(found):
        for subject in intent.subject.datasets:
            if subject.name in known.paths(counted) or counted in known.paths(subject.name):
                continue
            if middle := Scope(known, known.datasets[counted]).link(subject.name):
                found.setdefault(middle, found[counted] + 1)


class _Planning:
    """One base tried."""

    def __init__(self, intent: Intent, known: Knowledge, base: Dataset):
        self.intent, self.known, self.base = intent, known, base
        hinted = {d.name for noun in (*intent.mentions, *intent.verbs) for d in noun.datasets}
        self.scope = Scope(known, base, frozenset(hinted), verbs=tuple(verb.text.lower() for verb in intent.verbs))
        self.select = Select(self.scope)
        self.counts: list[tuple[str, str]] = []  # that rows were chosen by, and that are shown with them
        self.measures: list[str] = []
        self.groups: list[str] = []

    def plan(self) -> Plan:
        intent = self.intent
        if intent.share:
            self._shares()
        elif intent.rank is not None:
            self._ranking()
        elif intent.measures:
            self._figures()
        else:
            self._listing()
        sql = self.select.sql() if not isinstance(self.select, str) else self.select
        return Plan(sql, self.scope.cost, list(dict.fromkeys(self.scope.notes)), self.measures, self.groups, self.base.name)

    def _conditions(self) -> None:
        """Conditions of the rows; where other rows are counted, what is about those goes there."""
        intent = self.intent
        self._verbs_are_clear()
        present, own = [*intent.mentions, *intent.verbs], list(intent.conditions)
        counted = self._counted_dataset()
        if counted:
            inside = [one for one in own if not self.scope._takes(one) or (one.kind == "period" and one.noun is None)]
            own = [one for one in own if one not in inside]
            reached = {counted, *self.known.paths(counted)}
            present = [noun for noun in present if not any(dataset_of(name.meaning) in reached for name in noun.names)]
            [having] = intent.having
            text = self.scope.counted(counted, inside)
            self.scope.where.append(_compared(text, having))
            if not intent.measures:
                self.counts = [(text, f"{counted}_count")]
        self.scope.add(own, intent.absent, present)

    def _counted_dataset(self) -> str | None:
        """The dataset whose rows are counted for each row of the base: `customers with more than 60 orders`."""
        if len(self.intent.having) != 1 or self.intent.groups or self.intent.having[0].measure.how != "count":
            return None
        named = [dataset_of(name.meaning) for name in self.intent.having[0].measure.noun.names]
        return next((name for name in named if name != self.base.name and not self.scope.reaches(name)), None)

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
            word = self.known.lexicon.concepts.get(verb.text.lower(), [])
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

    # figures

    def _figures(self) -> None:
        intent = self.intent
        if self._counts_distinct_having() or self._one_row():
            return
        self._group_by(intent.groups)
        self._conditions()
        for measure in intent.measures:
            self._add(measure)
        self._having_counts()
        if not self.select.columns:
            raise UnclearError("which figure?", asks=True)
        self._order()

    def _one_row(self) -> bool:
        """`the price of the Kayak Otter`: a figure that is not added up, of a row that is named."""
        intent = self.intent
        named = {c for one in intent.conditions if one.kind == "value" for vs in one.values for v in vs for c in v.columns}
        label = {self.base.columns[name] for name in (*self.base.label, *self.base.key)}
        figures = [m.noun for m in intent.measures]
        if intent.groups or not named & label or any(m.how != "value" or m.noun.metrics for m in intent.measures):
            return False
        self.intent = replace(intent, measures=[], select=figures)
        self._listing()
        return True

    def _add(self, measure: Measure) -> None:
        text, name = self._measure(measure)
        self.select.columns.append((text, name))
        self.measures.append(name)

    def _order(self) -> None:
        if self.intent.sort:
            noun, descending = self.intent.sort
            names = [name for _, name in self.select.columns]
            chosen = self._sorted_by(noun, names)
            self.select.order = [f"{quote(chosen)}{' DESC' if descending else ''}"]
        elif self.groups and self.intent.groups and all(noun.unit for noun in self.intent.groups):
            self.select.order = [quote(name) for name in self.groups]
        elif self.groups and self.measures:
            self.select.order = [f"{quote(self.measures[0])} DESC", *map(quote, self.groups)]

    def _sorted_by(self, noun: Noun, names: list[str]) -> str:
        if not noun.names and not noun.label:
            return self.measures[0] if self.measures else names[0]
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
            column = self.scope.time(None)
            return f"{'max' if how == 'latest' else 'min'}({self.scope.column(column)})", column.name
        if "count" in how or how == "distinct":
            return self._count(how, noun)
        metrics = metrics_of(self.scope, noun)
        if metrics and how in ("metric", "value", "sum"):
            return self._metric(metrics[0])
        if metrics:
            return self._average_metric(metrics[0], how)
        column = self._figure(noun)
        if how == "value":
            if not (set(column.name.split("_")) & self.known.lexicon.adds):
                raise UnclearError(f"the total {noun.text}, or the average?", [f"total {noun.text}", f"average {noun.text}"])
            how = "sum"
        if how in ("sum", "avg", "median") and column.kind != "number":
            raise UnclearError(f"{column.name} is no figure, so there is no {how} of it", asks=True)
        return f"{_SQL[how]}({self.scope.column(column)})", f"{how}_{column.name}"

    def _figure(self, noun: Noun) -> Column:
        own = [c for c in noun.columns if c.dataset == self.base.name]
        if own:
            if len(own) > 1:
                raise UnclearError(f"{noun.text!r} may be {' or '.join(c.name for c in own)}", [c.name for c in own])
            return own[0]
        if any(d.name == self.base.name for d in noun.datasets):
            return self.scope.figure(noun.text)
        raise UnclearError(f"{self.base.name} has no {noun.text}", word=noun.text)

    def _metric(self, metric: Metric) -> tuple[str, str]:
        return self._qualified(metric.sql), metric.name

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
            self.select.columns, self.select.grouped, self.groups = [], [], []
        if noun.unit:
            text, name, _ = self._calendar(noun.unit)[0], noun.unit, None
            return f"count(DISTINCT {text})", name
        if any(d.name == self.base.name for d in noun.datasets):
            return "count(*)", noun.text
        parents = [d for d in noun.datasets if self.scope.reaches(d.name)]
        if parents:
            path = self.scope._paths[parents[0].name][0]
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
            return f"count(*) / {ratio[0]}", f"{self.base.name}_per_{ratio[1]}"
        if how not in ("count", "distinct"):
            raise UnclearError("which figure?", asks=True)
        if any(d.name == self.base.name for d in noun.datasets):
            return "count(*)", "count"
        parents = [d.name for d in noun.datasets if self.scope.reaches(d.name)]
        if parents and not any(
            c.dataset == self.base.name for c in noun.columns
        ):  # by a dataset between: a concert of each singer
            last = self.scope._paths[parents[0]][0][-1]
            return f"count(DISTINCT {self.scope.table(last.child)}.{quote(last.column)})", "count"
        columns = [c for c in noun.columns if c.dataset == self.base.name]
        if len(columns) != 1:
            raise UnclearError(f"{noun.text!r} may be {' or '.join(c.name for c in columns)}", [c.name for c in columns])
        column = columns[0]
        if how == "count" and column.is_measure:
            if not set(column.name.split("_")) & self.known.lexicon.adds:
                raise UnclearError(f"the total {noun.text}, or the average?", [f"total {noun.text}", f"average {noun.text}"])
            return f"sum({self.scope.column(column)})", f"sum_{column.name}"
        if column.kind == "list":
            return f"len(list_distinct(flatten(list({self.scope.column(column)}))))", f"distinct_{column.name}"
        self.scope.notes.append(f"{noun.text!r} counted as different values of {column.dataset}.{column.name}")
        return f"count(DISTINCT {self.scope.column(column)})", f"distinct_{column.name}"

    def _counts_distinct_having(self) -> bool:
        """`how many customers placed more than 60 orders`, `how many pollsters had no poll`: things, not rows, are counted."""
        intent = self.intent
        if len(intent.measures) != 1 or intent.measures[0].how not in ("count", "distinct") or intent.groups:
            return False
        noun = intent.measures[0].noun
        if any(d.name == self.base.name for d in noun.datasets):
            return False
        columns = [c for c in noun.columns if c.dataset == self.base.name and not c.is_measure]
        if len(columns) != 1 or not (intent.having or intent.absent):
            return False
        self._column_subject(columns[0])
        self.select = f"SELECT count(*) AS count FROM (\n{self.select.sql()}\n)"  # type: ignore[assignment]
        self.measures = ["count"]
        return True

    def _having_counts(self) -> None:
        """Figures of a group that must be more or less than a number."""
        for having in self.intent.having:
            if self.intent.groups:
                self.select.having.append(_compared(self._measure(having.measure)[0], having))
            elif self._counted_dataset() is None:
                raise UnclearError(f"{having.measure.noun.text} of what? Say 'by …'", asks=True)

    # groups

    def _group_by(self, nouns: list[Noun]) -> None:
        for noun in nouns:
            for text, name, shown in self._group(noun):
                if shown:
                    self.select.columns.append((text, name))
                    self.groups.append(name)
                self.select.grouped.append(text)

    def _group(self, noun: Noun) -> list[tuple[str, str, bool]]:
        """The expressions of a group, their names, and whether they are shown."""
        if noun.unit:
            return [self._calendar(noun.unit)]
        own = [d for d in noun.datasets if self.scope.reaches(d.name) and (d.name != self.base.name or d.label or d.key)]
        if own and not (own[0].name == self.base.name and any(c.dataset == self.base.name for c in noun.columns)):
            return self._rows_of(own[0])
        column = self.scope.nearest(noun.columns, noun.text)
        if (relation := self.scope.relation(column)) and self.known.datasets[relation.parent].label:
            alias, parent = self.scope.role(relation), self.known.datasets[relation.parent]
            shown = [(f"{alias}.{quote(name)}", name, True) for name in parent.label]
            return [*shown, (self.scope.column(column), column.name, False)]
        if column.kind == "list":
            raise UnclearError(f"{column.name} holds several values in a row, so rows cannot be grouped by it", asks=True)
        if column.kind == "date" and noun.names and noun.names[0].cost == 0 and column.type.startswith("TIMESTAMP"):
            self.scope.notes.append(f"by the day of {column.name}")
            return [(f"{self.scope.column(column)}::DATE", column.name, True)]
        return [(self.scope.column(column), column.name, True)]

    def _rows_of(self, dataset: Dataset) -> list[tuple[str, str, bool]]:
        """What names a row of a dataset: its label, and its key where the label does not do."""
        table = self.scope.rows(dataset.name)
        names = dataset.label or dataset.key
        self.scope.cost += self.scope.far(dataset.name)
        shown = [
            (f"{table}.{quote(name)}", name if name not in ("name", "title") or len(names) > 1 else dataset.name, True)
            for name in names
        ]
        single = len(dataset.label) == 1 and dataset.columns[dataset.label[0]].unique
        hidden = [] if single else [(f"{table}.{quote(name)}", name, False) for name in dataset.key if name not in names]
        return shown + hidden

    def _calendar(self, unit: str) -> tuple[str, str, bool]:
        own = self.base.columns.get(unit)
        if own is not None and own.kind in ("date", "number"):
            return self.scope.column(own), unit, True
        hints = [one.noun for one in self.intent.conditions if one.kind == "period" and one.noun is not None]
        column = self.scope.time(hints[0] if hints else None)
        cell = self.scope.column(column)
        self.scope.notes.append(f"by the {unit} of {column.dataset}.{column.name}")
        if unit == "year":
            return f"year({cell})", "year", True
        return f"{cell}::DATE" if unit == "day" else f"date_trunc('{unit}', {cell})::DATE", unit, True

    # shares

    def _shares(self) -> None:
        intent, factor = self.intent, "100.0 * " if self.intent.share == 100 else ""
        if len(intent.measures) > 1 or intent.having or intent.rank:
            raise UnclearError("a share of one figure at a time, please", asks=True)
        self._group_by(intent.groups)
        self._conditions()
        text, name = self._measure(intent.measures[0]) if intent.measures else ("count(*)", "count")
        if not (text.startswith(("sum(", "SUM(")) or text == "count(*)"):
            raise UnclearError(f"{name} cannot be shared out", asks=True)
        label = "percent" if factor else "share"
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

    # rankings

    def _ranking(self) -> None:
        intent, rank = self.intent, self.intent.rank
        assert rank is not None
        assert intent.subject is not None
        measure = rank.measure or Measure("value", intent.subject)
        own = [d for d in intent.subject.datasets if d.name == self.base.name]
        if measure.how == "time" or (own and measure.how in ("value", "each") and not metrics_of(self.scope, measure.noun)):
            self._rows_ranked(measure)
            return
        if intent.having or (measure.how == "value" and rank.measure is None):
            raise UnclearError(f"{intent.subject.text} by which figure?", asks=True)
        if measure.how == "each":
            text = measure.noun.text
            raise UnclearError(
                f"{text}: in total, or the largest single one?", [f"total {text}", f"{text} by {intent.subject.text}"]
            )
        if own and measure.how == "count":
            raise UnclearError(f"{intent.subject.text} by the number of what?", asks=True)
        self._group_by([*intent.groups, intent.subject])
        self._conditions()
        key = self.select.grouped[-1]
        if not intent.subject.unit:
            self.scope.where.append(f"{key} IS NOT NULL")
        text, name = self._measure(Measure("sum", measure.noun) if measure.how == "value" else measure)
        self.select.columns.append((text, name))
        self.measures.append(name)
        for other in intent.measures:
            self._add(other)
        for noun in intent.select:
            if not noun.numeric:
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
            self.scope.notes.append(f"only those with at least one row in {self.base.name}")

    def _rows_ranked(self, measure: Measure) -> None:
        """Rows of the base by one of their own figures."""
        intent, rank = self.intent, self.intent.rank
        assert rank is not None
        assert intent.subject is not None
        if intent.having or intent.groups:
            raise UnclearError("the rows, or groups of them?", asks=True)
        self._conditions()
        if measure.how == "time":
            column = self.scope.time(None)
        elif measure.noun is intent.subject:
            column = self.scope.figure(measure.noun.text)
        else:
            from boathouse.ask.planning.scope import _first_reached

            column = self.scope.nearest(
                [c for c in _first_reached(self.scope, measure.noun) if c.kind != "text"], measure.noun.text
            )
        shown = self._shown_of(self.base)
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

    def _shown_of(self, dataset: Dataset) -> list[tuple[str, str]]:
        table = self.scope.table(dataset.name)
        names = [*dataset.key, *dataset.label] if dataset.label else list(dataset.columns)
        return [(f"{table}.{quote(name)}", name) for name in dict.fromkeys(names)]

    def _named_beside(self) -> list[Noun]:
        """`songs with their singer`: datasets that the rows name, which are shown by their names."""
        return [
            noun for noun in self.intent.mentions
            if noun.datasets and not noun.columns and self.scope.reaches(noun.datasets[0].name)
            and noun.datasets[0] is not self.base and noun.datasets[0].label
        ]  # fmt: skip

    def _selected(self, noun: Noun) -> list[tuple[str, str]]:
        if noun.label:
            label = self.base.label or ()
            if not label:
                raise UnclearError(f"{self.base.name} has no names", asks=True)
            return [(f"{self.scope.table(self.base.name)}.{quote(name)}", name) for name in label]
        if noun.datasets and not noun.columns:
            [first] = noun.datasets[:1]
            if not self.scope.reaches(first.name):
                raise UnclearError(f"{noun.text!r} has nothing to do with {self.base.name}, as far as I can see", word=noun.text)
            return [(text, name) for text, name, shown in self._rows_of(first) if shown]
        column = self.scope.nearest(noun.columns, noun.text)
        if relation := self.scope.relation(column):
            parent = self.known.datasets[relation.parent]
            return [(f"{self.scope.role(relation)}.{quote(name)}", name) for name in parent.label or (relation.key,)]
        return [(self.scope.column(column), column.name)]

    # lists

    def _listing(self) -> None:
        intent, subject = self.intent, self.intent.subject
        if subject is not None and not any(d.name == self.base.name for d in subject.datasets):
            columns = [c for c in subject.columns if c.dataset == self.base.name]
            if subject.unit:
                self._group_by([subject])
                self._conditions()
                for having in intent.having:
                    text, name = self._measure(having.measure)
                    self.select.columns.append((text, name))
                    self.select.having.append(_compared(text, having))
                self.select.order = [quote(subject.unit)]
                return
            if len(columns) != 1:
                raise UnclearError(f"{subject.text!r} may be {' or '.join(c.name for c in columns)}", [c.name for c in columns])
            self._column_subject(columns[0])
            return
        if intent.groups:
            raise UnclearError(f"which figure by {intent.groups[0].text}?", asks=True)
        self._conditions()
        shown = [pair for noun in (*intent.select, *self._named_beside()) for pair in self._selected(noun)]
        if subject is not None:
            shown = [*self._shown_of(self.base), *shown]
        elif not any(noun.label for noun in intent.select):
            shown += [] if not self.base.label or intent.conditions else self._shown_of(self.base)
        shown += [(self.scope.column(c), c.name) for c in self.scope.used if c.dataset == self.base.name]
        shown += self.counts
        self.select.columns = list({text: (text, name) for text, name in shown}.values())
        self._having_counts()
        if intent.sort:
            noun, descending = intent.sort
            name = self._sorted_by(noun, [name for _, name in self.select.columns])
            self.select.order = [f"{quote(name)}{' DESC' if descending else ''}"]

    def _column_subject(self, column: Column) -> None:
        """The different values of a column, those of which something holds."""
        intent, cell = self.intent, self.scope.column(column)
        adds = self.known.lexicon.adds
        compared = [one for one in intent.conditions if one.kind == "compare"]
        if loose := [one for one in compared if not one.noun or any(set(c.name.split("_")) & adds for c in one.noun.columns)]:
            raise UnclearError(
                f"{loose[0].text} {column.name}: in each row of {self.base.name}, or in all?",
                [f"{loose[0].text} in all"],
                asks=True,
            )
        if column.kind == "list":
            self.select.columns, self.select.unique = [(f"unnest({cell})", column.name)], True
            self._conditions()
            return
        never = [one for one in intent.absent if not one.noun or any(d.name == self.base.name for d in one.noun.datasets)]
        intent_absent = [one for one in intent.absent if one not in never]
        self._verbs_are_clear()
        self.scope.add(intent.conditions, intent_absent, [*intent.mentions, *intent.verbs])
        for one in never:
            if not one.conditions:
                raise UnclearError("never when?", asks=True)
            inner = Scope(self.known, self.base, self.scope.hinted, mark="_1")
            inner.add(one.conditions)
            self.scope.notes += inner.notes
            own = f"{quote(self.base.name + '_1')}.{quote(column.name)}"
            inner.where.append(f"{own} IS NOT NULL")
            self.scope.where.append(f"{cell} NOT IN (SELECT {own} FROM {inner.from_clause()} WHERE {' AND '.join(inner.where)})")
        self.scope.where.append(f"{cell} IS NOT NULL")
        self.select.columns = [(cell, column.name)]
        self.select.grouped = [cell]
        self.groups = [column.name]
        for having in intent.having:
            text, name = self._measure(having.measure)
            self.select.columns.append((text, name))
            self.select.having.append(_compared(text, having))
        self.select.order = [quote(column.name)]


def _compared(text: str, having: Having) -> str:
    numbers = [number(one) for one in having.numbers]
    return (
        f"{text} BETWEEN {numbers[0]} AND {numbers[1]}"
        if having.operator == "between"
        else f"{text} {having.operator} {numbers[0]}"
    )
