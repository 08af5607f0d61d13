"""Rules for what is asked for: counts, sums, averages, shares, and what is listed."""

from __future__ import annotations

from dataclasses import replace

from boathouse.ask.intent import Having, Measure, Noun, UnclearError
from boathouse.ask.meanings import Name
from boathouse.ask.reading.cursor import AGGREGATES, OPERATORS
from boathouse.ask.reading.grouped import Grouped

_SEVERAL = {**AGGREGATES, "highest": "max", "lowest": "min"}


class Figures(Grouped):
    """Rules, each named after the kind of tag that it reads."""

    def _count(self) -> None:
        often = self.take().word in self.lexicon.often
        distinct = self.kind() == "distinct" and bool(self.take())
        if self.kind() == "period" and (period := self.tags[self.at].period) and period.weekdays:
            raise UnclearError(f"how many of what on {self.tags[self.at].text}?", asks=True)
        place, before = self.at, len(self.conditions())
        self._modifiers(unsaid=self.lexicon.possessing)
        tag = self.tags[self.at] if self.at > place and self.kind() in ("name", "value") else None
        possessed = tag and set(tag.after) & self.lexicon.possessing  # "how many cats have an insurer", "an appointment"
        if tag and (possessed or (tag.kind == "name" and tag.verb and not tag.datasets)):
            return self._count_values(before)
        noun = self.noun(counted=True)
        if noun is None:
            if self.at > place and self.kind() not in ("and", "or", "versus", "value", "unknown"):
                return self._count_values(before)
            self.pending_count = True
        elif noun.unit:
            raise UnclearError(f"how many {noun.text} of what?", asks=True)
        elif often and (deed := next((t for t in self.tags[self.at :] if t.datasets and t.kind == "name"), None)):
            self.made.mentions.append(noun)  # "how often did customers complain": complaints, of customers
            self._measured("count", Noun(deed.text, deed.names))
        elif self.aggregate in ("avg", "median"):  # "average number of polls per race", "median number of pages"
            how, self.aggregate = self.aggregate, None
            if any(column.kind == "list" for column in noun.columns):
                raise UnclearError(f"{noun.text!r} are lists: how many there are in each is more than I can count", asks=True)
            figure = noun.numeric and not noun.datasets
            self.made.measures.append(Measure(how if figure else f"{'average' if how == 'avg' else how} count", noun))
        elif noun.metrics and not noun.datasets and not distinct:  # "how many tickets did we sell", of tickets_sold
            money = [metric for metric in noun.metrics if metric.unit in self.lexicon.currencies]
            if money:
                raise UnclearError(f"how many {money[0].dataset}, or the {money[0].name}?", [money[0].name], asks=True)
            self._measured("metric", noun)
        else:
            self._measured("distinct" if distinct else "count", noun)
        return None

    def _volume(self) -> None:
        last = self.nouns[-1] if self.nouns else self.made.subject
        beside = self.at > 0 and self.tags[self.at - 1].kind == "name"
        if beside and last is not None and last.columns and not (last.datasets or last.numeric):  # "the phone numbers"
            self.take()
        elif beside and self.made.listed and not self.made.measures and last is not None and not self.made.groups:
            raise UnclearError(f"how many {last.text}, or a list of their {self.take().text}?", asks=True)
        else:
            self._count()

    def _count_values(self, place: int) -> None:
        """`how many hires in the West`, `neutered cats`: the rows that a value marks, where only one column has it."""
        if (rows := self.marked(self.conditions()[place:])) is None:
            self.pending_count = True
            return
        self.made.measures.append(Measure("count", rows))

    def _how_much(self) -> None:
        tag = self.take()
        self._modifiers()
        noun = self.noun()
        if noun is None and self.made.measures:
            raise UnclearError(f"{tag.text} of what? Two questions are asked one after the other", asks=True)
        if noun is None:
            self.aggregate = "sum"
        elif noun.numeric:
            self.made.measures.append(Measure("sum", noun))
        elif figure := self.taken({dataset.name for dataset in noun.datasets}):  # "how much did we make from ticket sales?"
            self.made.measures.append(Measure("sum", figure))
            self.made.mentions.append(noun)
        else:
            self.nouns.append(noun)
            self.aggregate = "sum"

    def _aggregate(self) -> None:
        joined = self.at > 0 and self.tags[self.at - 1].kind == "and" and bool(self.made.measures)
        tag = self.take()
        if tag.word in self.lexicon.everywhere and self.kind() == "name" and (self.made.measures or self.aggregate):
            return
        how = AGGREGATES[tag.kind]
        if self._several(how):
            return
        if self.kind() in ("count", "concept", "distinct"):
            self.aggregate = how if self.kind() != "count" or how in ("avg", "median") else None
            return
        if self.kind() in AGGREGATES and self.aggregate is None:
            self.aggregate = how
            return
        self._modifiers()
        noun = self.noun()
        if how == "sum" and self.aggregate == "avg" and noun is not None and noun.numeric:  # "average total spend per member"
            self.aggregate = None
            self.made.measures.append(Measure("average total", noun))
            return
        if noun is None and joined:  # "how many invoices, and the total?"
            raise UnclearError(f"{tag.text!r} of what?", asks=True)
        if noun is None:
            self._afterwards(how)
        elif noun.metrics or noun.numeric or noun.datasets or noun.sums:
            self._measured(how, noun)
        else:
            raise UnclearError(f"{noun.text!r} is no figure, so there is no {tag.text} of it", asks=True)

    _sum = _average = _median = _aggregate

    def _compared_in_all(self) -> bool:
        """`which suppliers charged more than 1,000 in all?`: a figure of each, added up."""
        last = self.conditions()[-1] if self.conditions() else None
        asked = self.made.subject or (self.made.measures[-1].noun if self.made.measures else None)
        if last is None or last.kind != "compare" or asked is None:
            return False
        self.conditions().pop()
        datasets = asked.datasets or [self.known.datasets[column.dataset] for column in asked.columns]
        figure = last.noun or Noun(asked.text, tuple(Name(dataset) for dataset in datasets))
        self.made.having.append(Having(Measure("sum", figure), last.operator, last.numbers))
        return True

    def _several(self, how: str) -> bool:
        """`average, minimum and maximum age`: several figures of one noun."""
        every, place = [how], self.at
        while (self.kind() in _SEVERAL and self.tags[self.at].gap) or (self.kind() == "and" and self.kind(1) in _SEVERAL):
            every.append(_SEVERAL[(self.take() if self.kind() != "and" else (self.take(), self.take())[1]).kind])
        if len(every) > 1 and self.kind() in ("count", "volume"):  # "minimum and maximum number of products", of number_products
            self.take()
        noun = self.noun() if len(every) > 1 else None
        if noun is None or not noun.numeric:
            self.at = place
            return False
        self.made.measures += [Measure(one, noun) for one in every]
        return True

    def _afterwards(self, how: str) -> None:
        """`… on average`, `… in total`: about what was named before; else about what comes."""
        measures = self.made.measures
        if how == "sum" and (self.made.subject or measures) and self._compared_in_all():
            return
        if how == "sum" and self.made.having:  # "more than 30 tickets overall"
            return
        if how == "sum" and self.made.rank and self.made.rank.measure:
            if self.made.rank.measure.how == "each":  # "the highest cost overall"
                self.made.rank.measure = Measure("sum", self.made.rank.measure.noun)
            return  # "the most docks in total"
        if how == "sum" and measures and measures[-1].how in ("count", "sum", "metric", "distinct"):
            return  # "how many orders in total"
        if how != "sum" and measures and measures[-1].how == how:
            return  # said twice
        if how != "sum" and self.made.rank and self.made.rank.measure and self.made.rank.measure.how in ("value", "each"):
            self.made.rank.measure = Measure(how, self.made.rank.measure.noun)  # "the lowest rating on average"
            return
        figures = [verb for verb in self.made.verbs if verb.numeric and not verb.datasets]
        if not measures and figures and how != "sum":  # "what does a teacher earn on average?"
            self.made.verbs.remove(figures[-1])
            measures.append(Measure(how, figures[-1]))
            return
        if measures and measures[-1].how in ("count", "value", "sum"):
            last = measures.pop()
            counted = last.how == "count" and not any(column.is_measure for column in last.noun.columns)
            measures.append(Measure(f"{'average' if how == 'avg' else how} count" if counted else how, last.noun))
            return
        self.aggregate = how

    def _measured(self, how: str, noun: Noun) -> None:
        measure = Measure(how, noun)
        compared = self.kind() in OPERATORS and self.kind(1) == "number"
        if (
            compared and self.made.subject is None and self.nouns and not self.nouns[-1].numeric
        ):  # "genres with an average length above …"
            self.made.subject, self.made.listed = self.nouns.pop(), True
        if compared and (self.made.subject is not None or self.made.groups):
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
        if noun.metrics or (noun.numeric and self.first_word not in (*self.lexicon.commands, *self.lexicon.listing)):
            self._measured("distinct", noun)
        else:
            self.made.subject, self.made.listed = noun, True

    def _which(self) -> None:
        tag = self.take()
        named = self.made.measures or self.made.select or self.made.subject or self.nouns
        if tag.word in self.lexicon.relative and self.at > 1 and not tag.gap and named and not self.behind("and"):
            return  # "the number of cities which banks are located in"
        if (self.made.measures or self.made.select) and self.behind("and"):
            raise UnclearError("those are two questions: ask one after the other", asks=True)
        self.made.listed = self.made.listed or bool(tag)
        if self.kind() == "number" and self.kind(1) in ("name", "calendar"):
            self.limit = self.how_many(self.take())
        if self.kind() == "distinct":
            self.take()
        place = self.at
        self._modifiers()
        if self.kind() not in ("name", "calendar", "label") or self._is_flag(self.tags[self.at]):
            return
        if set(self.tags[self.at].after) & self.lexicon.asking_verbs:
            self.done_by = True
            return
        nouns = self.nouns_listed(counted=True)
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

    def _change(self) -> None:
        self.take()
        self.changed = True

    def _label(self) -> None:
        if self.kind(1) == "value" and not self.tags[self.at + 1].gap and self.made.listed + len(self.made.measures) > 0:
            self.take()  # "the document with the name Welcome"
            columns = [self.known.datasets[v.columns[0].dataset].label for v in self.tags[self.at].values]
            led = tuple(v for v, label in zip(self.tags[self.at].values, columns, strict=True) if v.columns[0].name in label)
            self.tags[self.at] = replace(self.tags[self.at], values=led or self.tags[self.at].values, led=bool(led))
            self.rule("value")
            return
        self.made.select += self.nouns_listed()
        self.made.listed = True

    def _share(self) -> None:
        tag = self.take()
        self.made.share = 100 if tag.kind == "percent" else 1
        self.made.part, self.made.conditions = self.made.conditions, []  # "Germany's share of …"
        if self.kind() == "per":  # "share of each plan among active subscriptions"
            self._per()
            self.shared_out = True
        self._modifiers(unsaid=self.lexicon.being)  # "share of dogs that are neutered": of all dogs
        self.whole = len(self.made.conditions)
        named = self.tags[self.at] if self.kind() == "name" else None
        theirs = named and self.whole and set(named.after) & self.lexicon.possessing  # "share of rabbits that have a bill"
        noun = None if theirs or (named and self._is_flag(named)) else self.noun()
        if noun is None and self.kind() == "period":
            self._period()
            self._modifiers()
            noun = self.noun()
        if noun is None:
            if self.kind() in ("sum", "count"):
                return
            noun = self.marked(self.made.conditions)  # "percentage of dogs that are insured"
        if noun is None:
            raise UnclearError(f"{tag.text} what?", asks=True)
        self.made.measures.append(Measure("value" if noun.numeric and not noun.datasets else "count", noun))

    _percent = _share
