"""Rules for what figures are of: by what they are grouped, per what they are averaged, who did it."""

from __future__ import annotations

from dataclasses import replace

from boathouse.ask.intent import Measure, Noun, Rank, UnclearError
from boathouse.ask.reading.conditions import Conditions
from boathouse.ask.reading.cursor import AGGREGATES, OPERATORS, RANKING
from boathouse.ask.words import Tag


class Grouped(Conditions):
    """Rules, each named after the kind of tag that it reads."""

    def _not_by_a_value(self) -> None:
        """`complaints by email`, which is a channel of theirs, and an address of whom they are from."""
        tag, asked = self.tags[self.at], self._asked()
        deeds = (*self.made.verbs, *(one.noun for one in self.made.absent if one.noun))
        done = {name.dataset for deed in deeds for name in deed.names}
        theirs = {value.columns[0].dataset for value in tag.values}
        if theirs & done or (theirs & asked and not {name.dataset for name in tag.names} & asked):
            meant = tag.values[0].columns[0].name
            raise UnclearError(f"by {tag.text}: each {tag.text}, or those whose {meant} is {tag.text}?", asks=True)

    def _by(self) -> None:
        tag = self.take()
        if self.kind() == "":
            raise UnclearError(f"{tag.text} what?", asks=True)
        if self.kind() == "value" and self.nouns:  # "albums by Iron Maiden" are not called so
            own = {dataset.name for dataset in self.nouns[-1].datasets}
            others = tuple(value for value in self.tags[self.at].values if value.columns[0].dataset not in own)
            self.tags[self.at] = replace(self.tags[self.at], values=others or self.tags[self.at].values)
        if self.kind() in ("value", "period") or self._is_doer(tag) or self._is_chosen():
            return
        rank = self.made.rank
        if self.kind() in ("count", *AGGREGATES, "distinct"):
            self._by_a_figure()
            return
        if self.kind() == "label":
            raise UnclearError(f"{tag.text} the name of what?", asks=True)
        self._not_by_a_value()
        nouns = self.nouns_listed()
        counted = {name.dataset for measure in self.made.measures for name in measure.noun.names}
        if tag.word in self.lexicon.throughout and nouns and all({d.name for d in noun.datasets} & counted for noun in nouns):
            self.nouns += nouns  # "the average age across artists": of them all
        elif rank and rank.measure is None and len(nouns) == 1 and nouns[0].datasets and self.kind() in ("count", "volume"):
            self.take()
            rank.measure = Measure("count", nouns[0])  # "by account count"
        elif rank and rank.measure is None and len(nouns) == 1 and nouns[0].numeric:
            rank.measure = Measure("value", nouns[0])
        elif not nouns:
            raise UnclearError(f"{tag.text} what?", asks=True)
        elif self.kind() in ("ascending", "descending") and len(nouns) == 1 and self._asks_for_no_figure():
            self.made.sort = (nouns[0], self.take().kind == "descending")  # "orders by date, descending"
            self.made.listed = True
        elif self._is_no_group(nouns):
            text = nouns[0].text
            raise UnclearError(f"{tag.text} {text}: sorted by it, or how many of each?", [f"sorted by {text}"], asks=True)
        else:
            self.made.groups += nouns

    def _by_a_figure(self) -> None:
        """`customers by number of orders`: of each; `top customers by …` are ranked."""
        named = [self.made.subject] if self.made.subject else self.nouns[-1:]
        if self.made.rank is None and self.limit is None and named and not self.made.measures:
            self.made.groups += named
            self.nouns = [noun for noun in self.nouns if noun not in named]
            self.made.subject = None
        elif self.made.rank is None:
            self.made.rank = Rank(True, self.limit)

    def _asks_for_no_figure(self) -> bool:
        made = self.made
        figures = made.measures or self.aggregate or self.pending_count or made.rank or made.share
        return not (figures or any(noun.numeric for noun in self.nouns))

    def _is_no_group(self, nouns: list[Noun]) -> bool:
        """`products by price`, where no figure was asked for."""
        return self._asks_for_no_figure() and len(nouns) == 1 and nouns[0].numeric and not (nouns[0].datasets or nouns[0].metrics)

    def _is_chosen(self) -> bool:
        """`used by the most documents`, `by more than one`, `songs by the youngest singer`: by those, and not by each."""
        concept = self.kind() == "concept" and self.tags[self.at].word in self.lexicon.extreme
        done = self.at > 1 and (
            self.tags[self.at - 2].verb or bool(self.tags[self.at - 1].after) or self.tags[self.at - 2].kind == "name"
        )
        following = next((one for one in self.tags[self.at :] if one.kind == "name"), None)
        rows = following is not None and bool(following.datasets)
        return self.made.rank is None and done and rows and (concept or self.kind() in (*RANKING, *OPERATORS))

    def _is_doer(self, tag: Tag) -> bool:
        """`hours missed by students from Oakham`: who did it; `by student` would be a group."""
        verb = self.tags[self.at - 2] if self.at > 1 else None
        done = {*tag.after} & self.lexicon.doing or (
            verb is not None and not tag.after and verb.word.endswith(self.lexicon.verb_endings)
        )
        if not done or self.kind() == "" or not self.tags[self.at].datasets:
            return self.kind() == "value"
        following = self.tags[self.at]
        return following.word.endswith("s") and self.lexicon.stem(following.word) != following.word

    def _per(self) -> None:
        tag = self.take()
        if self.kind() == "distinct":
            self.take()
        nouns = self.nouns_listed()
        figures = self.made.measures or self.aggregate or self.pending_count
        if not nouns and figures and (self.made.select or self.made.subject):  # "type codes and the number of templates for each"
            return
        if not nouns:
            raise UnclearError(f"{tag.text} what?", asks=True)
        shown = self.made.select or (
            self.nouns and self.nouns[-1].columns and not (self.nouns[-1].datasets or self.nouns[-1].numeric)
        )
        if shown and not figures and len(nouns) == 1 and nouns[0].datasets:  # "the name and age of every singer"
            if self.made.select and all(noun.numeric and not noun.label for noun in self.made.select):
                self.made.subject = nouns[0]  # "show the amount of each order"
            else:
                self.nouns += nouns
            self.made.listed = True
            return
        if any(noun.numeric and noun.text.lower() in self.lexicon.units for noun in nouns):  # "rent per sqm"
            raise UnclearError(f"{tag.text} {nouns[0].text}: one divided by the other is more than I can read", asks=True)
        last = self.made.measures[-1] if self.made.measures else None
        if (
            last and last.how == "avg" and last.noun.text.split()[-1].lower() in self.lexicon.takes
        ):  # "average revenue per customer"
            self.made.measures[-1] = Measure("average total", last.noun)
        ratio = any(" " in measure.how for measure in self.made.measures)
        if (ratio or self.aggregate == "avg" or self._averages_a_metric()) and len(nouns) == 1:
            if self.made.ratio is not None:
                raise UnclearError(f"per {self.made.ratio.text}, or per {nouns[0].text}?", asks=True)
            self.made.ratio = nouns[0]
        elif self.made.ratio is not None and ratio is False and self._averages_a_metric():
            raise UnclearError(f"per {self.made.ratio.text}, or per {nouns[0].text}?", asks=True)
        else:
            self.made.groups += nouns

    def _averages_a_metric(self) -> bool:
        return any(measure.how == "avg" and measure.noun.metrics for measure in self.made.measures)

    def _rhythm(self) -> None:
        tag = self.take()
        self.made.groups.append(Noun(tag.text, unit=tag.unit))

    def _calendar(self) -> None:
        self.nouns.append(self.noun() or Noun(""))
