"""What rows must be, in SQL: conditions on themselves, and rows elsewhere that must be there or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from boathouse.ask.intent import Absent, Condition, Noun, UnclearError
from boathouse.ask.meanings import Column
from boathouse.ask.planning.conditions import Conditions
from boathouse.ask.planning.tables import either
from boathouse.engine import quote

_CHILD = 10  # cost of a condition on rows of another dataset beside one on the row itself


class Scope(Conditions):
    """The tables and conditions of one SELECT."""

    def add(self, conditions: Sequence[Condition], absent: Sequence[Absent] = (), present: Sequence[Noun] = ()) -> None:
        """Takes up conditions: on its own rows and those that they name, else on rows of one other dataset that name it."""
        self.where += self.texts(conditions, absent, present)

    def texts(self, conditions: Sequence[Condition], absent: Sequence[Absent] = (), present: Sequence[Noun] = ()) -> list[str]:
        own, others, missing = [], [], list(absent)
        for condition in conditions:
            if self.takes(condition):
                own.append(condition)
            elif condition.negated and condition.kind == "value":
                missing.append(Absent(None, [replace(condition, negated=False)]))
            else:
                others.append(condition)
        gone = {name.dataset for one in missing if one.noun for name in one.noun.names}
        children = [child for child in self._children(present) if child not in gone and not self._is_gone(child, missing)]
        self._place_periods(own, others, missing, children)
        found = [self._text(condition) for condition in own]
        every = [one for one in others if one.each]
        rest = [one for one in others if not one.each]
        for one in every:
            for values in one.values:
                single = replace(one, values=[values], text=" ".join(values[0].values), each=False)
                found.append(self._exists([*rest, single], children))
        if every:
            rest, children = [], []
        if rest or children:
            found.append(self._exists(rest, children))
        return found + [self._absent(one) for one in missing]

    def _is_gone(self, child: str, missing: Sequence[Absent]) -> bool:
        """`teachers who have not been arranged to teach courses`: the courses are those of what there is none of."""
        links = {self.link(name.dataset) for one in missing if one.noun and not one.conditions for name in one.noun.names}
        return self.link(child) in links - {None}

    def is_missing(self, noun: Noun, absent: Sequence[Absent]) -> bool:
        """Whether what is named is what there is none of."""
        children = self._children([noun])
        return any(self._is_gone(child, absent) for child in children)

    def _place_periods(self, own: list[Condition], others: list[Condition], missing: list[Absent], children: list[str]) -> None:
        """`customers who ordered in 2025`: a period is about the rows of the other dataset, unless it names its date."""
        periods = [one for one in (*own, *others) if one.kind == "period" and one.noun is None]
        elsewhere = [one for one in missing if self._misses_rows(one)]
        others_too = [one for one in others if one not in periods]
        if not periods or not (children or others_too or elsewhere):
            return
        if not children and others_too and self.base.times:
            raise UnclearError(
                f"{periods[0].text!r} by which date: {self.base.name}.{self.base.times[0]}, or that of {others[0].text!r}?",
                asks=True,
            )
        self.elsewhere += periods
        for period in periods:
            (own if period in own else others).remove(period)
            if children or others_too:
                others.append(period)
            else:
                elsewhere[0].conditions.append(period)

    def _misses_rows(self, absent: Absent) -> bool:
        noun = absent.noun
        return noun is None or not any(self.reaches(column.dataset) for column in noun.columns)

    def _children(self, present: Sequence[Noun]) -> list[str]:
        """The datasets among these nouns that are neither the base nor named by its rows."""
        found = []
        for noun in present:
            named = [name.dataset for name in noun.names]
            if not named:
                raise UnclearError(f"I do not know what {noun.text!r} means here", word=noun.text)
            if not any(map(self.reaches, named)):
                rows = [dataset.name for dataset in noun.datasets]
                linked = [name for name in (*rows, *named) if self.link(name) is not None]
                if not linked:
                    raise UnclearError(
                        f"{noun.text!r} has nothing to do with {self.base.name}, as far as I can see", word=noun.text
                    )
                found.append(linked[0])
        return list(dict.fromkeys(found))

    def link(self, dataset: str) -> str | None:
        """The dataset whose rows name both a row of `dataset` (or are such rows) and one of the base: the nearest; None for none.
        Raises UnclearError for two as near."""
        ways = []
        for middle in self.known.datasets:
            paths = self.known.paths(middle)
            if dataset in paths and self.base.name in paths and middle != self.base.name:
                ways.append((len(paths[dataset][0]) + len(paths[self.base.name][0]), middle))
        best = [middle for length, middle in ways if length == min(ways)[0]]
        if len(best) > 1:
            raise UnclearError(f"{dataset} and {self.base.name} hang together by {' and by '.join(sorted(best))}", asks=True)
        return best[0] if best else None

    def _exists(self, conditions: Sequence[Condition], children: Sequence[str], *, sure: bool = False) -> str:
        """Whether rows elsewhere are so. A value alone does not say what its rows have to do with those here, unless `sure`."""
        middles = {self.link(child) for child in children}
        for condition in conditions:
            if condition.kind == "value":
                self._not_a_column(condition)
                middles.add(self._middle([v.columns[0].dataset for v in condition.values[0]], condition.text, middles))
            elif condition.noun is not None:
                middles.add(self._middle([c.dataset for c in condition.noun.columns], condition.text, middles))
        middles.discard(None)
        if len(middles) != 1:
            text = conditions[0].text if conditions else ""
            raise UnclearError(f"{text!r} has nothing to do with {self.base.name}, as far as I can see", word=text)
        loose = [one for one in conditions if one.kind == "compare" or (one.kind == "value" and not one.led)]
        if not children and loose and not self.mark and not sure:
            column = loose[0].noun.columns[0] if loose[0].noun else loose[0].values[0][0].columns[0]
            raise UnclearError(f"{loose[0].text!r} is of {column.dataset}, not of {self.base.name}: what have they to do with it?",
                               [f"{self.base.name} with {column.dataset} of {column.name} {loose[0].text}"], weak=True)  # fmt: skip
        summed = [one for one in conditions if one.kind == "compare" and one.beside is None and one.noun
                  and any(self.known.lexicon.is_added(column.name) for column in one.noun.columns)]  # fmt: skip
        if summed and not self.mark:
            raise UnclearError(f"{summed[0].text}: in one of them, or in all?", [f"{summed[0].text} in all"], asks=True)
        self.cost, self.narrowed = self.cost + _CHILD, True
        inner = self._inside(str(middles.pop()))
        inner.add(conditions)
        self.notes.append(f"{self.base.name} by whether they have such a row in {inner.base.name}")
        return f"EXISTS ({self._linked(inner)})"

    def _not_a_column(self, condition: Condition) -> None:
        """A value of other rows whose word also is in the name of a column here: `not for hire`, of products with a hire_price."""
        here = [
            name.meaning for name in condition.also if isinstance(name.meaning, Column) and self.reaches(name.meaning.dataset)
        ]
        if here:
            other = condition.values[0][0].columns[0]
            raise UnclearError(f"is {condition.text!r} about {here[0]}, or about {other}?", asks=True)

    def _middle(self, datasets: Sequence[str], text: str, chosen: set[str | None]) -> str | None:
        links = {link for dataset in dict.fromkeys(datasets) if (link := self.link(dataset)) is not None}
        within = {one for one in chosen if one and set(datasets) & set(self.known.paths(one))}
        if within:
            return within.pop()
        if len(links) > 1:
            raise UnclearError(f"{text!r} may be about {either(sorted(links))}", asks=True)
        return links.pop() if links else None

    def _inside(self, dataset: str) -> Scope:
        mark = f"{self.mark}_{len(self.mark) + 1}"
        return Scope(self.known, self.known.datasets[dataset], self.hinted, verbs=self.verbs, mark=mark)

    def _linked(self, inner: Scope, extra: str = "") -> str:
        """The SELECT of an inner scope, for the row of this one."""
        ways = inner.paths[self.base.name]
        last = inner.led(ways) if len(ways) > 1 else ways[0][-1]
        if last is None:
            raise UnclearError(f"{inner.base.name} leads to {self.base.name} in {len(ways)} ways", asks=True)
        holder = inner.table(last.child)
        through = any(step.parent == self.base.name for path in inner.joins.values() for step in path[:-1])
        if not through and not any(quote(self.base.name + inner.mark) in text for text in inner.where):
            inner.joins.pop(self.base.name, None)
        tests = [last.on(holder, self.table(self.base.name)), *inner.where]
        self.notes += inner.notes
        return f"SELECT {extra or '1'} FROM {inner.from_clause()} WHERE {' AND '.join(tests)}"

    def counted(self, dataset: str, conditions: Sequence[Condition] = ()) -> str:
        """How many rows of another dataset, under some conditions, a row of the base has: a subquery."""
        middle = self.link(dataset)
        if middle is None:
            raise UnclearError(f"{dataset} has nothing to do with {self.base.name}, as far as I can see", word=dataset)
        inner = self._inside(middle)
        inner.add(conditions)
        return f"({self._linked(inner, 'count(*)')})"

    def _absent(self, absent: Absent) -> str:
        noun = absent.noun
        if noun is not None and noun.columns and not noun.datasets:
            within = [column for column in noun.columns if self.reaches(column.dataset)]
            if within:
                column = self.nearest(within, noun.text)
                cell = self.column(column)
                self.where_after(absent.conditions)
                if column.kind == "number" and column.zeros:  # no bags: none known, or 0?
                    if column.nulls:
                        raise UnclearError(f"no {noun.text}: where {column.name} is 0, or where it is empty?", asks=True)
                    return f"{cell} = 0"
                return f"len(coalesce({cell}, [])) = 0" if column.kind == "list" else f"{cell} IS NULL"
        named = []
        if noun is not None:
            named = self._children([noun])
            if noun.columns and not noun.datasets and all(column.nulls for column in noun.columns):  # "customers not compensated"
                absent.conditions.append(Condition("null", noun.text, noun=noun, negated=True))
            parents = [d.name for d in noun.datasets if self.reaches(d.name) and d.name != self.base.name]
            if not named and parents and not absent.conditions:
                first = self.paths[parents[0]][0][0]
                if not self.known.datasets[first.child].columns[first.column].nulls:
                    raise UnclearError(f"every row of {first.child} names one of {parents[0]}: none of what?", asks=True)
                return f"{self.table(first.child)}.{quote(first.column)} IS NULL"
            if not named:
                raise UnclearError(f"what would {self.base.name} without {noun.text!r} be?", asks=True)
        inside: list[Condition] = []
        outside: list[Condition] = []
        for condition in absent.conditions:
            (outside if named and self._only_here(condition, named[0]) else inside).append(condition)
        if noun is None and len(inside) == 1 and inside[0].kind == "value" and self.takes(inside[0]):
            return self._value(replace(inside[0], negated=True))  # "revenue without North"
        if not named and not any(condition.kind == "value" for condition in inside):
            raise UnclearError("never what?", asks=True)
        text = self._exists(inside, named, sure=True)
        self.where_after(outside)
        return f"NOT {text}"

    def where_after(self, conditions: Sequence[Condition]) -> None:
        self.where += [self._text(condition) for condition in conditions]

    def _only_here(self, condition: Condition, child: str) -> bool:
        """Whether a condition behind `without` is about the base after all: a value that its own columns have."""
        if condition.kind != "value" or not self.takes(condition):
            return False
        nearby = {child} | set(self.known.paths(child)) - set(self.paths)
        return not any(value.columns[0].dataset in nearby for value in condition.values[0])
