"""What an answerer knows of the lake: datasets and how they hang together, what people call things, and the values of columns.
All of it is read as the caller sees it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from boathouse import clock
from boathouse.ask.glossary import glossary
from boathouse.ask.lexicon import Lexicon, Token, lexicon
from boathouse.config import Pipeline
from boathouse.engine import quote
from boathouse.query.policy import Policy

if TYPE_CHECKING:
    from boathouse.workbench import Workbench

_VALUES = 5_000  # a column with more different texts is not known by its values
_LONG = 80  # letters of a value that people would say
_KEYS = ("id", "key", "code", "no", "number", "nr", "uuid")
_LABELS = ("name", "full_name", "title", "label")
_PERIODS = ("day", "week", "month", "quarter", "year")
_TIMES = ("on", "at", "date", "time", "day")
_YEARS = {"year", "yr", "founded", "established", "built", "opened", "released", "published", "born"}
_STARTS = {
    "start",
    "started",
    "begin",
    "began",
    "begun",
    "created",
    "opened",
    "ordered",
    "placed",
    "loaned",
    "lent",
    "issued",
    "booked",
    "held",
}
# parts of a date that begins the life of a thing: `bikes in October` are hardly those that were bought then
LIFE = {"purchased", "bought", "acquired", "registered", "joined", "since", "launch", "launched", "hired", "hire", "opened", "admitted",
        "enrolled", "signup", "signed", "introduced", "added", "founded", "created"}  # fmt: skip
_ENDS = {
    "end",
    "ended",
    "finish",
    "finished",
    "completed",
    "closed",
    "returned",
    "due",
    "delivered",
    "shipped",
    "arrived",
    "paid",
    "required",
}
_PERSONAL = {"birth", "born", "dob", "birthday", "birthdate"}  # dates that 'last month' never means
_PREFIXES = ("tbl", "dim", "fact", "fct", "stg", "raw", "t")


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
    zeros: bool = False  # some of its numbers are 0
    years: bool = False  # whole numbers that may all be years

    @property
    def is_key(self) -> bool:
        return self.foreign or self.name.split("_")[-1] in _KEYS

    @property
    def is_measure(self) -> bool:
        """A number that means an amount rather than a name or a year."""
        return self.kind == "number" and not self.is_key and self.name not in _PERIODS and not self.is_year

    @property
    def is_year(self) -> bool:
        return self.years and bool(set(self.name.lower().split("_")) & _YEARS)

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


@dataclass
class Knowledge:
    """Everything an answerer may build on."""

    lexicon: Lexicon
    today: date
    datasets: dict[str, Dataset] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)
    names: dict[str, list[Name]] = field(default_factory=dict)
    values: dict[tuple[str, ...], list[Value]] = field(default_factory=dict)
    glossary: dict[str, str] = field(default_factory=dict)
    longest: int = 1

    @staticmethod
    def day(wb: Workbench) -> date:
        """Today, by the workbench's clock."""
        return clock.now(wb.tz).date()

    @classmethod
    def of(cls, wb: Workbench, policy: Policy) -> Knowledge:
        """What the lake, the pipelines and the callers' policy let one know."""
        known = cls(lexicon(), cls.day(wb))
        pipelines = {}
        for entry in wb.catalog(role=policy):
            pipeline = wb.publisher(entry["name"])
            pipelines[entry["name"]] = pipeline
            known.datasets[entry["name"]] = _dataset(wb, policy, entry, pipeline, known.lexicon)
        for name, pipeline in pipelines.items():
            known._name(known.datasets[name], pipeline)
            known._take_values(wb, policy, known.datasets[name], pipeline)
        from boathouse.ask.relations import find

        known.relations = find(wb, policy, known, pipelines)
        known._name_relations()
        known.glossary = glossary(wb.root)
        return known

    # names

    def _name(self, dataset: Dataset, pipeline: Pipeline | None) -> None:
        parts = dataset.name.lower().split("_")
        own = parts[1:] if len(parts) > 1 and parts[0] in _PREFIXES else parts
        self._call(own, dataset)
        if len(own) > 1:  # the head of the name: orders, of sales_orders
            self._call(own[-1:], dataset, 1)
        for ending in self.lexicon.agents:  # who teaches is a teacher
            singular = self.lexicon.stem(own[-1])
            if singular.endswith(ending) and len(singular) > len(ending) + 3:
                self._call([singular.removesuffix(ending)], dataset, 1)
        for synonym in pipeline.synonyms if pipeline else []:
            self._call(synonym.split(), dataset)
        stems = {self.lexicon.stem(part) for part in own}
        for column in dataset.columns.values():
            self._name_column(column, stems)
            spec = pipeline.columns.get(column.name) if pipeline else None
            for synonym in spec.synonyms if spec else []:
                self._call(synonym.split(), column)
        for name, metric in (pipeline.metrics if pipeline else {}).items():
            made = Metric(dataset.name, name, metric.sql, metric.unit)
            self.metrics.append(made)
            for phrase in (name.replace("_", " "), *metric.synonyms):
                self._call(phrase.split(), made)

    def _name_column(self, column: Column, dataset: set[str]) -> None:
        short = column.name.lower().split("_")
        self._name_parts(column, dataset, short)
        if (long := [self.lexicon.abbreviations.get(part, part) for part in short]) != short:
            self._name_parts(column, dataset, long)

    def _name_parts(self, column: Column, dataset: set[str], parts: list[str]) -> None:
        self._call(parts, column)
        for start in range(len(parts)):
            for end in range(start + 1, len(parts) + 1):
                some, rest = parts[start:end], parts[:start] + parts[end:]
                if not rest or set(some) & {"id", "key", "no"} or all(part.isdigit() for part in some):
                    continue
                aside = (*_KEYS, *_TIMES, *(self.lexicon.flag_words if column.kind == "boolean" else ()))
                if set(some) <= {*_KEYS, *_TIMES, *self.lexicon.flag_words}:
                    continue
                led, behind = parts[:start], parts[end:]  # poll_margin is a poll's margin, margin_poll one of several
                near = all(part in aside for part in behind) and all(self.lexicon.stem(p) in dataset or p in aside for p in led)
                if column.is_key and not near:
                    continue
                if not near or not {self.lexicon.stem(part) for part in some} <= dataset:
                    self._call(some, column, 1 if near else 2)

    def _call(self, words: list[str], meaning: Dataset | Column | Metric, cost: int = 0) -> None:
        tokens = [Token(word, word.lower(), self.lexicon.stem(word.lower())) for word in words]
        self.longest = max(self.longest, len(tokens) + 2)
        plain, stems = self.lexicon.keys(tokens)
        spelt = words[-1] in ("on", "at") and len(words) > 1  # `orders on` is not ordered_on
        for key in {plain} if spelt else {plain, stems}:
            known = self.names.setdefault(key, [])
            if not any(name.meaning is meaning and name.cost <= cost for name in known):
                self.names[key] = [*(name for name in known if name.meaning is not meaning), Name(meaning, cost)]

    def named(self, tokens: list[Token]) -> list[Name]:
        """What some words may be the name of."""
        found = {id(name.meaning): name for key in reversed(self.lexicon.keys(tokens)) for name in self.names.get(key, [])}
        return list(found.values())

    def _name_relations(self) -> None:
        """Where a column names a row of another dataset, its name without `_id` means that row: person_id, of people."""
        for relation in self.relations:
            column, parent = self.datasets[relation.child].columns[relation.column], self.datasets[relation.parent]
            role = [p for p in relation.column.lower().split("_") if p not in _KEYS]
            if (
                not {self.lexicon.stem(p) for p in role} <= {self.lexicon.stem(p) for p in relation.parent.split("_")}
                and not relation.found
            ):
                continue  # advisor_id, of teachers: a role, not any teacher
            for key, names in self.names.items():
                if any(name.meaning is column and name.cost == 1 for name in names):
                    kept = [name for name in names if name.meaning is not column]
                    there = any(name.meaning is parent for name in kept)
                    self.names[key] = kept if there else [*kept, Name(parent, 1)]

    # values

    def _take_values(self, wb: Workbench, policy: Policy, dataset: Dataset, pipeline: Pipeline | None) -> None:
        masked = {column for applied in policy.applied([dataset.name]) for column in applied.masked}
        said = [c for c in dataset.columns.values() if c.kind == "text" and 0 < c.size <= _VALUES and c.name not in masked]
        if said:
            lists = ", ".join(f"list(DISTINCT {quote(c.name)}) FILTER (len({quote(c.name)}) <= {_LONG})" for c in said)
            row = wb.sql(f"SELECT {lists} FROM {quote(dataset.name)}", role=policy).arrow()
            for column, cells in zip(said, row.columns, strict=True):
                self._values_of((column,), ((value,) for value in cells[0].as_py() or []))
        for column in (c for c in dataset.columns.values() if c.kind == "list" and c.name not in masked):
            cells = wb.sql(f"SELECT DISTINCT unnest({quote(column.name)}) AS value FROM {quote(dataset.name)} LIMIT {_VALUES}",
                           role=policy).arrow()["value"]  # fmt: skip
            self._values_of((column,), ((value,) for value in cells.to_pylist() if isinstance(value, str)))
        if len(dataset.label) > 1 and not masked & set(dataset.label) and dataset.rows <= _VALUES:
            chosen = ", ".join(map(quote, dataset.label))
            rows = wb.sql(f"SELECT DISTINCT {chosen} FROM {quote(dataset.name)}", role=policy).arrow().to_pylist()
            columns = tuple(dataset.columns[name] for name in dataset.label)
            self._values_of(columns, (tuple(row.values()) for row in rows if None not in row.values()))

    def _values_of(self, columns: tuple[Column, ...], cells: Iterable[tuple[str, ...]]) -> None:
        for values in cells:
            words = tuple(token.word for value in values for token in self.lexicon.tokens(value))
            if words:
                self.longest = max(self.longest, len(words))
                self.values.setdefault(words, []).append(Value(columns, values))

    # paths

    def parents(self, dataset: str) -> Iterator[Relation]:
        return (relation for relation in self.relations if relation.child == dataset)

    def paths(self, start: str) -> dict[str, list[tuple[Relation, ...]]]:
        """The shortest ways from a dataset to each that its rows name a row of, itself first."""
        found: dict[str, list[tuple[Relation, ...]]] = {start: [()]}
        edge: list[tuple[Relation, ...]] = [()]
        while edge:
            longer = [(*path, one) for path in edge for one in self.parents(path[-1].parent if path else start)]
            edge = [path for path in longer if path[-1].parent not in found]
            for path in edge:
                found.setdefault(path[-1].parent, []).append(path)
        return found


