"""Rules for figures against numbers and against their average: more than, at least, between, older than."""

from __future__ import annotations

from boathouse.ask.intent import Condition, Having, Measure, Noun, UnclearError
from boathouse.ask.meanings import Name
from boathouse.ask.reading.cursor import OPERATORS, RANKING, Cursor
from boathouse.ask.words import Tag

_TRAILING = {"or_more": ">=", "or_less": "<="}


class Comparing(Cursor):
    """Rules, each named after the kind of tag that it reads."""

    def _beside(self, *, ahead: bool = False, behind: int = 0) -> Noun | None:
        """The dataset next to whose name this stands: `visits completed in 2026`, `December events`."""
        following = self.tags[self.at + 1] if self.at + 1 < len(self.tags) else None
        if ahead and following and following.kind == "name" and following.datasets and not following.after and not following.gap:
            return Noun(following.text, following.names)
        for tag in reversed(self.tags[: self.at - behind]):
            if tag.kind == "name" and tag.datasets:
                return Noun(tag.text, tag.names)
            if tag.kind not in ("value", "name") or tag.gap:
                break
        return None

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
        ahead = next((n for n, one in enumerate(self.tags[self.at :]) if one.kind != "value"), 0)
        following = self.tags[self.at + ahead] if self.kind(ahead) == "name" else None
        if before is not None and following and following.datasets and not (following.after or following.gap):
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
        """The figure before a comparison, or the one that it speaks of: the age, of `older than`."""
        tag, before = self.tags[self.at], self.tags[self.at - 1] if self.at else None
        superlative = self.lexicon.comparatives.get(tag.word)
        if superlative is None or (before and before.kind == "name" and before.columns and not before.datasets):
            return self._figure_before()
        beside, wanted = self._beside(), self.known.looked_for(superlative)
        found = tuple(name for name in wanted if getattr(name.meaning, "kind", "") == "number")
        if superlative in self.lexicon.ages:
            found = tuple(name for name in found if self.lexicon.is_age(getattr(name.meaning, "name", "")))
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
        rest = self.tags[self.at :]
        theirs = any(set(tag.after) & self.lexicon.theirs for tag in rest)  # "the average price in their category"
        if (
            theirs
            or (rest and rest[0].kind in ("value", "period"))
            or any(m.how in ("avg", "sum", "median") for m in self.made.measures)
        ):
            raise UnclearError(f"{average} of which rows? I can only compare with that of all", asks=True)
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
            self._is_number(figure, tag)
        elif self.kind() in (*RANKING, "best", "frequent", "rare") or (
            self.kind() == "concept" and self.tags[self.at].word in self.lexicon.extreme
        ):
            self.limit = self.how_many(tag)
        elif self._has_so_many(tag):
            named = self.take()
            noun = Noun(named.text, named.names)
            if noun.datasets:
                self.made.having.append(Having(Measure("count", noun), "=", (tag.number,)))
            else:
                self._is_number(noun, tag)
        elif self.kind() in ("name", "calendar") and tag.number == int(tag.number) and tag.number > 0:
            self._so_many(tag)
        elif key := self._key_before():
            self._is_number(key, tag)  # "course 301"
        else:
            raise UnclearError(f"what is {tag.text} for?", asks=True)

    def _key_before(self) -> Noun | None:
        """The key of the dataset that was named just before, where it is a number."""
        tag = self.tags[self.at - 2] if self.at > 1 else None
        if tag is None or tag.kind != "name" or len(tag.datasets) != 1 or self.tags[self.at - 1].after:
            return None
        keys = [c for c in tag.datasets[0].columns.values() if c.kind == "number" and c.unique and c.is_key]
        return Noun(tag.text, (Name(keys[0]),)) if len(keys) == 1 else None

    def _so_many(self, tag: Tag) -> None:
        """`5 customers`, `2 orders or more`."""
        self.limit = int(tag.number)
        noun = self.noun()
        if noun is not None and self.kind() in _TRAILING:
            self._trailing(_TRAILING[self.take().kind], tag.number, noun)
            self.limit = None
        elif noun is not None and self.made.subject is None:
            self.made.subject = noun
        elif noun is not None:
            raise UnclearError(f"what is {tag.text} for?", asks=True)

    def _is_number(self, figure: Noun, tag: Tag) -> None:
        """`a rating of 1 or 2`, `the document with id 7`."""
        if (beside := self._beside(behind=1)) and figure.text.lower() in self.lexicon.key_words:
            whose = {dataset.name for dataset in beside.datasets}
            figure = figure.only([name for name in figure.names if name.dataset in whose] or list(figure.names))
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

    def _has_so_many(self, tag: Tag) -> bool:
        """`tracks that have had exactly 2 races`, `rooms with two beds`."""
        following = self.tags[self.at] if self.kind() == "name" else None
        said = bool(set(tag.after) & self.lexicon.possessing or self.behind("and"))
        of_what = self.nouns or self.made.select or self.made.subject or self.made.measures
        return bool(following and said and of_what and (following.datasets or any(c.is_measure for c in following.columns)))

    def _trailing(self, operator: str, number: float, noun: Noun | None) -> None:
        if noun is None or (noun.numeric and not noun.datasets):
            self.conditions().append(
                Condition("compare", f"{operator} {number:g}", noun=noun, operator=operator, numbers=(number,))
            )
        else:
            self.made.having.append(Having(Measure("count", noun), operator, (number,)))
