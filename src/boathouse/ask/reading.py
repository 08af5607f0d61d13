"""Reads the tags of a question from left to right, each by the rule of its kind; what no rule takes makes it a question back.
`Reading(...).intent()` is the way in."""

from __future__ import annotations

from dataclasses import replace

from boathouse.ask.intent import Absent, Condition, Having, Intent, Measure, Noun, Rank, UnclearError
from boathouse.ask.knowledge import Column, Dataset, Knowledge, Metric, Name
from boathouse.ask.words import Tag

_AGGREGATES = {"sum": "sum", "average": "avg", "median": "median"}
_OPERATORS = {"more": ">", "at_least": ">=", "less": "<", "at_most": "<=", "equal": "="}
_TRAILING = {"or_more": ">=", "or_less": "<="}
_RANKING = {"highest": True, "most": True, "latest": True, "last": True, "lowest": False, "fewest": False, "earliest": False}


class Reading:
    """One question on its way to an intent."""

    def __init__(self, tags: list[Tag], known: Knowledge):
        self.known, self.lexicon = known, known.lexicon
        self.text = " ".join(word for tag in tags for word in (*tag.after, tag.text))
        self.tags = [_summing(tag, tags[place + 1 : place + 2]) for place, tag in enumerate(tags)]
        self.at = 0
        self.made = Intent()
        self.nouns: list[Noun] = []  # named, and what for is not yet known
        self.negated = self.asked_when = self.pending_count = self.done_by = False
        self.aggregate: str | None = None  # waits for its noun
        self.limit: int | None = None
        self.unit = ""  # of the last number
        self.whole = 0  # conditions that are of the whole of a share
        self.inside: list[Condition] | None = None  # where conditions go: after "without" into that

    # moving on

    def kind(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tags[place].kind if place < len(self.tags) else ""

    def take(self) -> Tag:
        tag = self.tags[self.at]
        self.at += 1
        return tag

    def conditions(self) -> list[Condition]:
        return self.made.conditions if self.inside is None else self.inside

    def intent(self) -> Intent:
        """Raises UnclearError."""
        self.through()
        from boathouse.ask.settling import settle

        return settle(self)

    def through(self) -> None:
        """Applies the rules to every tag."""
        while self.at < len(self.tags):
            rule = getattr(self, f"_{self.kind()}", None)
            (rule or self._unknown)()

    # nouns

    def noun(self, *, merge: bool = True) -> Noun | None:
        """The noun that comes next, with "invoice amount" and "amount of the invoices" as one."""
        if self.kind() == "calendar":
            tag = self.take()
            return Noun(tag.text, tag.names, unit=tag.unit)
        if self.kind() == "label":
            tag = self.take()
            return Noun(tag.text, tag.names, label=True)
        if self.kind() != "name" or self._is_flag(self.tags[self.at]):
            return None
        if self.tags[self.at].verb:  # "invoiced amount"
            verb = self.tags[self.at]
            if self.kind(1) != "name" or (joined := _joined(Noun(verb.text, verb.names), self.tags[self.at + 1])) is None:
                return None
            self.at += 2
            return joined
        tag = self.take()
        noun = Noun(tag.text, tag.names, sums=tag.sums)
        while merge and self.kind() == "name" and not self.tags[self.at].gap and not self._is_flag(self.tags[self.at]):
            joined = _joined(noun, self.tags[self.at])
            if joined is None:
                break
            self.take()
            noun = joined
        return noun

    def _is_flag(self, tag: Tag) -> bool:
        return bool(tag.names) and all(isinstance(n.meaning, Column) and n.meaning.kind == "boolean" for n in tag.names)

    def nouns_listed(self) -> list[Noun]:
        """`region and kind`, `pollster, race and error`."""
        found: list[Noun] = []
        while noun := self.noun():
            found.append(noun)
            if self.kind() == "and" and self.kind(1) in ("name", "calendar", "label"):
                self.take()
            elif not (self.kind() in ("name", "calendar") and self.tags[self.at].gap):
                break
        return found

    # rules by the kind of a tag

    def _unknown(self) -> None:
        tag = self.take()
        raise UnclearError(f"I do not know what {tag.text!r} means here", word=tag.word or tag.text)

    def _cause(self) -> None:
        raise UnclearError("I can say what the data shows, not why")

    def _forecast(self) -> None:
        raise UnclearError("I can say what the data shows, not what will be")

    def _vague(self) -> None:
        tag = self.take()
        raise UnclearError(
            f"how much is {tag.text!r}? Say it as a number, as in 'more than 100', or ask for the top 10", asks=True
        )

    def _best(self) -> None:
        tag = self.take()
        if not any(t.kind == "by" for t in self.tags[self.at :]):
            raise UnclearError(f"{tag.text!r} by which figure? Add 'by …'", asks=True)
        raise UnclearError(f"{tag.text!r} is not a figure: ask for the highest or the lowest", asks=True)

    def _count(self) -> None:
        self.take()
        distinct = self.kind() == "distinct" and bool(self.take())
        place = self.at
        self._modifiers()
        noun = self.noun()
        if noun is None:
            if self.at > place and self.kind() in ("", "period"):
                return self._count_values()
            self.pending_count = True
        elif self.aggregate == "avg":  # "average number of polls per race"
            self.aggregate = None
            self.made.measures.append(Measure("average count", noun))
        else:
            self._measured("distinct" if distinct else "count", noun)
        return None

    def _count_values(self) -> None:
        """`how many hires`: the rows that a value marks, where only one column has it."""
        condition = self.conditions()[-1]
        if condition.kind != "value" or len({v.columns for v in condition.values[0]}) != 1:
            self.pending_count = True
            return
        dataset = self.known.datasets[condition.values[0][0].columns[0].dataset]
        self.made.measures.append(Measure("count", Noun(condition.text, (Name(dataset),))))

    def _modifiers(self) -> None:
        """Values and flags before a noun: `unpaid invoices`, `Rock tracks`."""
        while self.kind() in ("value", "and", "or", "not") or (self.kind() == "name" and self._is_flag(self.tags[self.at])):
            if self.kind() in ("and", "or") and self.kind(1) not in ("value", "name"):
                return
            if self.kind() in ("and", "or") and self.kind(1) == "name" and not self._is_flag(self.tags[self.at + 1]):
                return
            getattr(self, f"_{self.kind()}")()

    def _how_much(self) -> None:
        self.take()
        self._modifiers()
        noun = self.noun()
        if noun is None:
            self.aggregate = "sum"
        elif noun.numeric:
            self.made.measures.append(Measure("sum", noun))
        else:
            self.nouns.append(noun)
            self.aggregate = "sum"

    def _aggregate(self) -> None:
        tag = self.take()
        how = _AGGREGATES[tag.kind]
        if self.kind() in ("count", "concept", "distinct"):
            self.aggregate = how if self.kind() == "count" and how == "avg" else None if self.kind() == "count" else how
            return
        if self.kind() in _AGGREGATES and self.aggregate is None:
            self.aggregate = how
            return
        self._modifiers()
        noun = self.noun()
        if noun is None:
            self._afterwards(how)
        elif noun.metrics or noun.numeric or noun.datasets or noun.sums:
            self._measured(how, noun)
        else:
            raise UnclearError(f"{noun.text!r} is no figure, so there is no {tag.text} of it", asks=True)

    _sum = _average = _median = _aggregate

    def _afterwards(self, how: str) -> None:
        """`… on average`, `… in total`: about what was named before; else about what comes."""
        measures = self.made.measures
        if how == "sum" and measures and measures[-1].how in ("count", "sum", "metric", "distinct"):
            return  # "how many orders in total"
        if measures and measures[-1].how in ("count", "value", "sum"):
            last = measures.pop()
            counted = last.how == "count" and not any(column.is_measure for column in last.noun.columns)
            measures.append(Measure(f"{'average' if how == 'avg' else how} count" if counted else how, last.noun))
            return
        self.aggregate = how

    def _measured(self, how: str, noun: Noun) -> None:
        measure = Measure(how, noun)
        if self.kind() in _OPERATORS and self.kind(1) == "number" and self.made.subject is not None:
            self.made.having.append(Having(measure, *self._comparison()))
        elif self.made.rank and self.made.rank.measure is None and self.made.subject:
            self.made.rank.measure = measure
        else:
            self.made.measures.append(measure)

    def _distinct(self) -> None:
        self.take()
        noun = self.noun()
        if noun is None:
            raise UnclearError("different what?", asks=True)
        if self.made.listed and not noun.numeric:
            self.made.subject = noun
        else:
            self._measured("distinct", noun)

    def _which(self) -> None:
        tag = self.take()
        self.made.listed = self.made.listed or bool(tag)
        if self.kind() == "number" and self.kind(1) in ("name", "calendar"):
            self.limit = int(self.take().number)
        if self.kind() == "distinct":
            self.take()
        place = self.at
        self._modifiers()
        if self.kind() not in ("name", "calendar", "label") or self._is_flag(self.tags[self.at]):
            return
        if set(self.tags[self.at].after) & self.lexicon.asking_verbs:
            self.done_by = True
            return
        nouns = self.nouns_listed()
        if (
            len(nouns) == 1
            and self.made.subject is None
            and not nouns[0].label
            and not (nouns[0].numeric and not nouns[0].datasets)
        ):
            self.made.subject = nouns[0]
        elif self.at > place:
            self.made.select += nouns

    def _when(self) -> None:
        self.take()
        self.asked_when = True

    def _ranking(self) -> None:
        """`top 5 X`, `the most X`, `biggest X`, `latest X`."""
        tag = self.take()
        descending = _RANKING[tag.kind]
        if self.kind() == "and" and self.kind(1) in _RANKING:  # "first and last polldate"
            self.take()
            other = self.take()
            noun = self.noun()
            if noun is None:
                raise UnclearError(f"{tag.text} and {other.text} what?", asks=True)
            self.made.measures += [Measure("max" if _RANKING[kind] else "min", noun) for kind in (tag.kind, other.kind)]
            return
        if self.kind() == "number":
            self.limit = int(self.take().number)
        if tag.kind in ("highest", "lowest") and self.kind() in ("sum", "average", "median", "count"):
            self.made.rank = Rank(descending, self.limit)
            if self.made.subject is None and self.nouns:
                self.made.subject = self.nouns.pop()
            return
        self._modifiers()
        noun = self.noun()
        if noun is None:
            self._ranked_before(tag, descending)
        elif tag.kind in ("latest", "earliest", "last"):
            self._ranked_by_time(noun, descending)
        elif tag.kind in ("most", "fewest"):
            how = "sum" if noun.numeric and not noun.datasets else "count"
            self._ranked_by(Measure(how, noun), descending)
        elif noun.numeric and not noun.datasets:
            self._ranked_by(Measure("value", noun), descending)
        else:
            self.made.rank = Rank(descending, self.limit)
            self.made.subject = noun

    _highest = _lowest = _most = _fewest = _latest = _earliest = _last = _ranking

    def _ranked_by(self, measure: Measure, descending: bool) -> None:
        if self.made.subject is None and self.nouns and (self.made.listed or self.limit):
            self.made.subject = self.nouns.pop(0)
        if self.made.subject is None and measure.how == "value":
            self.made.measures.append(Measure("max" if descending else "min", measure.noun))
        else:
            self.made.rank = Rank(descending, self.limit, measure)

    def _ranked_before(self, tag: Tag, descending: bool) -> None:
        """`revenue was highest`, `sold the most`: by the figure named before."""
        made = self.made
        figures = [noun for noun in self.nouns if noun.numeric]
        verbs = [noun for noun in made.verbs if noun.metrics]
        if figures:
            self.nouns.remove(figures[-1])
            made.rank = Rank(descending, self.limit, Measure("value", figures[-1]))
        elif verbs and tag.kind in ("most", "fewest", "highest", "lowest"):
            made.verbs.remove(verbs[-1])
            made.rank = Rank(
                descending,
                self.limit,
                Measure("value", verbs[-1].only([n for n in verbs[-1].names if isinstance(n.meaning, Metric)][:1])),
            )
        elif made.measures and made.subject:
            made.rank = Rank(descending, self.limit, made.measures.pop())
        elif tag.kind == "last":
            return  # "how long does it last"
        else:
            raise UnclearError(f"{tag.text!r} by which figure?", asks=True)

    def _ranked_by_time(self, noun: Noun, descending: bool) -> None:
        dates = [n for n in noun.names if isinstance(n.meaning, Column) and n.meaning.kind == "date"]
        if dates:
            self.made.measures.append(Measure("max" if descending else "min", noun.only(dates)))
        elif noun.datasets and self.asked_when:
            self.made.measures.append(Measure("latest" if descending else "earliest", noun))
        elif noun.datasets:
            self.made.subject, self.made.rank = noun, Rank(descending, self.limit, Measure("time", noun))
        else:
            raise UnclearError(f"{noun.text!r} has no date to be the latest or earliest by", asks=True)

    def _concept(self) -> None:
        """A word such as `longest`, `cost` or `sold`: what it looks for in the lake."""
        tag = self.take()
        found = (self.known.named(self.lexicon.tokens(word.replace("_", " "))) for word in self.lexicon.concepts[tag.word])
        names = next((near for some in found if (near := [name for name in some if name.cost < 2])), [])
        noun = Noun(tag.text, tuple(names))
        if tag.word in self.lexicon.extreme:
            self._extreme(tag, noun)
        elif self.kind() in _OPERATORS and self.kind(1) == "number":
            self.conditions().append(self._compared(noun))
        elif self.kind() == "name" and any(name.meaning is n.meaning for n in self.tags[self.at].names for name in names):
            return
        else:
            self.made.verbs.append(noun)

    def _extreme(self, tag: Tag, figure: Noun) -> None:
        if not figure.names:
            raise UnclearError(f"{tag.text!r} by which figure?", asks=True)
        descending = tag.word not in self.lexicon.low
        if self.kind() == "number":
            self.limit = int(self.take().number)
        self._modifiers()
        noun = self.noun()
        if noun is not None and noun.numeric and not noun.datasets:
            self._ranked_by(Measure("value", noun), descending)
            return
        self.made.subject = noun or self.made.subject
        self.made.rank = Rank(descending, self.limit, Measure("value", figure))

    def _by(self) -> None:
        tag = self.take()
        if self.kind() in ("value", "period", ""):
            return
        rank = self.made.rank
        if self.kind() in ("count", *_AGGREGATES, "distinct"):
            if rank is None:
                self.made.rank = Rank(True, self.limit)
            return
        if self.kind() == "label":
            raise UnclearError(f"{tag.text} the name of what?", asks=True)
        nouns = self.nouns_listed()
        if rank and rank.measure is None and len(nouns) == 1 and nouns[0].numeric:
            rank.measure = Measure("value", nouns[0])
        elif not nouns:
            raise UnclearError(f"{tag.text} what?", asks=True)
        else:
            self.made.groups += nouns

    def _per(self) -> None:
        tag = self.take()
        if self.kind() == "distinct":
            self.take()
        nouns = self.nouns_listed()
        if not nouns:
            raise UnclearError(f"{tag.text} what?", asks=True)
        ratio = any(measure.how.endswith("count") and " " in measure.how for measure in self.made.measures)
        if (ratio or self.aggregate == "avg" or self._averages_a_metric()) and len(nouns) == 1:
            self.made.ratio = nouns[0]
        else:
            self.made.groups += nouns

    def _averages_a_metric(self) -> bool:
        return any(measure.how == "avg" and measure.noun.metrics for measure in self.made.measures)

    def _rhythm(self) -> None:
        tag = self.take()
        self.made.groups.append(Noun(tag.text, unit=tag.unit))

    def _calendar(self) -> None:
        self.nouns.append(self.noun() or Noun(""))

    def _label(self) -> None:
        self.made.select += self.nouns_listed()

    def _share(self) -> None:
        tag = self.take()
        self.made.share = 100 if tag.kind == "percent" else 1
        self.made.part, self.made.conditions = self.made.conditions, []  # "Germany's share of …"
        self._modifiers()
        self.whole = len(self.made.conditions)
        noun = self.noun()
        if noun is None and self.kind() == "period":
            self._period()
            self._modifiers()
            noun = self.noun()
        if noun is None:
            if self.kind() in ("sum", "count"):
                return
            raise UnclearError(f"{tag.text} what?", asks=True)
        self.made.measures.append(Measure("value" if noun.numeric and not noun.datasets else "count", noun))

    _percent = _share

    # conditions

    def _value(self) -> None:
        tag = self.take()
        condition = Condition("value", tag.text, [tag.values], negated=self.negated or tag.negated, also=tag.names)
        while self.kind() in ("or", "and") and self.kind(1) == "value" and _same_columns(tag, self.tags[self.at + 1]):
            condition.together = self.take().kind
            tag = self.take()
            condition.values.append(tag.values)
            condition.text += f", {tag.text}"
        while self.kind() == "value" and self.tags[self.at].gap and _same_columns(tag, self.tags[self.at]):
            tag = self.take()
            condition.values.append(tag.values)
            condition.text += f", {tag.text}"
            if self.kind() in ("or", "and") and self.kind(1) == "value" and _same_columns(tag, self.tags[self.at + 1]):
                condition.together = self.take().kind
                tag = self.take()
                condition.values.append(tag.values)
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
        self.conditions().append(condition)

    def _not(self) -> None:
        self.take()
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
        if self.kind() == "name" and self._is_flag(self.tags[self.at]):
            flag = self.take()
            self.conditions().append(Condition("flag", flag.text, noun=Noun(flag.text, flag.names), negated=not flag.negated))
            return
        self.inside = made.conditions
        self._modifiers()
        if self.kind() == "concept" and self.tags[self.at].word not in self.lexicon.extreme:
            self._concept()
            made.noun = self.made.verbs.pop() if self.made.verbs else None
        elif self.kind() == "name" and self.tags[self.at].verb:
            self._verb()
            made.noun = self.made.verbs.pop() if self.made.verbs else None
        else:
            made.noun = self.noun()
        (self.made.parts if self.made.share else self.made.absent).append(made)
        columns = made.noun.columns if made.noun else []
        if columns and not made.noun.datasets:  # type: ignore[union-attr]
            self.inside = None

    def _period(self, hint: Noun | None = None) -> None:
        tag = self.take()
        if hint is not None:
            pass
        elif self.nouns and any(column.kind == "date" or column.name == "year" for column in self.nouns[-1].columns):
            hint = self.nouns.pop()
        elif (
            self.kind() == "name"
            and any(column.kind == "date" for column in self.tags[self.at].columns)
            and not self.tags[self.at].verb
        ):
            hint = self.noun()
        self.conditions().append(Condition("period", tag.text, noun=hint, period=tag.period, negated=self.negated))
        self.negated = False

    def _comparison(self) -> tuple[str, tuple[float, ...]]:
        tag = self.take()
        if tag.kind == "between":
            if self.kind() != "number" or self.kind(1) != "and":
                raise UnclearError("between which two numbers?", asks=True)
            first = self.take().number
            self.take()
            return "between", (first, self._needed_number())
        return _OPERATORS[tag.kind], (self._needed_number(),)

    def _needed_number(self) -> float:
        tag = self.take() if self.at < len(self.tags) else Tag("", "")
        if tag.kind == "period" and tag.text.isdigit():
            return float(tag.text)
        if tag.kind != "number":
            raise UnclearError(
                f"a number is missing before {tag.text!r}" if tag.text else "a number is missing at the end", asks=True
            )
        self.unit = tag.unit
        return tag.number

    def _compare(self) -> None:
        """`above 1.50`, `more than 60 orders`: about the figure before or after it."""
        before = self._figure_before()
        operator, numbers = self._comparison()
        if self.negated:
            operator = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}.get(operator, operator)
            self.negated = False
        if self.kind() == "times" and self.made.verbs:
            self.take()
            self.made.having.append(Having(Measure("count", self.made.verbs[-1]), operator, numbers))
            return
        if before is None and self.kind() == "name" and not self._is_flag(self.tags[self.at]):
            noun = self.noun()
            assert noun is not None
            if noun.datasets or not noun.numeric:
                self.made.having.append(Having(Measure("count", noun), operator, numbers))
                return
            before = noun
        if before is not None and before.metrics and not before.columns:
            self.made.having.append(Having(Measure("metric", before), operator, numbers))
            return
        self.conditions().append(
            Condition("compare", f"{operator} {numbers[-1]:g}", noun=before, operator=operator, numbers=numbers, unit=self.unit)
        )

    _more = _at_least = _less = _at_most = _equal = _between = _compare

    def _figure_before(self) -> Noun | None:
        if self.nouns and self.nouns[-1].numeric:
            return self.nouns.pop()
        if self.made.select and self.made.select[-1].numeric:
            return self.made.select.pop()
        return None

    def _compared(self, noun: Noun) -> Condition:
        operator, numbers = self._comparison()
        return Condition("compare", noun.text, noun=noun, operator=operator, numbers=numbers)

    def _number(self) -> None:
        """A number before a noun is how many of it; behind a column, its value."""
        tag = self.take()
        if self.kind() in _TRAILING:
            operator = _TRAILING[self.take().kind]
            noun = self._figure_before() or self.noun()
            self._trailing(operator, tag.number, noun)
        elif figure := (self._figure_before() or self._column_before()):
            self.conditions().append(
                Condition("compare", tag.text, noun=figure, operator="=", numbers=(tag.number,), negated=self.negated)
            )
            self.negated = False
        elif self.kind() in _RANKING or (self.kind() == "concept" and self.tags[self.at].word in self.lexicon.extreme):
            self.limit = int(tag.number)
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

    def _column_before(self) -> Noun | None:
        if (
            self.nouns
            and any(column.kind in ("number", "text") for column in self.nouns[-1].columns)
            and not self.nouns[-1].datasets
        ):
            return self.nouns.pop()
        return None

    def _ascending(self) -> None:
        tag = self.take()
        self._sort(None, tag.kind == "descending")

    _descending = _ascending

    def _sorted(self) -> None:
        self.take()
        noun = self.noun()
        descending = self.kind() == "descending"
        if self.kind() in ("ascending", "descending"):
            self.take()
        self._sort(noun, descending)

    def _sort(self, noun: Noun | None, descending: bool) -> None:
        self.made.sort = (noun or Noun(""), descending)

    def _or(self) -> None:
        self.take()
        if self.kind() not in ("value", "name", "period"):
            raise UnclearError("or what?", asks=True)

    def _and(self) -> None:
        self.take()

    def _name(self) -> None:
        tag = self.tags[self.at]
        if self._is_flag(tag):
            self.take()
            self.conditions().append(
                Condition("flag", tag.text, noun=Noun(tag.text, tag.names), negated=self.negated != tag.negated)
            )
            self.negated = False
            return None
        if self.negated:
            return self._negated_name()
        if self._led_value(tag):
            self.take()
            return self._value()
        if tag.verb:
            return self._verb()
        noun = self.noun()
        assert noun is not None
        if self._led_value(tag) and self.kind() == "value":
            return self._value()
        if (
            set(tag.after) & self.lexicon.possessing
            and not noun.datasets
            and noun.columns
            and self.kind() not in (*_OPERATORS, "between", "number")
        ):
            self.conditions().append(Condition("null", noun.text, noun=noun, negated=True))
        elif self.made.measures and noun.columns and set(noun.columns) <= set(self.made.measures[-1].noun.columns):
            return None  # "average length in milliseconds"
        elif self.aggregate and (noun.numeric or noun.sums or (noun.datasets and self.aggregate == "sum")):
            how, self.aggregate = self.aggregate, None
            self._measured(how, noun)
        elif noun.label or (
            self.made.listed and self.made.subject is None and not noun.numeric and not self.made.measures and noun.datasets
        ):
            self.made.subject = noun
        else:
            self.nouns.append(noun)
        return None

    def _verb(self) -> None:
        """`joined in 2023`, `billed to Germany`, `composed by Bach`: which date, dataset or column is meant."""
        tag = self.take()
        noun = Noun(tag.text, tag.names)
        dates = [name for name in noun.names if isinstance(name.meaning, Column) and name.meaning.kind == "date"]
        if dates and not noun.datasets:
            if self.made.measures and self.made.measures[-1].how in ("latest", "earliest"):
                how = "max" if self.made.measures.pop().how == "latest" else "min"
                self.made.measures.append(Measure(how, noun.only(dates)))
            elif self.kind() == "period":
                self._period(noun.only(dates))
            elif self.made.conditions and self.made.conditions[-1].kind == "period":
                self.made.conditions[-1].noun = noun.only(dates)
            else:
                self.nouns.append(noun)
            return None
        if self.kind() == "by" and self.kind(1) == "value" and self._led_value(tag, 1):
            self.take()
            return self._value()
        self.made.verbs.append(noun if noun.datasets else self._dataset_of(noun))
        return None

    def _dataset_of(self, noun: Noun) -> Noun:
        """The dataset whose columns a verb names in part: `billed` of billing_city and billing_country."""
        datasets = {column.dataset for column in noun.columns}
        if len(datasets) != 1:
            raise UnclearError(f"{noun.text!r} may be about {' or '.join(sorted(datasets))}", asks=True)
        return Noun(noun.text, (Name(self.known.datasets[datasets.pop()]),))

    def _negated_name(self) -> None:
        tag = self.tags[self.at]
        if self._led_value(tag):
            self.take()
            return self._value()
        if tag.verb:
            self.negated = False
            return self._absence(tag)
        noun = self.noun()
        self.negated = False
        if noun is None or noun.datasets:
            raise UnclearError(f"what is not {tag.text!r}?", asks=True)
        self.conditions().append(Condition("null", tag.text, noun=noun))
        return None

    def _led_value(self, tag: Tag, ahead: int | None = None) -> bool:
        """Whether a value of this very column, or of this dataset's names, comes next: `kind sale`, `the playlist Grunge`."""
        place = self.at + (ahead if ahead is not None else 0 if self.kind() == "value" else 1)
        if place >= len(self.tags) or self.tags[place].gap:
            return False
        led = [v for v in self.tags[place].values if _leads(tag, v, self.known)]
        if led:
            self.tags[place] = replace(self.tags[place], kind="value", names=(), values=tuple(led))
        return bool(led)


