"""Rules for the most, the latest, the longest: what is ranked, and by which figure."""

from __future__ import annotations

from boathouse.ask.intent import Absent, Measure, Noun, Rank, UnclearError
from boathouse.ask.meanings import Column, Metric, Name
from boathouse.ask.reading.conditions import Conditions
from boathouse.ask.reading.cursor import OPERATORS, RANKING
from boathouse.ask.words import Tag


class Ranking(Conditions):
    """Rules, each named after the kind of tag that it reads."""

    def _ranking(self) -> None:
        """`top 5 X`, `the most X`, `biggest X`, `latest X`."""
        tag = self.take()
        self._only_one(tag)
        descending = RANKING[tag.kind]
        if self.kind() == "and" and self.kind(1) in RANKING:
            return self._both_ends(tag)
        if self.kind() == "number":
            self.limit = self.how_many(self.take())
        if tag.kind in ("highest", "lowest") and self.kind() in ("sum", "average", "median", "count"):
            self.made.rank = Rank(descending, self.limit)
            if self.made.subject is None and self.nouns:
                self.made.subject = self.nouns.pop()
            return None
        again = RANKING.get(self.kind()) == descending  # "the top 5 largest areas"
        if again or (self.kind() == "only" and self.kind(1) == "name"):  # "the largest single payment"
            self.take()
        self._modifiers()
        if self.kind() == "name" and self.tags[self.at].verb and self._ranked_done(tag, descending):
            return None
        noun = self.noun() or self._of_the_value(tag)
        self._of_the_first(noun, tag)
        if noun is None:
            self._ranked_before(tag, descending)
        elif tag.kind in ("latest", "earliest", "last"):
            self._ranked_by_time(noun, descending, tag.word)
        elif tag.kind in ("most", "fewest"):
            how = "sum" if noun.numeric and not noun.datasets else "count"
            self._ranked_by(Measure(how, noun), descending)
        elif noun.numeric and not noun.datasets:
            if set(tag.after) & self.lexicon.possessing and self.made.subject is None and self.nouns and self.nouns[-1].datasets:
                self.made.subject = self.nouns.pop()  # "polls with the lowest error"
            self._ranked_by(Measure("value" if noun.metrics else "each", noun), descending)
        else:
            self._ranked_later(noun, descending, tag)
        return None

    def _of_the_first(self, noun: Noun | None, tag: Tag) -> None:
        """`the stories of the highest building` are no figure to rank it by."""
        last = self.nouns[-1] if self.nouns else None
        if noun and noun.datasets and self.lexicon.genitive & set(tag.after) and last and last.columns and not last.datasets:
            self.made.select.append(self.nouns.pop())

    def _ranked_later(self, noun: Noun, descending: bool, tag: Tag) -> None:
        """`the biggest customers`: by what is said later, or goes without saying."""
        said = any(one.kind in ("by", "sum", "average", "count") for one in self.tags[self.at :])
        if not (noun.datasets or noun.unit or said or self.limit or tag.word in self.lexicon.tops):
            raise UnclearError(f"{noun.text!r} is no figure to be the {tag.text} of", asks=True)
        self.made.rank, self.made.subject = Rank(descending, self.limit), noun

    def _both_ends(self, tag: Tag) -> None:
        """`first and last polldate`."""
        self.take()
        other = self.take()
        noun = self.noun()
        if noun is None:
            raise UnclearError(f"{tag.text} and {other.text} what?", asks=True)
        self.made.measures += [Measure("max" if RANKING[kind] else "min", noun) for kind in (tag.kind, other.kind)]

    _highest = _lowest = _most = _fewest = _latest = _earliest = _last = _ranking

    def _ranked_done(self, tag: Tag, descending: bool) -> bool:
        """Whether what is ranked stands behind a verb: most streamed songs, the most recently hired driver."""
        if tag.kind in ("most", "fewest", "highest", "lowest"):
            return self._most_done(descending)
        return self._latest_done(descending)

    def _latest_done(self, descending: bool) -> bool:
        """`the most recently hired driver`: by the date that the verb names."""
        if self.kind(1) != "name" or not self.tags[self.at + 1].datasets:
            return False
        dates = [name for name in self.tags[self.at].names if isinstance(name.meaning, Column) and name.meaning.kind == "date"]
        if not dates:
            return False
        verb = self.take()
        self.made.subject = self.noun()
        self.made.rank = Rank(descending, self.limit, Measure("each", Noun(verb.text, tuple(dates))))
        return True

    def _of_the_value(self, tag: Tag) -> Noun | None:
        """`when was the last major collision?`: the latest of the rows that these values mark."""
        last = self.made.conditions[-1] if self.made.conditions else None
        if tag.kind not in ("latest", "earliest", "last") or not self.asked_when or last is None or last.kind != "value":
            return None
        datasets = {value.columns[0].dataset for value in last.values[0]}
        return Noun(last.text, (Name(self.known.datasets[datasets.pop()]),)) if len(datasets) == 1 else None

    def _most_done(self, descending: bool) -> bool:
        """`most streamed songs`: songs by their streams."""
        verb = self.take()
        noun = self.noun()
        if noun is None:
            self.at -= 1
            return False
        figure = Noun(verb.text, verb.names)
        self.made.subject = noun
        self.made.rank = Rank(descending, self.limit, Measure("value" if figure.numeric else "count", figure))
        return True

    def _ranked_by(self, measure: Measure, descending: bool) -> None:
        if self.made.subject is None and self.nouns and (self.made.listed or self.limit):
            self.made.subject = self.nouns.pop(0)
        if self.made.subject is None and self.made.select:
            alone = (
                len(self.made.select) == 1
                and measure.how == "count"
                and not (self.made.select[0].label or self.made.select[0].whose)
            )
            self.made.subject = self.made.select.pop() if alone else self.rows_of(self.made.select)
        if self.made.subject is None and measure.how in ("value", "each"):
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
        elif self.date and made.subject and tag.kind in ("latest", "earliest"):  # "which shop opened most recently?"
            made.rank = Rank(descending, self.limit, Measure("each", self.date))
        elif tag.kind == "last" and (self.aggregate or made.measures or self.kind() in OPERATORS):
            return  # "how long does it last"
        else:
            raise UnclearError(f"{tag.text!r} by which figure?", asks=True)

    def _ranked_by_time(self, noun: Noun, descending: bool, word: str) -> None:
        dates = [n for n in noun.names if isinstance(n.meaning, Column) and n.meaning.kind == "date"]
        if dates:
            self.made.measures.append(Measure("max" if descending else "min", noun.only(dates)))
        elif noun.datasets and self.asked_when:
            self.made.measures.append(Measure("latest" if descending else "earliest", noun))
        elif noun.datasets:
            how = "since" if word in self.lexicon.fresh else "time"  # "the newest agents", by when they were hired
            self.made.subject, self.made.rank = noun, Rank(descending, self.limit, Measure(how, noun))
        else:
            raise UnclearError(f"{noun.text!r} has no date to be the latest or earliest by", asks=True)

    def _concept(self) -> None:
        """A word such as `longest`, `cost` or `sold`: what it looks for in the lake."""
        tag = self.take()
        wanted = self.lexicon.concepts[tag.word]
        found = [
            [
                name
                for name in self.known.named(self.lexicon.tokens(word.replace("_", " ")))
                if name.cost < 2 or word not in self.lexicon.measured
            ]
            for word in wanted  # `minutes` alone does not make delay_minutes a length
        ]
        near = [[name for name in some if name.cost == some[0].cost] for some in map(_by_cost, found) if some]
        names = [name for some in near for name in some] if tag.word in self.lexicon.extreme else next(iter(near), [])
        noun = Noun(tag.text, tuple(names))
        if not names and tag.word in self.lexicon.bringing and any(other.word in self.lexicon.takes for other in self.tags):
            return  # "which species earns us the most revenue"
        if tag.word in self.lexicon.extreme:
            self._extreme(tag, noun)
        elif self.kind() in (*OPERATORS, "between") and self.kind(1) == "number":
            self.conditions().append(self._compared(noun))
        elif self.kind() == "name" and any(name.meaning is n.meaning for n in self.tags[self.at].names for name in names):
            return
        elif self.negated:  # "products not sold in West"
            self.negated, missing = False, Absent(noun)
            (self.made.parts if self.made.share else self.made.absent).append(missing)
            self.inside = missing.conditions
        elif self.inside is not None and self.made.absent and self.made.absent[-1].noun is not None:
            raise UnclearError(f"{tag.text!r} of what there is none of: ask in two questions", asks=True)
        else:
            self.made.verbs.append(noun)

    def _extreme(self, tag: Tag, figure: Noun) -> None:
        descending = tag.word not in self.lexicon.low
        if self.kind() in ("average", "median") and tag.word not in self.lexicon.speeds:  # "the longest average delivery time"
            self.made.rank = Rank(descending, self.limit)
            return
        first = self.made.rank
        if (
            first
            and first.measure
            and self.made.listed
            and figure.names
            and first.descending != descending
            and not self.behind("and")
        ):
            self.made.rank, self.made.sort = None, (first.measure.noun, first.descending)  # "from cheapest to dearest"
            self.made.select.append(first.measure.noun)
            return
        self._only_one(tag)
        if self.kind() == "earliest" and self.made.subject is None:  # "products and prices, cheapest first"
            self.made.subject = next((noun for noun in self.nouns if noun.datasets), None)
            self.nouns = [noun for noun in self.nouns if noun is not self.made.subject]
            self.made.listed = True
        if self.kind() == "number":
            self.limit = self.how_many(self.take())
        self._modifiers()
        noun = None if self.kind() == "earliest" else self.noun()
        if noun is not None and noun.numeric and not noun.datasets:
            if tag.word in self.lexicon.speeds:
                raise UnclearError(f"{tag.text!r}: the shortest or the longest {noun.text}?", asks=True)
            self._ranked_by(Measure("value", noun), self._by_age(tag, noun, descending)[1])
            return
        if not figure.names and not any(one.kind == "by" for one in self.tags[self.at :]):
            raise UnclearError(f"{tag.text!r} by which figure?", asks=True)
        subject = self.made.subject
        if noun and subject and subject.datasets and not {d.name for d in noun.datasets} & {d.name for d in subject.datasets}:
            self.nouns.insert(0, subject)  # "customers who bought the most expensive product": which product is meant
        self.made.subject = noun or subject
        own = {dataset.name for dataset in self.made.subject.datasets} if self.made.subject else set()
        figure = figure.only([name for name in figure.names if name.dataset in own] or list(figure.names))
        figure, descending = self._by_age(tag, figure, descending)
        self._ranked_as(tag, figure, descending, own)

    def _by_age(self, tag: Tag, figure: Noun, descending: bool) -> tuple[Noun, bool]:
        """The oldest was born first, and has the highest age: by the date where there is one."""
        if tag.word not in self.lexicon.ages:
            return figure, descending
        born = [n for n in figure.names if isinstance(n.meaning, Column) and n.meaning.kind == "date"]
        ages = [n for n in figure.names if isinstance(n.meaning, Column) and self.lexicon.is_age(n.meaning.name)]
        chosen = born or ages
        return (figure.only(chosen) if chosen else figure), descending != bool(ages and not born)

    def _only_one(self, tag: Tag) -> None:
        """Raises UnclearError for `the cheapest and the dearest`, and for what there is none of."""
        if self.made.rank is not None and self.behind("and"):
            raise UnclearError(f"{tag.text!r} as well: ask for one after the other", asks=True)
        if self.inside is not None or self.negated:
            raise UnclearError(f"{tag.text!r} of what there is none of: ask in two questions", asks=True)

    def _ranked_as(self, tag: Tag, figure: Noun, descending: bool, own: set[str]) -> None:
        """Ranks what has been named by a figure of its own, or by what is said later."""
        if not figure.names:
            self.made.rank = Rank(descending, self.limit)
        elif self.kind() == "earliest" and self.made.listed and self.made.subject:  # "cheapest first"
            if not {name.dataset for name in figure.names} <= own:
                raise UnclearError(f"{tag.text!r} by which figure?", asks=True)
            self.take()
            self.made.select += [] if any(one.columns for one in self.made.select) else [figure]
            self.made.sort = (figure, descending)
        else:
            how = "value" if tag.word.endswith("selling") or figure.metrics else "each"  # the cheapest is no sum of prices
            self.made.rank = Rank(descending, self.limit, Measure(how, figure))

    def _frequent(self) -> None:
        """`the three most common titles`: values by how many rows have them."""
        tag = self.take()
        descending = tag.kind == "frequent"
        noun = self.noun() or self.made.subject  # "which method is used most?"
        done = [one for one in (*self.nouns, *self.made.verbs) if one.datasets]
        if noun is not None and noun is self.made.subject and noun.datasets and done:  # "which beer did we brew most often?"
            self.made.rank = Rank(descending, self.limit, Measure("count", done[-1]))
            self.nouns = [one for one in self.nouns if one is not done[-1]]
            return
        if tag.word in self.lexicon.busy and not (noun and noun.unit):
            raise UnclearError(f"{tag.text!r} by the number of what? Say 'the most …'", asks=True)
        if noun is not None and noun.unit:  # "the busiest month for deliveries"
            self.made.subject, self.made.rank = Noun(noun.text, unit=noun.unit), Rank(descending, self.limit)
            return
        if noun is None or not noun.columns or noun.datasets:
            raise UnclearError("the most frequent what?", asks=True)
        if any(one.label for one in self.made.select):  # "the names of customers who use the most frequent method"
            raise UnclearError(
                f"the {tag.text} {noun.text}, or those who have it? Ask for the one, then for the other", asks=True
            )
        if self.made.subject is not None and not set(self.made.subject.columns) & set(noun.columns):
            raise UnclearError(f"{self.made.subject.text}, or the {tag.text} {noun.text}?", asks=True)
        rows = Noun(noun.text, tuple(Name(self.known.datasets[name]) for name in dict.fromkeys(c.dataset for c in noun.columns)))
        self.made.subject, self.made.rank = noun, Rank(descending, self.limit, Measure("count", rows))

    _rare = _frequent


def _by_cost(names: list[Name]) -> list[Name]:
    return sorted(names, key=lambda name: name.cost)
