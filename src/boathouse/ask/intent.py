"""What a question asks for, in the lake's names but not yet in its tables: what reading makes and planning resolves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from boathouse.ask.meanings import Column, Name, Named, Value
from boathouse.ask.periods import Period


class UnclearError(Exception):
    """The question cannot be answered as it stands: a question back where there are `options`, else a refusal.
    `word` is what it is about; a `weak` one gives way to any reading that works."""

    def __init__(self, text: str, options: list[str] | None = None, *, asks: bool = False, word: str = "", weak: bool = False):
        self.text, self.options, self.word, self.weak = text, options or [], word, weak
        self.asks = asks or bool(options)
        super().__init__(text)


@dataclass(frozen=True)
class Noun(Named):
    """What a phrase names, with all that it may mean: datasets, columns, metrics; `unit` is one of time."""

    text: str
    names: tuple[Name, ...] = ()
    unit: str = ""
    label: bool = False  # the names of something's rows
    sums: bool = False
    whose: str = ""  # the dataset that it was said to be of: the grade of the pupil

    @property
    def numeric(self) -> bool:
        """Whether it may be a figure that can be added or compared."""
        return bool(self.metrics) or any(column.is_measure for column in self.columns)

    def only(self, names: list[Name]) -> Noun:
        return replace(self, names=tuple(names))


@dataclass(frozen=True)
class Measure:
    """A figure: count, sum, avg, median, min, max, distinct or metric of a noun; `value` is its own choice of sum or list, `each` that
    of a row, `average count` and `average total` are per something."""

    how: str
    noun: Noun


@dataclass
class Condition:
    """What rows must be. `kind`: value (one of `values` lists, each with the columns that it may lie in), flag, null,
    compare (`noun` is `operator` than `numbers`), period."""

    kind: str
    text: str
    values: list[tuple[Value, ...]] = field(default_factory=list)
    noun: Noun | None = None
    operator: str = ""
    numbers: tuple[float, ...] = ()
    descending: bool = False  # of an extreme: the highest come first
    average: bool = False  # against the average of all rows, and no number
    unit: str = ""  # of the numbers, where it was said
    period: Period | None = None
    against: Period | None = None  # another one that rows may lie in as well: "in 2024 or 2025", or each as a group
    change: tuple[Period, Period] | None = None  # those between which a figure changes
    negated: bool = False
    together: str = "or"
    each: bool = False  # of its values there must be every one: both English and Dutch
    via: Column | None = None  # the column that names the row whose value it is: who reports to Ada
    led: bool = False  # its column, or the dataset of its name, was said
    of: tuple[str, ...] = ()  # the datasets whose name comes next: billing tickets
    also: tuple[Name, ...] = ()  # columns that a value's words name in part
    direction: str = ""  # from or to, where it was said
    undone: bool = False  # of a word that says by itself that something is not there: open, unpaid
    beside: Noun | None = None  # the dataset next to whose name a period or a comparison stands

    @property
    def is_span(self) -> bool:
        """Whether it is a span of time, and not some days of each week."""
        return self.kind == "period" and not (self.period and self.period.weekdays)


@dataclass
class Having:
    """That a group's figure is more or less than a number."""

    measure: Measure
    operator: str
    numbers: tuple[float, ...]


@dataclass
class Rank:
    """The first `n` by a measure, or by what is only said later."""

    descending: bool
    n: int | None = None
    measure: Measure | None = None


@dataclass
class Absent:
    """That a row has none of something: no value in a column, or no row in another dataset that is so and so."""

    noun: Noun | None
    conditions: list[Condition] = field(default_factory=list)


@dataclass
class Intent:
    """A question, read."""

    measures: list[Measure] = field(default_factory=list)
    subject: Noun | None = None  # what is listed or ranked
    listed: bool = False  # asked for with "which", "show", "list"
    select: list[Noun] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    groups: list[Noun] = field(default_factory=list)
    ratio: Noun | None = None  # "on average per customer"
    having: list[Having] = field(default_factory=list)
    rank: Rank | None = None
    absent: list[Absent] = field(default_factory=list)
    mentions: list[Noun] = field(default_factory=list)
    verbs: list[Noun] = field(default_factory=list)
    share: float = 0  # 1 or 100
    part: list[Condition] = field(default_factory=list)  # conditions of the part that is a share of the whole
    parts: list[Absent] = field(default_factory=list)
    sort: tuple[Noun, bool] | None = None
    limit: int | None = None  # how many rows are listed, whichever they are: "show 5 customers"
    whom: Noun | None = None  # what `who` stands for: the rows themselves, or whom they name
    date: Noun | None = None  # that a verb named: `repairs completed by month`
    assumptions: list[str] = field(default_factory=list)
