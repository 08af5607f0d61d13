"""Rules for names of datasets, columns and metrics that no other rule took."""

from __future__ import annotations

from boathouse.ask.intent import Absent, Condition, Measure, Noun, UnclearError
from boathouse.ask.knowledge import Column
from boathouse.ask.reading.cursor import OPERATORS
from boathouse.ask.reading.figures import Figures
from boathouse.ask.words import Tag


class Names(Figures):
    """Rules, each named after the kind of tag that it reads."""

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
        if self._names_the_row_of(tag):
            return None
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
            and not set(tag.after) & self.lexicon.theirs
            and self.kind() not in (*OPERATORS, "between", "number", "period", "not")
        ):
            self.conditions().append(Condition("null", noun.text, noun=noun, negated=True))
        elif (
            self.made.measures and noun.datasets and self.at > 1 and self.tags[self.at - 2].kind == "and" and not self.made.having
        ):
            raise UnclearError(f"{self.made.measures[-1].noun.text} and {noun.text}: one figure at a time, please", asks=True)
        elif self.made.measures and noun.columns and set(noun.columns) <= set(self.made.measures[-1].noun.columns):
            return None  # "average length in milliseconds"
        elif self.aggregate and (noun.numeric or noun.sums or (noun.datasets and self.aggregate == "sum")):
            how, self.aggregate = self.aggregate, None
            self._measured(how, noun)
        elif noun.label or (
            self.made.listed
            and self.made.subject is None
            and not noun.numeric
            and noun.datasets
            and not self.made.measures
            and not self.made.select
        ):
            self.made.subject = noun
        else:
            self.nouns.append(noun)
        return None

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

    def _verb(self) -> None:
        """`joined in 2023`, `billed to Germany`, `composed by Bach`: which date, dataset or column is meant."""
        tag = self.take()
        noun = Noun(tag.text, tag.names)
        if self.kind() in (*OPERATORS, "between") and noun.numeric:  # "rated under 3"
            self.nouns.append(noun)
            return None
        dates = [
            name
            for name in noun.names
            if isinstance(name.meaning, Column) and (name.meaning.kind == "date" or name.meaning.is_year)
        ]
        if dates and not noun.datasets:
            if self.made.measures and self.made.measures[-1].how in ("latest", "earliest"):
                how = "max" if self.made.measures.pop().how == "latest" else "min"
                self.made.measures.append(Measure(how, noun.only(dates)))
            elif self.kind() == "period":
                self._period(noun.only(dates))
            elif self.made.conditions and self.made.conditions[-1].kind == "period":
                self.made.conditions[-1].noun = noun.only(dates)
            else:
                self.date = noun.only(dates)
                self.made.verbs.append(self._dataset_of(noun))
            return None
        if self.kind() == "by" and self.kind(1) == "value" and self._led_value(tag, 1):
            self.take()
            return self._value()
        self.made.verbs.append(noun if noun.datasets else self._dataset_of(noun))
        return None

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
        if noun is not None and noun.datasets:
            (self.made.parts if self.made.share else self.made.absent).append(Absent(noun))
            return None
        if noun is None or not any(column.kind in ("text", "list", "date") and column.nulls for column in noun.columns):
            raise UnclearError(f"what is not {tag.text!r}?", asks=True)
        self.conditions().append(Condition("null", tag.text, noun=noun))
        return None
