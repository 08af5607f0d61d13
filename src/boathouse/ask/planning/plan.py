"""An intent as SQL: every dataset that it may stand on is tried, and the nearest reading taken; two that are as near make it a
question back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from boathouse.ask.intent import Intent, UnclearError
from boathouse.ask.knowledge import Knowledge
from boathouse.ask.meanings import LIFE, Dataset
from boathouse.ask.planning.conditions import told
from boathouse.ask.planning.ranking import Ranking
from boathouse.ask.planning.scope import Scope
from boathouse.engine import quote

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
    if any(one.change for one in intent.conditions):
        return _change(intent, known)
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


def _change(intent: Intent, known: Knowledge) -> Plan:
    """A figure in two periods, and how much more or less it is in the later one."""
    [changing, *others] = sorted(intent.conditions, key=lambda one: one.change is None)
    assert changing.change is not None
    plans = []
    for period in changing.change:
        within = replace(changing, period=period, change=None, text=told(period))
        plans.append(plan(replace(intent, conditions=[*others, within]), known))
    earlier, later = plans
    if later.groups or len(later.measures) != 1 or intent.rank or intent.share or any(one.kind == "period" for one in others):
        raise UnclearError("a change is of one figure, from one period to another: ask for that", asks=True)
    there = known.datasets[later.subject] if intent.measures[0].how == "count" and changing.noun is None else None
    if there and there.label and set((there.time or "").split("_")) & LIFE:
        raise UnclearError(f"those of {there.name} that were new in each, or all that there were by then?", asks=True)
    [name] = later.measures
    was, became = f"earlier.{quote(name)}", f"later.{quote(name)}"
    shown = {f"{name}_before": was, f"{name}_after": became, "change": f"{became} - {was}",
             "change_percent": f"100.0 * ({became} - {was}) / nullif({was}, 0)"}  # fmt: skip
    columns = ", ".join(f"{text} AS {quote(column)}" for column, text in shown.items())
    sql = f"WITH earlier AS (\n{earlier.sql}\n), later AS (\n{later.sql}\n)\nSELECT {columns}\nFROM earlier, later"
    notes = [*earlier.notes, *later.notes]
    until = changing.change[1].end
    if until and until > known.today:
        notes.append(f"{told(changing.change[1])} is not over yet")
    return Plan(sql, later.cost, list(dict.fromkeys(notes)), list(shown), [], later.subject)


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
                and (
                    noun is intent.subject
                    or any("count" in m.how or m.how == "distinct" for m in intent.measures if m.noun is noun)
                )
            ):
                continue  # rows are counted, before values of a column that is called the same
            far = name.cost * 2 + (1 if hinted and name.dataset not in hinted else 0)
            found[name.dataset] = min(found.get(name.dataset, _FAR), far)
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
    """Adds the dataset between what is ranked, or listed, and what is counted beside it, where neither names the other: concerts
    of each singer."""
    pairs = [noun.datasets[0].name for noun in intent.select if noun.datasets and not (noun.columns or noun.label)]
    if len(pairs) == 2 and not (intent.subject or intent.measures):
        middle = Scope(known, known.datasets[pairs[0]]).link(pairs[1])
        found.update({middle: 0} if middle else {})
    if len(intent.measures) == 1 and intent.measures[0].how == "count" and not intent.rank:
        for rows in intent.measures[0].noun.datasets:
            for group in (dataset for noun in intent.groups for dataset in noun.datasets):
                if group.name not in known.paths(rows.name) and rows.name not in known.paths(group.name):
                    middle = Scope(known, rows).link(group.name)
                    found.update({middle: 1} if middle and middle not in found else {})
    if not (intent.rank and intent.rank.measure and intent.rank.measure.how == "count" and intent.subject):
        return
    for counted in list(found):
        for subject in intent.subject.datasets:
            if subject.name in known.paths(counted) or counted in known.paths(subject.name):
                continue
            if middle := Scope(known, known.datasets[counted]).link(subject.name):
                found.setdefault(middle, found[counted] + 1)


class _Planning(Ranking):
    """One base tried."""

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
        return Plan(
            self.select.sql(), self.scope.cost, list(dict.fromkeys(self.scope.notes)), self.measures, self.groups, self.base.name
        )

    def _figures(self) -> None:
        intent = self.intent
        if self._counts_distinct_having() or self._one_row():
            return
        averages = all(measure.how == "avg" and not measure.noun.metrics for measure in intent.measures)
        self._group_by(
            [noun for noun in intent.groups if not (averages and noun.datasets[:1] == [self.base])]
        )  # an average is per row
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
        label |= {column for column in self.base.columns.values() if column.unique}
        figures = [m.noun for m in intent.measures]
        each = len(intent.groups) == 1 and intent.groups[0].datasets[:1] == [self.base] and bool(self.base.label or self.base.key)
        if each and all(m.how == "value" and not m.noun.metrics for m in intent.measures):  # "the grade of each pupil"
            self.intent = replace(intent, measures=[], groups=[], subject=intent.groups[0], select=figures)
            self._listing()
            return True
        if intent.groups or not named & label or any(m.how != "value" or m.noun.metrics for m in intent.measures):
            return False
        self.intent = replace(intent, measures=[], select=figures)
        self._listing()
        return True

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
        self.select.counted = True
        self.measures = ["count"]
        return True