def _dataset(wb: Workbench, policy: Policy, entry: dict[str, Any], pipeline: Pipeline | None, words: Lexicon) -> Dataset:
    name, key = entry["name"], tuple(pipeline.key) if pipeline else ()
    specs, foreign = (pipeline.columns, pipeline.relations) if pipeline else ({}, {})
    columns = {
        c["name"]: Column(
            name,
            c["name"],
            kind_of(c["type"]),
            c["type"],
            unit=specs[c["name"]].unit if c["name"] in specs else None,
            foreign=c["name"] in foreign,
        )
        for c in entry["columns"]
    }
    counted = [
        f"count({quote(c)}), approx_count_distinct({quote(c)}), {_is_flag(spec)}, {_are_years(spec)}, {_has_zeros(spec)}"
        for c, spec in columns.items()
    ]
    [row] = (
        wb.sql(f"SELECT count(*), {', '.join(counted)} FROM {quote(name)}", role=policy).arrow().to_pylist() if columns else [{}]
    )
    rows, *numbers = row.values()
    for column, there, size, flag, years, zeros in zip(columns, *(numbers[n::5] for n in range(5)), strict=True):
        kind = "boolean" if flag else columns[column].kind
        columns[column] = replace(columns[column], kind=kind, size=size, nulls=there < rows, years=bool(years), zeros=bool(zeros))
    maybe = [c for c, spec in columns.items() if not spec.nulls and spec.kind in ("text", "number") and spec.size > 0.9 * rows
             and (spec.is_key or c in key or c in _LABELS)]  # fmt: skip
    if maybe:
        exact = ", ".join(f"count(DISTINCT {quote(c)})" for c in maybe)
        [row] = wb.sql(f"SELECT {exact} FROM {quote(name)}", role=policy).arrow().to_pylist()
        for column, size in zip(maybe, row.values(), strict=True):
            columns[column] = replace(columns[column], size=size, unique=size == rows)
    derived = pipeline.derive if pipeline else {}
    times = [c for c, spec in columns.items() if spec.kind == "date" and c not in derived and not set(c.split("_")) & _PERSONAL]
    if len(times) > 1:
        times = [c for c in times if c not in _PERIODS]
    stems = {words.stem(part) for part in name.lower().split("_")}
    own = [c for c in times if {words.stem(part) for part in c.lower().split("_")} & stems or c.startswith(tuple(stems))]
    starts = [c for c in times if set(c.split("_")) & _STARTS]
    own = own if len(own) == 1 else starts if all(c in starts or set(c.split("_")) & _ENDS for c in times) else []
    time = (pipeline.time if pipeline else None) or (times[0] if len(times) == 1 else own[0] if len(own) == 1 else None)
    first, last = None, None
    if time:
        asked = f"SELECT min({quote(time)})::DATE, max({quote(time)})::DATE FROM {quote(name)}"
        [[first, last]] = [row.values() for row in wb.sql(asked, role=policy).arrow().to_pylist()]
    return Dataset(name, rows, columns, key, _label(name, columns, words, rows), tuple(times), time, first, last)