def _summing(tag: Tag, following: list[Tag]) -> Tag:
    """`total` before a figure adds it up, though a column may be called so."""
    adds = tag.sums and following and following[0].kind == "name" and not following[0].after
    return Tag("sum", tag.text, gap=tag.gap, after=tag.after, word=tag.word) if adds else tag


def _leads(tag: Tag, value: object, known: Knowledge) -> bool:
    columns = value.columns  # type: ignore[attr-defined]
    label = known.datasets[columns[0].dataset].label
    return any(column in columns for column in tag.columns) or any(
        d.name == columns[0].dataset and columns[0].name in label for d in tag.datasets
    )


def _same_columns(one: Tag, other: Tag) -> bool:
    return bool({v.columns for v in one.values} & {v.columns for v in other.values})


def _joined(noun: Noun, tag: Tag) -> Noun | None:
    """`invoice amount`, `amount of the invoices`: the columns that both agree on; None where they are two nouns."""
    own, theirs = {d.name for d in noun.datasets}, {d.name for d in tag.datasets}
    if (
        own
        and not tag.after
        and not tag.verb
        and (inner := [n for n in tag.names if not isinstance(n.meaning, Dataset) and n.meaning.dataset in own])
    ):
        return Noun(f"{noun.text} {tag.text}", tuple(inner), sums=False)
    if (
        theirs
        and not tag.verb
        and (outer := [n for n in noun.names if not isinstance(n.meaning, Dataset) and n.meaning.dataset in theirs])
    ):
        return noun.only(outer)
    return None
