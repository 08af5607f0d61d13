"""Where a reading is among its tags, what it has made so far, and the phrases that several rules take: nouns and comparisons."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from boathouse.ask.intent import Condition, Intent, Noun, UnclearError
from boathouse.ask.knowledge import Knowledge
from boathouse.ask.meanings import Column, Dataset, Name, Value
from boathouse.ask.words import Tag

AGGREGATES = {"sum": "sum", "average": "avg", "median": "median"}
OPERATORS = {"more": ">", "at_least": ">=", "less": "<", "at_most": "<=", "equal": "="}
RANKING = {"highest": True, "most": True, "latest": True, "last": True, "lowest": False, "fewest": False, "earliest": False}

_TWO = 2  # values of a column that may say yes or no


class Cursor:
    """A question on its way to an intent."""

    def __init__(self, tags: list[Tag], known: Knowledge):
        self.known, self.lexicon = known, known.lexicon
        self.text = " ".join(word for tag in tags for word in (*tag.after, tag.text))
        self.tags = [_summing(tag, tags[place + 1 : place + 2]) for place, tag in enumerate(tags)]
        self.at = 0
        self.made = Intent()
        self.nouns: list[Noun] = []  # named, and what for is not yet known
        self.negated = self.asked_when = self.pending_count = self.done_by = False
        self.compared = self.comparing = self.shared_out = self.changed = False
        self.aggregate: str | None = None  # waits for its noun
        self.limit: int | None = None
        self.date: Noun | None = None  # that a verb named: `shipped`, of shipped_on
        self.unit = ""  # of the last number
        self.whole = 0  # conditions that are of the whole of a share
        self.inside: list[Condition] | None = None  # where conditions go: after "without" into that

    @property
    def first_word(self) -> str:
        return next(iter(self.text.lower().split()), "")

    def kind(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tags[place].kind if place < len(self.tags) else ""

    def take(self) -> Tag:
        tag = self.tags[self.at]
        self.at += 1
        return tag

    def behind(self, kind: str) -> Tag | None:
        """The tag before the one that was taken last, where it is of this kind."""
        before = self.tags[self.at - 2] if self.at > 1 else None
        return before if before and before.kind == kind else None

    def how_many(self, tag: Tag) -> int:
        """A number as how many are wanted. Raises UnclearError for one that is none."""
        if tag.number != int(tag.number) or not 1 <= tag.number <= 1_000_000:
            raise UnclearError(f"{tag.text} is not how many there can be of something", asks=True)
        return int(tag.number)

    def rule(self, kind: str) -> None:
        """Applies the rule for a kind of tag."""
        getattr(self, f"_{kind}")()

    def conditions(self) -> list[Condition]:
        return self.made.conditions if self.inside is None else self.inside

    def noun(self, *, counted: bool = False) -> Noun | None:
        """The noun that comes next, with "invoice amount" and "amount of the invoices" as one; but what is `counted` is rows, in
        "how many invoices cost more than 100"."""
        if self.kind() == "calendar":
            tag = self.take()
            dated = self.tags[self.at] if self.kind() == "name" else None
            if (
                dated
                and dated.after[:1] == ("of",)
                and (dates := [n for n in dated.names if getattr(n.meaning, "kind", "") == "date"])
            ):
                self.take()
                return Noun(f"{tag.text} of {dated.text}", tuple(dates), unit=tag.unit)
            return Noun(tag.text, tag.names, unit=tag.unit)
        if self.kind() == "label":
            tag = self.take()
            return Noun(tag.text, tag.names, label=True)
        if self.kind() != "name" or self._is_flag(self.tags[self.at]):
            return None
        if self.tags[self.at].verb:  # "invoiced amount"
            verb = self.tags[self.at]
            if (
                self.kind(1) != "name"
                or not verb.datasets
                or (joined := _joined(Noun(verb.text, verb.names), self.tags[self.at + 1])) is None
            ):
                return None
            self.at += 2
            return joined
        tag = self.take()
        noun = Noun(tag.text, tag.names, sums=tag.sums)
        while self.kind() == "name" and not self.tags[self.at].gap and not self._is_flag(self.tags[self.at]):
            if self.kind(1) == "value" and any(v.columns[0] in self.tags[self.at].columns for v in self.tags[self.at + 1].values):
                break  # "clubs meet on Monday"
            if counted and noun.datasets and self.kind(1) in (*OPERATORS, "between", "number"):
                break
            joined = _joined(noun, self.tags[self.at])
            if joined is None:
                break
            few = not noun.datasets and all(column.kind == "text" and 0 < column.size <= _TWO for column in joined.columns)
            if counted and few and joined.whose and not self.tags[self.at].after:  # "how many abandoned dogs": who is so?
                raise UnclearError(f"{noun.text} {self.tags[self.at].text}: which of them are so?", asks=True)
            self.take()
            noun = joined
        if self.kind() == "calendar" and not self.tags[self.at].after and any(c.kind == "date" or c.years for c in noun.columns):
            self.take()  # "the founded year"
        return self._parent_behind(noun)

    def _parent_behind(self, noun: Noun) -> Noun:
        """`product category` is the category of a product."""
        following = self.tags[self.at] if self.kind() == "name" else None
        if following is None or following.after or following.gap or following.verb or not following.datasets:
            return noun
        head = following.datasets[0].name
        paths = self.known.paths
        near = any(head in paths(dataset.name) or dataset.name in paths(head) for dataset in noun.datasets)
        if near and not noun.text.lower().endswith("s"):  # "customer orders" are orders, of customers
            self.take()
            self.made.mentions.append(noun)
            return Noun(f"{noun.text} {following.text}", following.names)
        if noun.columns:
            return noun
        parents = {relation.parent for dataset in noun.datasets for relation in self.known.parents(dataset.name)}
        if not {dataset.name for dataset in following.datasets} <= parents:
            return noun
        self.take()
        return Noun(f"{noun.text} {following.text}", following.names)

    def nouns_listed(self, *, counted: bool = False) -> list[Noun]:
        """`region and kind`, `pollster, race and error`."""
        found: list[Noun] = []
        while noun := self.noun(counted=counted):
            found.append(noun)
            if self.kind() == "and" and self.kind(1) in ("name", "calendar", "label"):
                self.take()
            elif not (self.kind() in ("name", "calendar", "label") and self.tags[self.at].gap):
                break
        return found

    def before_name(self) -> tuple[str, ...]:
        """The datasets whose name comes next, with nothing between: billing tickets."""
        following = self.tags[self.at] if self.kind() == "name" else None
        return () if following is None or following.gap or following.after else tuple(d.name for d in following.datasets)

    def _is_flag(self, tag: Tag) -> bool:
        return bool(tag.names) and all(isinstance(n.meaning, Column) and n.meaning.kind == "boolean" for n in tag.names)

    def taken(self, datasets: set[str]) -> Noun | None:
        """The money that rows of a dataset stand for, where one dataset is meant and has one such figure."""
        measures = [column for name in datasets for column in self.known.datasets[name].measures]
        columns = [column for column in measures if self.known.is_taken(column)]
        money = len(measures) == 1 or self.lexicon.earning & set(self.text.lower().split())
        return Noun("how much", (Name(columns[0]),)) if len(datasets) == len(columns) == 1 and money else None

    def rows_of(self, shown: list[Noun]) -> Noun | None:
        """The rows of the one dataset that all these columns are of: `the name and capacity of the stadium with …`."""
        datasets = [{name.dataset for name in noun.names} for noun in shown if noun.names and not noun.label]
        common = set.intersection(*datasets) if datasets else set()
        return Noun("rows", (Name(self.known.datasets[min(common)]),)) if len(common) == 1 else None

    def marked(self, conditions: list[Condition]) -> Noun | None:
        """The rows that the first value among these marks, where only one column has it. Raises UnclearError for a name, which is of
        one row: what is counted is something else."""
        condition = next((one for one in conditions if one.kind in ("value", "flag")), None)
        if condition is not None and condition.noun is not None:
            datasets = {column.dataset for column in condition.noun.columns}
            return Noun(condition.text, (Name(self.known.datasets[datasets.pop()]),)) if len(datasets) == 1 else None
        if condition is None or len({value.columns for value in condition.values[0]}) != 1:
            return None
        column = condition.values[0][0].columns[0]
        dataset = self.known.datasets[column.dataset]
        if column.name in dataset.label:
            raise UnclearError(f"how many of what in {condition.text!r}, which is one of {dataset.name}?", asks=True)
        return Noun(condition.text, (Name(dataset),))

    def _modifiers(self, unsaid: Set[str] = frozenset()) -> None:
        """Values and flags before a noun: `unpaid invoices`, `Rock tracks`; the second of them behind none of some words."""
        first = self.at
        while self.kind() in ("value", "and", "or", "not") or self._is_modifier():
            if self.at > first and unsaid & set(self.tags[self.at].after):
                return
            if self.kind() in ("and", "or") and self.kind(1) not in ("value", "name"):
                return
            if self.kind() in ("and", "or") and self.kind(1) == "name" and not self._is_flag(self.tags[self.at + 1]):
                return
            self.rule(self.kind())

    def _is_modifier(self) -> bool:
        """A flag, or `unpaid` and `insured` before the rows that are so."""
        if self.kind() != "name":
            return False
        tag, before_rows = self.tags[self.at], self.kind(1) == "name" and bool(self.tags[self.at + 1].datasets)
        return self._is_flag(tag) or (before_rows and (tag.negated or self._is_filled(tag)))

    def _is_filled(self, tag: Tag) -> bool:
        """Whether a word in a verb's form says that a column that may be empty is not: insured, of insurer."""
        column = tag.columns[0] if len(tag.columns) == len(tag.names) == 1 else None
        return bool(tag.verb and column and column.nulls and column.kind != "date")

    def _comparison(self, *, percent: bool = False) -> tuple[str, tuple[float, ...]]:
        """An operator and its numbers; in `percent` only where the figure that they are about may be counted so."""
        tag = self.take()
        if self.kind() == "name" and self.kind(1) == "number":  # "above age 20"
            noun = self.noun()
            if noun is not None and noun.numeric:
                self.nouns.append(noun)
        if tag.kind == "between":
            if self.kind() != "number" or self.kind(1) != "and":
                raise UnclearError("between which two numbers?", asks=True)
            first = self.take().number
            self.take()
            return "between", (first, self._needed_number(percent=percent))
        return OPERATORS[tag.kind], (self._needed_number(percent=percent),)

    def _needed_number(self, *, percent: bool = False) -> float:
        tag = self.take() if self.at < len(self.tags) else Tag("", "")
        if tag.kind == "period" and tag.text.isdigit():
            return float(tag.text)
        if tag.kind != "number":
            raise UnclearError(
                f"a number is missing before {tag.text!r}" if tag.text else "a number is missing at the end", asks=True
            )
        if tag.unit == "percent" and not percent:
            raise UnclearError(f"{tag.text}% of what? Say it as a number", asks=True)
        self.unit = tag.unit
        return tag.number

    def _figure_before(self) -> Noun | None:
        if self.nouns and self.nouns[-1].numeric:
            return self.nouns.pop()
        before = self.tags[self.at - 1] if self.at else None
        if before and self.made.select and self.made.select[-1].numeric and set(before.names) & set(self.made.select[-1].names):
            return self.made.select.pop()
        return None

    def _column_before(self) -> Noun | None:
        if (
            self.nouns
            and any(column.kind in ("number", "text") for column in self.nouns[-1].columns)
            and not self.nouns[-1].datasets
        ):
            return self.nouns.pop()
        return None

    def _dataset_of(self, noun: Noun) -> Noun:
        """The dataset whose columns a verb names in part: `billed` of billing_city and billing_country."""
        datasets = {column.dataset for column in noun.columns}
        if len(datasets) != 1:
            raise UnclearError(f"{noun.text!r} may be about {' or '.join(sorted(datasets))}", asks=True)
        return Noun(noun.text, (Name(self.known.datasets[datasets.pop()]),))

    def _led_value(self, tag: Tag, ahead: int | None = None) -> bool:
        """Whether a value of this very column, or of this dataset's names, comes next: `kind sale`, `the playlist Grunge`."""
        place = self.at + (ahead if ahead is not None else 0 if self.kind() == "value" else 1)
        if place >= len(self.tags) or self.tags[place].gap:
            return False
        led = [v for v in self.tags[place].values if _leads(tag, v, self.known)]
        if led:
            self.tags[place] = replace(self.tags[place], kind="value", names=(), values=tuple(led), led=True)
        return bool(led)


def _summing(tag: Tag, following: list[Tag]) -> Tag:
    """`total` before a figure adds it up, though a column may be called so."""
    adds = tag.sums and following and following[0].kind == "name" and not following[0].after
    return Tag("sum", tag.text, gap=tag.gap, after=tag.after, word=tag.word) if adds else tag


def _leads(tag: Tag, value: Value, known: Knowledge) -> bool:
    columns = value.columns
    label = known.datasets[columns[0].dataset].label
    return any(column in columns for column in tag.columns) or any(
        d.name == columns[0].dataset and columns[0].name in label for d in tag.datasets
    )


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
        return replace(noun.only(outer), whose=min(theirs))
    both = [name for name in noun.names if name.meaning in tag.columns]
    if both and not (own or theirs or tag.after or tag.verb):  # "purchase price", of purch_price
        return Noun(f"{noun.text} {tag.text}", tuple(both))
    word = noun.text.lower().rstrip("s")
    if (
        not own
        and not tag.after
        and not tag.verb
        and (named := [n for n in tag.names if isinstance(n.meaning, Column) and word in n.meaning.dataset.split("_")])
    ):  # "ticket revenue", of ticket_sales
        return Noun(f"{noun.text} {tag.text}", tuple(named))
    return None