def _is_flag(column: Column) -> str:
    """SQL that is true where a whole number says yes or no: 0 and 1, and nothing else."""
    if column.kind != "number" or "INT" not in column.type or column.is_key:
        return "false"
    return f"min({quote(column.name)}) = 0 AND max({quote(column.name)}) = 1"


def _are_years(column: Column) -> str:
    if column.kind != "number" or "INT" not in column.type or column.is_key:
        return "false"
    return f"min({quote(column.name)}) >= 1000 AND max({quote(column.name)}) <= 2200"


def _has_zeros(column: Column) -> str:
    return f"bool_or({quote(column.name)} = 0)" if column.kind == "number" and not column.is_key else "false"


def _label(name: str, columns: dict[str, Column], words: Lexicon, rows: int) -> tuple[str, ...]:
    if {"first_name", "last_name"} <= set(columns):
        return "first_name", "last_name"
    texts = {
        column: [words.abbreviations.get(p, p) for p in column.lower().split("_")]
        for column, c in columns.items()
        if c.kind == "text"
    }
    own = {words.stem(part) for part in name.lower().split("_")}
    for label in _LABELS:
        named = [
            column
            for column, parts in texts.items()
            if "_".join(parts) == label or (parts[-1] == label and {words.stem(p) for p in parts[:-1]} <= own)
        ]
        if named:
            return (named[0],)
    called = [column for column, parts in texts.items() if parts[-1] == "name" and not columns[column].foreign]
    return (called[0],) if called and columns[called[0]].size > rows / 2 else ()


def kind_of(type_: str) -> str:
    """What a SQL type holds, in the words of `Column`."""
    base = type_.upper().split("(")[0]
    if base.endswith("[]"):
        return "list"
    if base in ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "DOUBLE", "FLOAT", "DECIMAL", "UBIGINT", "UINTEGER"):
        return "number"
    return {"VARCHAR": "text", "BOOLEAN": "boolean", "DATE": "date"}.get(
        base, "date" if base.startswith("TIMESTAMP") else "other"
    )
