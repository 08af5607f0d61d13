"""Rules for what rows must be: values, periods, and what there must be none of."""

from __future__ import annotations

from dataclasses import replace

from boathouse.ask.intent import Absent, Condition, Noun, UnclearError
from boathouse.ask.meanings import Name
from boathouse.ask.patterns import PATTERNS, SKIPPED
from boathouse.ask.periods import apart
from boathouse.ask.reading.comparing import Comparing
from boathouse.ask.reading.cursor import RANKING
from boathouse.ask.words import Tag

_ALIKE = 3  # days by which two months, or years, differ at most


class Conditions(Comparing):
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
        before = None if tag.gap else self.behind("name")
        condition.direction = self.lexicon.direction(tag.after) or (self.lexicon.direction(before.after) if before else "")
        condition.each = self.behind("both") is not None
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

    def _both(self) -> None:
        tag = self.take()
        if self.kind() != "value":
            raise UnclearError(f"{tag.text!r}: of what? Ask for one and the other", asks=True)

    def _containing(self) -> None:
        """`whose name contains the word lake`: about the text column that was named just before."""
        tag = self.take()
        text = self.take() if self.kind() == "text" else None
        if text is None or not text.word:
            raise UnclearError(f"{tag.text} what?", asks=True)
        noun = self._text_before()
        if noun is None or not noun.names:
            raise UnclearError(f"what {tag.text} {text.word!r}?", asks=True)
        self.conditions().append(Condition("pattern", text.word, noun=noun, operator=PATTERNS[tag.kind], negated=self.negated))
        self.negated = False

    _beginning = _ending = _containing

    def _text_before(self) -> Noun | None:
        """The names or the text column that stand just before, which are only there for what comes."""
        place = self.at - 3  # before the phrase and its text
        while place > 0 and self.tags[place].kind in SKIPPED:
            place -= 1
        tag, before = self.tags[max(place, 0)], self.tags[place - 1] if place > 0 else None
        last = self.conditions()[-1] if self.conditions() else None
        if last and last.kind == "null" and last.noun and set(last.noun.names) & set(tag.names):  # "have an email that …"
            return self.conditions().pop().noun
        rows = tag.kind == "name" and tag.datasets and not any(column.kind == "text" for column in tag.columns)
        if tag.kind == "label" or rows:
            of = before if before and before.kind == "name" and not before.datasets else None  # "the state whose name …"
            if of is not None and self.lexicon.belonging & set(tag.after):  # "the founder of the company whose name …"
                return None
            if tag.kind == "label" and self.made.select and self.made.select[-1].label:
                self.made.select.pop()
            if of is None or rows:
                return self._names_of(place)
            tag = of
        columns = tuple(name for name in tag.names if getattr(name.meaning, "kind", "") == "text")
        asked = {d.name for d in before.datasets} if before and before.kind == "name" else set()
        if asked and not asked & {name.dataset for name in columns}:  # "tracks whose title", which is the album's
            return None
        for some in (self.made.select, self.nouns):
            if some and set(some[-1].names) & set(columns):
                some.pop()
        return Noun(tag.text, columns) if columns else None

    def _names_of(self, place: int) -> Noun | None:
        """What the rows are called that were named last before: `stadiums whose name …`."""
        for tag in reversed(self.tags[: place + 1]):
            if tag.kind == "name" and tag.datasets:
                dataset = tag.datasets[0]
                label = dataset.label if len(dataset.label) == 1 else ()
                return Noun(tag.text, tuple(Name(dataset.columns[name]) for name in label))
        return None

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
        if (before := self.behind("and")) and set(before.after) & self.lexicon.possessing:
            raise UnclearError(f"with, and {tag.text}: ask for one, then for the other", asks=True)
        made = Absent(None)
        flagged = self.kind() == "name" and self._is_flag(self.tags[self.at])
        if flagged and not (self.kind(1) == "name" and self.tags[self.at + 1].datasets):
            flag = self.take()
            self.conditions().append(Condition("flag", flag.text, noun=Noun(flag.text, flag.names), negated=not flag.negated))
            return
        if self.kind() in ("name", "label") and self.kind(1) in PATTERNS:  # "do not have a name that starts with"
            self.take()
        if self.kind() in PATTERNS:  # "does not contain the word"
            self.negated = True
            self.rule(self.kind())
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
            if self.kind() == "value" and any(value.columns[0] in verb.columns for value in self.tags[self.at].values):
                made.noun = self._dataset_of(made.noun)  # "that do not speak English"
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

    def _or(self) -> None:
        self.take()
        last = self.conditions()[-1] if self.conditions() else None
        if last is not None and last.kind == "period" and self.kind() == "period" and not (last.against or last.negated):
            other = self.take()  # "in 2014 or 2015"
            spans = [one and one.start and one.end and (one.end - one.start).days for one in (last.period, other.period)]
            said = [any(map(str.isdigit, one.text)) for one in (last, other)]
            if said == [False, True] or not all(spans) or abs(spans[0] - spans[1]) > _ALIKE:  # type: ignore[operator]
                raise UnclearError(f"{last.text} or {other.text}: of which year is each? Say it with both", asks=True)
            last.text, last.against = f"{last.text} or {other.text}", other.period
            return
        following = self.tags[self.at].text if self.at < len(self.tags) else ""
        raise UnclearError(f"'or {following}': one of two such conditions is more than I can read; ask for each", asks=True)

    def _and(self) -> None:
        self.take()
