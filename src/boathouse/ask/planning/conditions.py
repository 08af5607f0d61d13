"""What a row must be, in SQL: the values, flags, figures and periods of the base and of what its rows name."""

from __future__ import annotations

from datetime import date

from boathouse.ask.intent import Condition, Noun, UnclearError
from boathouse.ask.meanings import Column, Value
from boathouse.ask.periods import Period
from boathouse.ask.planning.compare import compared
from boathouse.ask.planning.tables import Tables, either
from boathouse.engine import literal, quote


class Conditions(Tables):
    """Tests of one row, each method named after the kind of condition that it writes."""

    def takes(self, condition: Condition) -> bool:
        if condition.kind == "value":
            return any(self.reaches(value.columns[0].dataset) for value in condition.values[0])
        if condition.kind == "period":
            if condition.noun is not None:
                return any(self.reaches(column.dataset) for column in condition.noun.columns)
            return self.has_time() and not (self.hinted - set(self.paths) and not self.base.times)
        if condition.noun is None or condition.noun.metrics:
            return True
        return any(self.reaches(column.dataset) for column in condition.noun.columns)

    def _text(self, condition: Condition) -> str:
        return getattr(self, f"_{condition.kind}")(condition)

    def _value(self, condition: Condition) -> str:
        """One of some values, in the nearest column that has all of them."""
        if condition.via is not None:
            return self._via(condition)
        shared = [v.columns for v in condition.values[0] if self.reaches(v.columns[0].dataset)]
        for values in condition.values[1:]:
            shared = [columns for columns in shared if any(v.columns == columns for v in values)]
        if not shared:
            raise UnclearError(f"{condition.text!r} are not values of one column", asks=True)
        nearest = min(self.far(columns[0].dataset) for columns in shared)
        best = list(dict.fromkeys(columns for columns in shared if self.far(columns[0].dataset) == nearest))
        if len(best) > 1 and condition.direction:
            wanted = set(self.known.lexicon.directions[condition.direction])
            best = [columns for columns in best if set(columns[0].name.split("_")) & wanted] or best
        if len(best) > 1:
            hinted = [columns for columns in best if columns[0] in self.used]
            best = hinted if len(hinted) == 1 else best
        if len(best) > 1:
            raise UnclearError(
                f"{condition.text!r} may be {either([c[0] for c in best])}", [f"{c[0].name} {condition.text}" for c in best]
            )
        columns = best[0]
        self._at_the_end_that_is_meant(condition, columns[0])
        self._one_thing(condition, columns)
        self._not_a_date(condition, columns[0])
        if condition.each and columns[0].kind != "list":
            raise UnclearError(f"no row of {columns[0].dataset} has more than one {columns[0].name}", asks=True)
        if condition.together == "and" and len(condition.values) > 1 and not condition.negated and columns[0].kind != "list":
            raise UnclearError(
                f"{condition.text}: together, or each?", [f"{condition.text.replace(', ', ' or ')}", f"by {columns[0].name}"]
            )
        self.cost += nearest
        chosen = [next(v for v in values if v.columns == columns) for values in condition.values]
        self.used += columns
        self._note_value(condition, columns, chosen)
        return self._is(columns, chosen, condition)

    def _at_the_end_that_is_meant(self, condition: Condition, column: Column) -> None:
        """Raises UnclearError for `flights landing at Leeds`, from where some only depart."""
        ends, parts = self.known.lexicon.directions, set(column.name.lower().split("_"))
        other = next((end for end in ends if end != condition.direction and parts & set(ends[end])), "")
        if condition.direction and other and not parts & set(ends[condition.direction]):
            raise UnclearError(f"{condition.text!r} is only a {column.name} here", asks=True)

    def _is(self, columns: tuple[Column, ...], chosen: list[Value], condition: Condition) -> str:
        cells = self._cells(columns, condition)
        if columns[0].kind == "list":
            tests = [f"list_contains({cells[0]}, {literal(value.values[0])})" for value in chosen]
            glue = " AND " if condition.together == "and" else " OR "
            text = f"({glue.join(tests)})" if len(tests) > 1 else tests[0]
            return f"NOT coalesce({text}, false)" if condition.negated else text
        if len(columns) > 1:
            tests = [
                " AND ".join(f"{cell} = {literal(part)}" for cell, part in zip(cells, value.values, strict=True))
                for value in chosen
            ]
            text = " OR ".join(f"({test})" for test in tests)
            return f"NOT ({text})" if condition.negated else f"({text})" if len(tests) > 1 else tests[0]
        values = ", ".join(literal(value.values[0]) for value in chosen)
        if len(chosen) > 1:
            return f"{cells[0]} {'NOT ' if condition.negated else ''}IN ({values})"
        return f"{cells[0]} {'<>' if condition.negated else '='} {values}"

    def _one_thing(self, condition: Condition, columns: tuple[Column, ...]) -> None:
        """`albums of Iron Maiden`: the album of that title, or those of that artist?"""
        label = self.known.datasets[columns[0].dataset].label
        if condition.led or (columns[0].dataset in condition.of and columns[0].name not in label):
            return
        for value in condition.values[0]:
            other = value.columns[0]
            if value.columns == columns or not self.reaches(other.dataset) or other.dataset == columns[0].dataset:
                continue
            named = self.known.relation(columns[0])
            if named is not None and (named.parent, named.key) == (other.dataset, other.name):
                continue  # the department's name, in the department and in those who name it
            labels = [c.name in self.known.datasets[c.dataset].label for c in (columns[0], other)]
            if any(labels) or columns[0].name.split("_")[-1] != other.name.split("_")[-1]:
                raise UnclearError(f"{condition.text!r} may be {columns[0]} or {other}",
                                   [f"{c.dataset if c.name in self.known.datasets[c.dataset].label else c.name} {condition.text}" for c in (columns[0], other)])  # fmt: skip

    def _via(self, condition: Condition) -> str:
        """A value of the row that a column names: `employees who report to Ada`."""
        assert condition.via is not None
        relation = self.known.relation(self.nearest([condition.via], condition.text))
        assert relation is not None
        alias = self.role(relation)
        found = next(v for v in condition.values[0] if v.columns[0].dataset == relation.parent)
        tests = [
            f"{alias}.{quote(column.name)} = {literal(part)}" for column, part in zip(found.columns, found.values, strict=True)
        ]
        self.notes.append(f"{condition.text!r} read as the {relation.parent} of {relation.child}.{relation.column}")
        text = " AND ".join(tests)
        return f"NOT ({text})" if condition.negated else text

    def _cells(self, columns: tuple[Column, ...], condition: Condition) -> list[str]:
        """The columns' cells; of a dataset that two columns lead to, by the one that `from` or `to` speaks of."""
        table = self.rows(columns[0].dataset, condition.direction)
        return [f"{table}.{quote(column.name)}" for column in columns]

    def _not_a_date(self, condition: Condition, column: Column) -> None:
        """`shipped`: the status, or that there is a shipped_date?"""
        for name in condition.also:
            meaning = name.meaning
            if not isinstance(meaning, Column) or condition.text.lower() not in meaning.name.lower().split("_"):
                continue  # `open` is no `opened`
            if meaning.kind == "date" and meaning.dataset == column.dataset and name.cost < 2:
                raise UnclearError(f"{condition.text!r}: {column.name} is {condition.text!r}, or by {meaning.name}?",
                                   [f"{column.name} {condition.text}"])  # fmt: skip

    def _note_value(self, condition: Condition, columns: tuple[Column, ...], chosen: list[Value]) -> None:
        names = " ".join(column.name for column in columns)
        values = f" {condition.together if columns[0].kind == 'list' else 'or'} ".join(
            repr(" ".join(value.values)) for value in chosen
        )
        sign = "is not" if condition.negated else "has" if columns[0].kind == "list" else "="
        self.notes.append(f"{condition.text!r} read as {columns[0].dataset}.{names} {sign} {values}")
        if condition.negated and columns[0].nulls and columns[0].kind != "list":
            self.notes.append(f"rows without a {names} are left out")

    def _flag(self, condition: Condition) -> str:
        assert condition.noun is not None
        column = self.nearest(condition.noun.columns, condition.text)
        if condition.of and column.dataset not in condition.of:
            raise UnclearError(f"{condition.text!r} is of {column.dataset}, not of {' or '.join(condition.of)}", asks=True)
        if column.yes:
            self.notes.append(f"{condition.text!r} read as {column} {'is not' if condition.negated else '='} {column.yes!r}")
            return f"{self.column(column)} {'<>' if condition.negated else '='} {literal(column.yes)}"
        if column.type != "BOOLEAN":
            return f"{self.column(column)} = {0 if condition.negated else 1}"
        return f"{'NOT ' if condition.negated else ''}{self.column(column)}"

    def _null(self, condition: Condition) -> str:
        assert condition.noun is not None
        column = self.nearest(condition.noun.columns, condition.text)
        said = condition.text if condition.negated != condition.undone else f"not {condition.text}"
        there = "no" if not condition.negated else "with an" if column.name[0] in "aeiou" else "with a"
        if condition.negated and column.kind == "number" and column.zeros and not column.is_key:
            self.notes.append(f"{said!r} read as: a {column.name} above 0")
            return f"{self.column(column)} > 0"
        self.notes.append(f"{said!r} read as: {there} {column.name}")
        return f"{self.column(column)} IS {'NOT ' if condition.negated else ''}NULL"

    def _compare(self, condition: Condition) -> str:
        if condition.noun is None:
            if condition.beside and self.base.name not in (d.name for d in condition.beside.datasets):
                raise UnclearError(f"{condition.text!r}: which figure of {condition.beside.text}?", asks=True)
            column = self.figure(condition.text, condition.unit)
        else:
            column = self.nearest([c for c in self.first_reached(condition.noun) if c.kind == "number"], condition.noun.text)
        cell = self.column(column)
        if condition.average:
            return self._against_average(column, condition)
        if condition.unit == "percent" and (column.fraction or not self.known.lexicon.is_percent(column.name, column.unit)):
            raise UnclearError(f"{condition.numbers[-1]:g}% of what? Say it as a number", asks=True)
        factor = self._factor(column, condition.unit)
        operator = "<>" if condition.negated and condition.operator == "=" else condition.operator
        return compared(cell, operator, [n * factor for n in condition.numbers])

    def _extreme(self, condition: Condition) -> str:
        """SQL that is true of rows that name the first by a figure: concerts in the stadium with the highest capacity."""
        assert condition.noun is not None
        column = self.nearest(condition.noun.columns, condition.noun.text)
        dataset = self.known.datasets[column.dataset]
        keys = [name for name, one in dataset.columns.items() if one.unique and (one.is_key or (name,) == dataset.key)]
        if not keys or column.between:
            raise UnclearError(f"the {condition.text} of {dataset.name} is more than I can read there", asks=True)
        key, order = quote(keys[0]), "DESC" if condition.descending else "ASC"
        ranked = f"rank() OVER (ORDER BY {quote(column.name)} {order} NULLS LAST) <= {condition.numbers[0]:g}"
        first = "highest" if condition.descending else "lowest"
        self.notes.append(f"{condition.text!r} read as the {dataset.name} with the {first} {column.name} of all")
        return f"{self.table(dataset.name)}.{key} IN (SELECT {key} FROM {quote(dataset.name)} QUALIFY {ranked})"

    def _pattern(self, condition: Condition) -> str:
        """SQL that is true of cells that have a text in them, at their beginning or at their end, in small or large letters."""
        assert condition.noun is not None
        column = self.nearest([column for column in condition.noun.columns if column.kind == "text"], condition.noun.text)
        self.notes.append(f"{condition.text!r} as a part of {column}, in small or large letters")
        test = f"{condition.operator}(lower({self.column(column)}), {literal(condition.text.lower())})"
        return f"NOT coalesce({test}, false)" if condition.negated else test

    def _against_average(self, column: Column, condition: Condition) -> str:
        """SQL that is true of rows above or below the average of them all."""
        if column.between or condition.negated:
            raise UnclearError(f"{condition.text} of {column.name} is more than I can read", asks=True)
        self.notes.append(f"the average {column.name} is that of all rows of {column.dataset}")
        every = f"SELECT avg({quote(column.name)}) FROM {quote(column.dataset)}"
        return f"{self.column(column)} {condition.operator} ({every})"

    def _period(self, condition: Condition) -> str:
        period = condition.period
        assert period is not None
        column = self.time(condition.noun, whole_years=period.whole_years)
        if condition.noun is None and condition.beside:
            self._of_what_it_stands_by(condition, condition.beside, column)
        text = _within(self.column(column), column, period)
        if condition.against:
            text = f"({text} OR {_within(self.column(column), column, condition.against)})"
        read = period.words or condition.text
        if condition.against:
            read = f"{told(period)}, and {told(condition.against)}"
        there = self.known.datasets[column.dataset]
        if column.name == there.time and there.last and (period.start or there.first) > there.last:  # type: ignore[operator]
            self.notes.append(f"{column.dataset} has rows from {there.first} to {there.last} only")
        meant = f"read as {read}, " if read != condition.text else ""
        self.notes.append(f"{condition.text!r} {meant}by {column.dataset}.{column.name}")
        return f"NOT ({text})" if condition.negated else text

    def _of_what_it_stands_by(self, condition: Condition, beside: Noun, column: Column) -> None:
        """`revenue of events in November`: the date of the events, or that of what is added up?"""
        others = [self.known.datasets[d.name] for d in beside.datasets]
        if column.dataset in (other.name for other in others):
            return
        for other in others:
            if other.time and self._is_event(other.time):
                raise UnclearError(f"{condition.text!r}: by {other.name}.{other.time}, or by {column}?",
                                   [f"by {other.time}", f"by {column.name}"])  # fmt: skip


def _within(cell: str, column: Column, period: Period) -> str:
    """SQL that is true within a period."""
    if period.weekdays:
        return f"isodow({cell}) IN ({', '.join(map(str, period.weekdays))})"
    if column.kind != "number":
        tests = [f"{cell} >= {_day(period.start)}"] if period.start else []
        return " AND ".join([*tests, *([f"{cell} < {_day(period.end)}"] if period.end else [])])
    if period.start and period.end and period.end.year == period.start.year + 1:
        return f"{cell} = {period.start.year}"
    tests = [f"{cell} >= {period.start.year}"] if period.start else []
    return " AND ".join([*tests, *([f"{cell} < {period.end.year}"] if period.end else [])])


def told(period: Period) -> str:
    return period.words or f"{period.start} to before {period.end}"


def _day(day: date | None) -> str:
    return f"DATE '{day}'"
