"""Rules for names of datasets, columns and metrics that no other rule took."""

from __future__ import annotations

from dataclasses import replace

from boathouse.ask.intent import Absent, Condition, Measure, Noun, UnclearError
from boathouse.ask.meanings import Column, Name
from boathouse.ask.reading import attributes
from boathouse.ask.reading.cursor import OPERATORS
from boathouse.ask.reading.figures import Figures
from boathouse.ask.words import Tag


class Names(Figures):
    """Rules, each named after the kind of tag that it reads."""

    def _name(self) -> None:
        tag = self.tags[self.at]
        if self._is_flag(tag):
            self.take()
            flag = Noun(tag.text, tag.names)
            negated, of = self.negated != tag.negated, self.before_name()
            self.conditions().append(Condition("flag", tag.text, noun=flag, negated=negated, of=of))
            self.negated = False
        elif tag.negated:
            self._undone(tag)
        elif self.negated:
            self._negated_name()
        elif not self._before_a_value(tag):
            if tag.verb:
                self._verb()
            else:
                self._noun_alone(tag)

    def _undone(self, tag: Tag) -> None:
        """`open`, `unpaid`: those that have no such date yet."""
        self.take()
        if self.kind() == "period":
            raise UnclearError(f"{tag.text} {self.tags[self.at].text}: begun then, or not over by then?", asks=True)
        noun = Noun(tag.text, tag.names)
        self.conditions().append(Condition("null", tag.text, noun=noun, negated=self.negated, undone=True))
        self.negated = False

    def _before_a_value(self, tag: Tag) -> bool:
        """Whether a name only leads to a value, or is one itself."""
        if self._led_value(tag):
            self.take()
            self._value()
            return True
        if self.kind(1) == "not" and self._led_value(tag, 2):  # "any reason other than damage"
            self.take()
            self.rule("not")
            return True
        if self._names_the_row_of(tag):
            return True
        following = self.tags[self.at + 1] if self.kind(1) == "name" else None
        if following and not following.gap and (led := tuple(v for v in tag.values if v.columns[0] in following.columns)):
            self.tags[self.at] = replace(tag, kind="value", names=(), values=led)  # "Team plans", where there are teams as well
            self._value()
            return True
        figures = [metric for noun in (*self.nouns, *(m.noun for m in self.made.measures)) for metric in noun.metrics]
        there = bool(self.made.measures) and bool(tag.after)  # "average amount of a sale"
        so = bool(self.nouns) and bool(set(tag.after) & self.lexicon.being)  # "orders that are sales"
        if (
            tag.values and tag.metrics and (there or so or any(metric in figures for metric in tag.metrics))
        ):  # "revenue from sales"
            self.tags[self.at] = replace(tag, kind="value", names=())
            self._value()
            return True
        return False

    def _noun_alone(self, tag: Tag) -> None:
        noun = self.noun()
        assert noun is not None
        made = self.made
        if self.kind() == "value" and self._led_value(tag):
            self._value()
        elif self._is_key(noun):
            made.select, made.listed = [*made.select, noun], True
        elif every := attributes.listed(self, noun):
            made.select, made.listed = [*made.select, *every], True
        elif self._must_be_there(tag, noun):
            self.conditions().append(Condition("null", noun.text, noun=noun, negated=True))
        elif made.measures and noun.datasets and self.at > 1 and self.tags[self.at - 2].kind == "and" and not made.having:
            raise UnclearError(f"and {noun.text}: one figure at a time, please", asks=True)
        elif noun.numeric and not noun.datasets and self.kind() in (*OPERATORS, "between"):  # "whose area is above 300"
            self.nouns.append(noun)
        elif made.measures and noun.columns and set(noun.columns) <= set(made.measures[-1].noun.columns):
            return  # "average length in milliseconds"
        elif self.aggregate and (noun.numeric or noun.sums or (noun.datasets and self.aggregate == "sum")):
            how, self.aggregate = self.aggregate, None
            self._measured(how, noun)
        elif noun.label or self._is_listed(noun):
            made.subject = noun
        else:
            self.nouns.append(noun)

    def _is_key(self, noun: Noun) -> bool:
        """`the ids of …`, of which nothing is counted and that no value follows."""
        said = self.lexicon.is_key(noun.text) and noun.columns and not noun.datasets
        busy = (
            self.made.measures
            or self.made.rank
            or self.aggregate
            or self.pending_count
            or self.kind() in ("number", "value", "and")
        )
        return bool(said and not busy)

    def _must_be_there(self, tag: Tag, noun: Noun) -> bool:
        """`with an email`, where nothing that is compared follows."""
        after, words = set(tag.after), self.lexicon
        compared = self.kind() in (*OPERATORS, "between", "number", "period", "not")
        compared = compared or (self.kind() == "and" and self.kind(1) in ("count", "sum", "average"))  # is to be shown
        return bool(after & words.possessing and noun.columns and not (noun.datasets or after & words.theirs or compared))

    def _is_listed(self, noun: Noun) -> bool:
        made = self.made
        return bool(made.listed and noun.datasets and not (noun.numeric or made.subject or made.measures or made.select))

    def _names_the_row_of(self, tag: Tag) -> bool:
        """`report to Andrew Adams`, `advisor Ada`: the row that a column names, by its own name."""
        following = self.tags[self.at + 1] if self.kind(1) == "value" else None
        if following is None or tag.datasets or self.lexicon.belonging & set(following.after):  # "the manager of Ada" is another
            return False
        for relation in self.known.relations:
            column = self.known.datasets[relation.child].columns[relation.column]
            values = tuple(v for v in following.values if v.columns[0].dataset == relation.parent)
            if column in tag.columns and values:
                self.at += 2
                condition = Condition("value", following.text, [values], negated=self.negated, via=column)
                self.negated = False
                self.conditions().append(condition)
                return True
        return False

    def _outside(self, tag: Tag) -> None:
        """What is done by those that there must be none of is more than can be read."""
        if self.inside is not None:
            raise UnclearError(f"{tag.text!r} of what there is none of: ask in two questions", asks=True)

    def _verb(self) -> None:
        """`joined in 2023`, `billed to Germany`, `composed by Bach`: which date, dataset or column is meant."""
        tag = self.take()
        noun = Noun(tag.text, tag.names)
        self._outside(tag)
        if self.kind() in (*OPERATORS, "between") and noun.numeric:  # "rated under 3"
            self.nouns.append(noun)
            return None
        dates = [
            name
            for name in noun.names
            if isinstance(name.meaning, Column) and (name.meaning.kind == "date" or name.meaning.is_year)
        ]
        if dates and not noun.datasets:
            grouped = self.tags[self.at - 2].kind == "calendar" if self.at > 1 else False
            if grouped and self.made.groups and self.made.groups[-1].unit:  # "by month reported"
                self.made.groups[-1] = replace(self.made.groups[-1], names=tuple(dates))
            elif self.made.measures and self.made.measures[-1].how in ("latest", "earliest"):
                how = "max" if self.made.measures.pop().how == "latest" else "min"
                self.made.measures.append(Measure(how, noun.only(dates)))
            elif self.kind() == "period":
                self._of_the_figure(noun, dates)
                self._period(noun.only(dates))
            elif self.made.conditions and self.made.conditions[-1].kind == "period":
                self._of_what_is_named(noun, dates)
                self.made.conditions[-1].noun = noun.only(dates)
            else:
                self.date = noun.only(dates)
                self.made.verbs.append(self._dataset_of(noun))
                if any(column.nulls for column in self.date.columns):  # "recorded as deceased": those that have such a date
                    self.conditions().append(Condition("null", tag.text, noun=self.date, negated=True))
            return None
        if self.kind() == "by" and self.kind(1) == "value" and self._led_value(tag, 1):
            self.take()
            return self._value()
        self.made.verbs.append(noun if noun.datasets else self._dataset_of(noun))
        led = self.kind() == "value" and any(value.columns[0] in noun.columns for value in self.tags[self.at].values)
        if self._is_filled(tag) and not led:  # "insured pets", of insurer
            self.conditions().append(Condition("null", tag.text, noun=noun, negated=True))
        return None

    def _of_the_figure(self, verb: Noun, dates: list[Name]) -> None:
        """`how much rent was paid in October?`, where the rent is of the flats, and what is paid of something else."""
        figures = [measure.noun for measure in self.made.measures if "count" not in measure.how]
        within = {name.dataset for noun in figures for name in noun.names}
        if within and not within & {name.dataset for name in dates}:
            raise UnclearError(f"{figures[0].text!r} is not of what was {verb.text}: ask for a figure of that", asks=True)

    def _of_what_is_named(self, verb: Noun, dates: list[Name]) -> None:
        """`enrolments of this year ended with …`: a verb behind a period is about its date, unless that is another thing's."""
        named = {d.name for noun in (*self.nouns, *(m.noun for m in self.made.measures)) for d in noun.datasets}
        if named and not named & {name.dataset for name in dates}:
            raise UnclearError(f"{self.made.conditions[-1].text!r}: when what was {verb.text}?", asks=True)

    def _negated_name(self) -> None:
        tag = self.tags[self.at]
        if self._led_value(tag):
            self.take()
            return self._value()
        if tag.verb and self.kind(1) == "value" and self.lexicon.phrases.get((tag.word,)) == "filler":  # "not located in the USA"
            self.take()
            return self._value()
        if tag.verb and self.kind(1) == "by" and self._led_value(tag, 2):  # "not insured by Petsure"
            self.at += 2
            return self._value()
        if tag.verb and self.kind(1) == "period" and any(column.kind == "date" for column in tag.columns):
            raise UnclearError(f"not {tag.text} {self.tags[self.at + 1].text}: at another time, or not at all?", asks=True)
        if tag.verb:
            self.negated = False
            return self._absence(tag)
        if tag.datasets and self.kind(1) == "label" and self.kind(2) == "value":  # "except the account with the name Brown"
            self.at += 2
            return self._value()
        noun = self.noun()
        self.negated = False
        if noun is not None and noun.datasets:
            missing = Absent(noun)
            (self.made.parts if self.made.share else self.made.absent).append(missing)
            self.inside = missing.conditions  # "not used by any phone with …"
            return None
        if noun is None or not any(column.kind in ("text", "list", "date") and column.nulls for column in noun.columns):
            raise UnclearError(f"what is not {tag.text!r}?", asks=True)
        self.conditions().append(Condition("null", tag.text, noun=noun))
        return None
