"""What the words of a question may mean: datasets, their columns, metrics and values, and how datasets hang together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from boathouse.engine import quote

KEYS = ("id", "key", "code", "no", "number", "nr", "uuid")
_FEW = 200
# parts of a date that begins the life of a thing: `bikes in October` are hardly those that were bought then
LIFE = {"purchased", "bought", "acquired", "registered", "joined", "since", "launch", "launched", "hired", "hire", "opened", "admitted",
        "enrolled", "signup", "signed", "introduced", "added", "founded", "created"}  # fmt: skip
PERIODS = ("day", "week", "month", "quarter", "year")
_YEARS = {"year", "yr", "founded", "established", "built", "opened", "released", "published", "born"}


@dataclass(frozen=True)
class Column:
    """A column. `kind` is text, list, number, boolean, date or other; `size` how many different values it has, about."""

    dataset: str
    name: str
    kind: str
    type: str
    size: int = 0
    nulls: bool = False
    unique: bool = False
    unit: str | None = None
    foreign: bool = False  # names a row of another dataset
    fraction: bool = False  # no number is above 1
    zeros: bool = False  # some of its numbers are 0
    yes: str = ""  # of a flag that is text: the cell that says so
    years: bool = False  # whole numbers that may all be years
    between: tuple[str, str] | None = None  # of a span of time, in its unit: the dates with which it begins and ends

    @property
    def is_key(self) -> bool:
        return self.foreign or self.name.split("_")[-1] in KEYS

    @property
    def is_measure(self) -> bool:
        """A number that means an amount rather than a name or a year."""
        return self.kind == "number" and not self.is_key and self.name not in PERIODS and not self.is_year

    @property
    def is_year(self) -> bool:
        return self.years and bool(set(self.name.lower().split("_")) & _YEARS)

    @property
    def has_few(self) -> bool:
        """Whether it has so few different values that a word in small letters may be one."""
        return self.size <= _FEW

    def __str__(self) -> str:
        return f"{self.dataset}.{self.name}"


@dataclass(frozen=True)
class Metric:
    """A figure by its name; `adds` says that it may be added up over groups."""

    dataset: str
    name: str
    sql: str
    unit: str | None = None

    @property
    def adds(self) -> bool:
        return adds_up(self.sql)

    def __str__(self) -> str:
        return self.name


def adds_up(sql: str) -> bool:
    """Whether an aggregate is one sum, or one count of rows."""
    return re.fullmatch(r"(sum\([^()]*\)|count\(\*\))", sql.strip(), re.IGNORECASE) is not None


@dataclass(frozen=True)
class Relation:
    """That a column names a row of another dataset. `found` says that nobody declared it."""

    child: str
    column: str
    parent: str
    key: str
    found: bool = True
    covers: bool = True  # every row of the parent is named by one of the child
    as_text: bool = False  # the one holds '17' where the other holds 17

    def on(self, child: str, parent: str) -> str:
        """The SQL by which rows of two tables belong together."""
        own, theirs = f"{child}.{quote(self.column)}", f"{parent}.{quote(self.key)}"
        return f"{own}::VARCHAR = {theirs}::VARCHAR" if self.as_text else f"{own} = {theirs}"


@dataclass(frozen=True, eq=False)
class Dataset:
    """A dataset. `label` are the columns that people know a row by, `time` the one that 'last month' means."""

    name: str
    rows: int
    columns: dict[str, Column]
    key: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    time: str | None = None
    first: date | None = None  # of that column
    last: date | None = None
    spans: tuple[Column, ...] = ()  # the times between two of its dates, which are no columns

    @property
    def measures(self) -> list[Column]:
        return [column for column in self.columns.values() if column.is_measure]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Value:
    """Cells that a phrase names: one column's value, or a first and a last name."""

    columns: tuple[Column, ...]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Name:
    """What a phrase may mean: a dataset, a column or a metric. `cost` grows with the distance of the phrase from its name."""

    meaning: Dataset | Column | Metric
    cost: int = 0

    @property
    def dataset(self) -> str:
        """The dataset that it names, or whose column or metric it is."""
        return self.meaning.name if isinstance(self.meaning, Dataset) else self.meaning.dataset


class Named:
    """Words that may mean several things: what they mean, by its kind."""

    names: tuple[Name, ...]

    @property
    def datasets(self) -> list[Dataset]:
        return [name.meaning for name in self.names if isinstance(name.meaning, Dataset)]

    @property
    def columns(self) -> list[Column]:
        return [name.meaning for name in self.names if isinstance(name.meaning, Column)]

    @property
    def metrics(self) -> list[Metric]:
        return [name.meaning for name in self.names if isinstance(name.meaning, Metric)]
