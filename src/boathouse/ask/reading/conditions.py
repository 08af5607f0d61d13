"""Rules for what rows must be: values, comparisons, periods, and what there must be none of."""

from __future__ import annotations

from dataclasses import replace

from boathouse.ask.intent import Absent, Condition, Having, Measure, Noun, UnclearError
from boathouse.ask.meanings import Name
from boathouse.ask.periods import apart
from boathouse.ask.reading.cursor import OPERATORS, RANKING, Cursor
from boathouse.ask.words import Tag

_TRAILING = {"or_more": ">=", "or_less": "<="}


class Conditions(Cursor):
    """Rules, each named after the kind of tag that it reads."""

    def _value(self) -> None:
        if undone := self._is_undone():
            self.tags[self.at] = replace(self.tags[self.at], kind="name", names=undone, values=(), negated=True)
            self.rule("name")
            return
        if self._is_done():
            self.tags[self.at] = replace(self.tags[self.at], kind="name", values=(), verb=True)
            self.rule("name")
            return
        tag = self.take()
        also = tag.names
        if self.kind() == "name" and self.tags[self.at].datasets and not self.tags[self.at].after and not self._has_period():
            also = tuple(name for name in also if getattr(name.meaning, "kind", "") != "date")  # "closed tickets" are just those
        condition = Condition("value", tag.text, [tag.values], negated=self.negated or tag.negated, also=also)
        condition.direction = self.lexicon.direction(tag.after)
        condition.led = tag.led
        self._attach(condition)
        while self._another_value(tag):
            if self.kind() in ("or", "and", "versus"):
                condition.together = self.take().kind
                if condition.together == "and" and self.comparing:
                    condition.together = "versus"
            tag = self.take()
            condition.values.append(tag.values)
            condition.text += f", {tag.text}"
        self.negated = False
        if (
            self.kind() == "name" and not self.tags[self.at].gap and not self.tags[self.at].datasets
        ):  # "Obama as candidate", "West region"
            named = self.tags[self.at].columns
            for place, values in enumerate(condition.values):
                if led := tuple(value for value in values if value.columns[0] in named):
                    condition.values[place] = led
            if condition.values[0] and condition.values[0][0].columns[0] in named:
                self.take()
                condition.led = True
        if len(condition.values) > 1 and self.kind() == "period" and any(getattr(n.meaning, "kind", "") == "date" for n in also):
            raise UnclearError(f"{condition.text}: when each was so is more than I can read; ask for one", asks=True)
        if condition.together == "versus":
            self._each_of(condition)
        condition.of = self.before_name()
        self.conditions().append(condition)

    def _is_done(self) -> bool:
        """`which agent closed the most requests`: what somebody did, by its date, though it is a status as well."""
        tag, before = self.tags[self.at], self.tags[self.at - 1] if self.at else None
        dates = [column for column in tag.columns if column.kind == "date"]
        near = not self._asked() or {one.dataset for one in dates} & self._asked()
        if near and self.kind(1) == "period" and any(tag.word in one.name.lower().split("_") for one in dates):  # "paid in 2025"
            return True
        theirs = {value.columns[0].dataset for value in tag.values}
        own = {one.dataset for one in dates} & self._asked()
        if own and not tag.led and not theirs & self._asked():  # "parcels that we accepted", where claims are accepted as well
            return True
        doer = before is not None and before.kind == "name" and not (tag.after or tag.gap) and self.kind(1) in RANKING
        return doer and len(dates) == len(tag.names) == 1 and tag.word in dates[0].name.lower().split("_")

    def _is_undone(self) -> tuple[Name, ...]:
        """`complaints still open`, of those that have no closed_on, where open is a value of something else."""
        tag, following = self.tags[self.at], self.tags[self.at + 1] if self.kind(1) == "name" else None
        is_state = bool(set(tag.after) & self.lexicon.being) or (self.at > 0 and self.tags[self.at - 1].kind == "still")
        if self.kind(1) == "period" and not is_state:  # "did we open in May"
            return ()
        asked = self._asked() | {name.dataset for name in (following.names if following else ())}
        if not tag.undone or tag.led or {value.columns[0].dataset for value in tag.values} & asked:
            return ()
        return tuple(name for name in tag.undone if name.dataset in asked)

    def _asked(self) -> set[str]:
        """The datasets that were named so far."""
        made = self.made
        ranked = made.rank.measure.noun if made.rank and made.rank.measure else None
        nouns = [*(measure.noun for measure in made.measures), *self.nouns, made.subject, ranked]
        return {name.dataset for noun in nouns if noun for name in noun.names}

    def _has_period(self) -> bool:
        return any(tag.kind == "period" for tag in self.tags)

    def _comparing(self) -> None:
        self.take()
        self.comparing = True

    def _each_of(self, condition: Condition) -> None:
        """`West versus East`: by the one column that has both."""
        columns = {value.columns for value in condition.values[0]}
        for values in condition.values[1:]:
            columns &= {value.columns for value in values}
        if len(columns) != 1:
            raise UnclearError(f"{condition.text}: of which column?", asks=True)
        self.compared = True
        [[column, *_]] = columns
        condition.together = "or"
        self.made.groups.append(Noun(column.name, (Name(column),)))

    def _versus(self) -> None:
        raise UnclearError(f"{self.take().text!r}: which two are to be compared? Ask for both by what they differ in", asks=True)

    def _another_value(self, tag: Tag) -> bool:
        """Whether one more of the same column follows: `, Rock`, `and Jazz`."""
        if self.kind() == "versus" and self.kind(1) == "by" and self.kind(2) == "value":  # "in cash versus by card"
            del self.tags[self.at + 1]
        ahead = 1 if self.kind() in ("or", "and", "versus") else 0
        if self.kind(ahead) != "value" or not (ahead or self.tags[self.at].gap):
            return False
        following = self.tags[self.at + ahead]
        return bool({v.columns for v in tag.values} & {v.columns for v in following.values})

    def _attach(self, condition: Condition) -> None:
        """`students advised by instructors from Bonn`: a value is of what was named just before, where that has such."""
        before = self.tags[self.at - 2] if self.at > 1 else None
        if before is None or before.kind != "name" or not before.datasets:
            return
        asked = [measure.noun for measure in self.made.measures] + ([self.made.subject] if self.made.subject else [])
        if any(dataset in noun.datasets for noun in asked for dataset in before.datasets):
            return
        near = {dataset.name for dataset in before.datasets}
        if own := tuple(value for value in condition.values[0] if value.columns[0].dataset in near):
            condition.values[0] = own

    def _not(self) -> None:
        self.take()
        if self.kind() == "by" and (self.kind(1) == "value" or (self.kind(1) == "name" and self.tags[self.at + 1].datasets)):
            self.take()  # "not made by card", "not used by any document"
        if self.kind() == "number" and (figure := self._figure_before()):
            numbers = (self._needed_number(),)
            self.conditions().append(
                Condition("compare", f"<> {numbers[0]:g}", noun=figure, operator="=", numbers=numbers, negated=True)
            )
            return
        self.negated = True
        if self.kind() not in ("value", "name", "concept", "period", "count") and not self.kind().startswith(
            ("more", "less", "at_")
        ):
            raise UnclearError("not what?", asks=True)

    def _left_out(self) -> None:
        tag = self.take()
        if not self.conditions() or self.conditions()[-1].kind != "value":
            raise UnclearError(f"what is {tag.text}?", asks=True)
        self.conditions()[-1].negated = True

    def _without(self) -> None:
        tag = self.take()
        self._absence(tag)

    _never = _without

    def _absence(self, tag: Tag) -> None:
        made = Absent(None)
        flagged = self.kind() == "name" and self._is_flag(self.tags[self.at])
        if flagged and not (self.kind(1) == "name" and self.tags[self.at + 1].datasets):
            flag = self.take()
            self.conditions().append(Condition("flag", flag.text, noun=Noun(flag.text, flag.names), negated=not flag.negated))
            return
        self.inside = made.conditions
        self._modifiers()
        if self.kind() == "concept" and self.tags[self.at].word not in self.lexicon.extreme:
            self.rule("concept")
            made.noun = self.made.verbs.pop() if self.made.verbs else None
            if made.noun and not (made.noun.datasets or made.noun.metrics):  # "who did not pay"
                raise UnclearError(f"none of {made.noun.text!r}: say what there was none of", asks=True)
        elif self.kind() == "name" and self.tags[self.at].verb:
            verb = self.take()
            made.noun = Noun(verb.text, verb.names)
            self._object_of(made.noun)
            if self.kind() == "period" and not verb.datasets and any(column.kind == "date" for column in verb.columns):
                raise UnclearError(f"not {verb.text} {self.tags[self.at].text}: at another time, or not at all?", asks=True)
        elif self.kind() == "name" and self.kind(1) == "value" and self._led_value(self.tags[self.at]):
            self.take()  # "that do not have the nationality USA"
            self.inside, self.negated = None, True
            self.rule("value")
            return
        else:
            made.noun = self.noun()
        (self.made.parts if self.made.share else self.made.absent).append(made)
        columns = made.noun.columns if made.noun else []
        if columns and not made.noun.datasets:  # type: ignore[union-attr]
            self.inside = None

    def _object_of(self, verb: Noun) -> None:
        """`never booked a class`: a row of bookings names one in any case."""
        children = {name.dataset for name in verb.names}
        parents = {relation.parent for relation in self.known.relations if relation.child in children}
        self._modifiers()
        if self.kind() == "name" and self.tags[self.at].datasets and {d.name for d in self.tags[self.at].datasets} <= parents:
            self.take()

    def _beside(self, *, ahead: bool = False) -> Noun | None:
        """The dataset next to whose name this stands: `visits completed in 2026`, `December events`."""
        following = self.tags[self.at + 1] if self.at + 1 < len(self.tags) else None
        if ahead and following and following.kind == "name" and following.datasets and not following.after and not following.gap:
            return Noun(following.text, following.names)
        for tag in reversed(self.tags[: self.at]):
            if tag.kind == "name" and tag.datasets:
                return Noun(tag.text, tag.names)
            if tag.kind not in ("value", "name") or tag.gap:
                break
        return None

    def _period(self, hint: Noun | None = None) -> None:
        beside = self._beside(ahead=True)
        tag = self.take()
        if hint is not None:
            pass
        elif self.nouns and any(column.kind == "date" or column.is_year for column in self.nouns[-1].columns):
            hint = self.nouns.pop()
        elif (
            self.kind() == "name"
            and any(column.kind == "date" for column in self.tags[self.at].columns)
            and not self.tags[self.at].verb
        ):
            hint = self.noun()
        hint = hint or self.date
        if tag.period and tag.period.weekdays and (self.comparing or len(tag.period.weekdays) == 7):
            raise UnclearError(f"{tag.text}: together, or each? Say 'by weekday'", ["by weekday"], asks=True)
        made = Condition("period", tag.text, noun=hint, period=tag.period, negated=self.negated, beside=beside)
        if self.kind(1) == "period" and (self.kind() == "versus" or (self.comparing and self.kind() == "and")):
            self.take()
            self._each_period(made, self.take())
        self.conditions().append(made)
        self.negated = False

    def _each_period(self, made: Condition, other: Tag) -> None:
        """`2025 compared to 2024`: each by itself."""
        self.compared = True
        unit = apart(made.period, other.period)
        if unit is None:
            raise UnclearError(f"{made.text} and {other.text}: ask for one, or 'by year', 'by month'", asks=True)
        made.text, made.against = f"{made.text} and {other.text}", other.period
        self.made.groups.append(Noun(unit, unit=unit))

    def _compare(self) -> None:
        """`above 1.50`, `more than 60 orders`: about the figure before or after it."""
        if self._is_span():  # "over the last 3 months"
            self.take()
            return
        if self.kind(1) == "average":
            self._against_average()
            return
        beside, before = self._beside(), self._figure_compared()
        operator, numbers = self._comparison(percent=True)
        before = before or self._figure_before()
        self._no_percent_of_rows(before, numbers)
        if before is not None and self.kind() == "times":  # "reopened at least 2 times", of reopened_count
            self.take()
        if self.negated:
            operator = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}.get(operator, operator)
            self.negated = False
        if self.kind() == "times" and (rows := self._done_so_often(before)):
            self.take()
            self.made.having.append(Having(Measure("count", rows), operator, numbers))
            return
        if before is not None and before.datasets and self.kind() == "name" and self.tags[self.at].datasets:
            self.nouns.append(before)  # "airlines that have at least 10 flights", of flights that have an airline
            before = None
        if before is None and self.kind() == "value":  # "with more than 300 completed visits"
            value = self.tags[self.at].text
            self._modifiers()
            if self.kind() != "name" or not self.tags[self.at].datasets:
                raise UnclearError(f"more or less of what? {value!r} is a value", asks=True)
        if before is None and self.kind() == "name" and not self._is_flag(self.tags[self.at]):
            noun = self.noun()
            if noun is None:
                raise UnclearError(f"more or less of what? {self.tags[self.at].text!r} is done", asks=True)
            if noun.datasets or not noun.numeric:
                self.made.having.append(Having(Measure("count", noun), operator, numbers))
                return
            before = noun
        if before is not None and before.metrics and not before.columns:
            self.made.having.append(Having(Measure("metric", before), operator, numbers))
            return
        self.conditions().append(
            Condition(
                "compare",
                f"{operator} {numbers[-1]:g}",
                noun=before,
                operator=operator,
                numbers=numbers,
                unit=self.unit,
                beside=beside,
            )
        )

    def _done_so_often(self, before: Noun | None) -> Noun | None:
        """`ordered more than 10 times`: the rows that a verb, a column or the asked ones speak of."""
        if self.made.verbs:
            return self.made.verbs[-1]
        if self.nouns and self.nouns[-1].columns:
            return self._dataset_of(self.nouns.pop())
        return self._rows_of_the_asked() if before is None else None

    def _figure_compared(self) -> Noun | None:
        """The figure before a comparison, or the one that it speaks of: the age, of `older than`. Raises UnclearError where nothing is
        called so."""
        tag, before = self.tags[self.at], self.tags[self.at - 1] if self.at else None
        superlative = self.lexicon.comparatives.get(tag.word)
        if superlative is None or (before and before.kind == "name" and before.columns and not before.datasets):
            return self._figure_before()
        wanted = [
            n
            for word in self.lexicon.concepts[superlative]
            for n in self.known.named(self.lexicon.tokens(word.replace("_", " ")))
        ]
        beside = self._beside()
        found = tuple(name for name in wanted if getattr(name.meaning, "kind", "") == "number")
        if beside and beside.datasets:
            found = tuple(name for name in found if name.dataset in {dataset.name for dataset in beside.datasets}) or found
        if not found:
            return self._figure_before()
        return Noun(tag.text, found)

    def _against_average(self) -> None:
        """`heavier than average`, `above the average age`: the average of all rows."""
        beside, before = self._beside(), self._figure_compared()
        operator = OPERATORS[self.take().kind]
        average = self.take().text
        if self.kind() in ("count", "volume"):  # "more than the average number of products", of number_products
            self.take()
        noun = self.noun()
        if noun is not None and noun.numeric and not noun.datasets:
            names = [name for name in noun.names if before is None or name in before.names]
            if not names:
                raise UnclearError(f"{noun.text!r} against another figure is more than I can read", asks=True)
            before = noun.only(names)
        elif noun is not None:
            self.nouns.append(noun)
        self.conditions().append(
            Condition(
                "compare",
                f"{operator} {average}",
                noun=before,
                operator=operator,
                average=True,
                negated=self.negated,
                beside=beside,
            )
        )
        self.negated = False

    def _no_percent_of_rows(self, figure: Noun | None, numbers: tuple[float, ...]) -> None:
        """`more than 10% lost parcels` is no number of them."""
        if self.unit == "percent" and not (figure and figure.columns):
            raise UnclearError(f"{numbers[-1]:g}% of what? Say it as a number", asks=True)

    _more = _at_least = _less = _at_most = _equal = _between = _compare

    def _is_span(self) -> bool:
        period = self.tags[self.at + 1].period if self.kind(1) == "period" else None
        if self.tags[self.at].word != "over" or period is None or not (period.start and period.end):
            return False
        return (
            (period.end - period.start).days > 1
            and not self.tags[self.at + 1].text.isdigit()
            and not any(noun.numeric for noun in self.nouns)
        )

    def _rows_of_the_asked(self) -> Noun | None:
        """`donors who gave more than 5 times`: by the only dataset whose rows name a donor."""
        asked = [dataset.name for noun in (*(m.noun for m in self.made.measures), *([self.made.subject] if self.made.subject else ()))
                 for dataset in noun.datasets]  # fmt: skip
        children = {relation.child for relation in self.known.relations if relation.parent in asked}
        return Noun(min(children), (Name(self.known.datasets[min(children)]),)) if len(children) == 1 else None

    def _compared(self, noun: Noun) -> Condition:
        operator, numbers = self._comparison()
        return Condition("compare", noun.text, noun=noun, operator=operator, numbers=numbers, unit=self.unit)

    def _number(self) -> None:
        """A number before a noun is how many of it; behind a column, its value."""
        tag = self.take()
        if self.kind() in _TRAILING:
            operator = _TRAILING[self.take().kind]
            rows = self.kind() == "name" and bool(self.tags[self.at].datasets)  # "grades with 4 or more pupils"
            noun = (None if rows else self._figure_before()) or self.noun()
            if tag.unit == "percent":
                raise UnclearError(f"{tag.text}% of what? Say it as a number", asks=True)
            self._trailing(operator, tag.number, noun)
        elif figure := (self._figure_before() or self._column_before()):
            numbers, negated, unit = [tag.number], self.negated, tag.unit
            while self.kind() == "or" and self.kind(1) == "number":  # "a rating of 1 or 2"
                self.take()
                unit = self.tags[self.at].unit or unit
                numbers.append(self.take().number)
            if len(numbers) > 1 and negated:
                raise UnclearError("not one of several numbers is more than I can read", asks=True)
            operator = "=" if len(numbers) == 1 else "in"
            self.conditions().append(
                Condition("compare", tag.text, noun=figure, operator=operator, numbers=tuple(numbers), unit=unit, negated=negated)
            )
            self.negated = False
        elif self.kind() in (*RANKING, "best", "frequent", "rare") or (
            self.kind() == "concept" and self.tags[self.at].word in self.lexicon.extreme
        ):
            self.limit = self.how_many(tag)
        elif self.kind() in ("name", "calendar") and tag.number == int(tag.number) and tag.number > 0:
            self.limit = int(tag.number)
            noun = self.noun()
            if noun is not None:
                if self.kind() in _TRAILING:
                    self._trailing(_TRAILING[self.take().kind], tag.number, noun)
                    self.limit = None
                elif self.made.subject is None:
                    self.made.subject = noun
                else:
                    raise UnclearError(f"what is {tag.text} for?", asks=True)
        else:
            raise UnclearError(f"what is {tag.text} for?", asks=True)

    def _trailing(self, operator: str, number: float, noun: Noun | None) -> None:
        if noun is None or (noun.numeric and not noun.datasets):
            self.conditions().append(
                Condition("compare", f"{operator} {number:g}", noun=noun, operator=operator, numbers=(number,))
            )
        else:
            self.made.having.append(Having(Measure("count", noun), operator, (number,)))

    def _or(self) -> None:
        self.take()
        last = self.conditions()[-1] if self.conditions() else None
        if last is not None and last.kind == "period" and self.kind() == "period" and not (last.against or last.negated):
            other = self.take()  # "in 2014 or 2015"
            last.text, last.against = f"{last.text} or {other.text}", other.period
            return
        following = self.tags[self.at].text if self.at < len(self.tags) else ""
        raise UnclearError(f"'or {following}': one of two such conditions is more than I can read; ask for each", asks=True)

    def _and(self) -> None:
        self.take()
