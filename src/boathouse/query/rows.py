"""A page of a dataset's rows: filters and an order as one SELECT, and where the next page begins.

Pages are by key, not by offset: the next one begins after the last row's values, on the version that the first one read.
Behind the order that was asked for stands the dataset's key, or all of its columns, so that the order is total; rows that
are equal in every column are told apart by how many of them have been shown.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from boathouse.engine import quote
from boathouse.errors import UsageError, did_you_mean

_COMPARE = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_FLOATS = ("FLOAT", "DOUBLE")
_LONG = re.compile(r"VARCHAR|BLOB|\[|STRUCT|MAP|UNION|JSON")
_TEXT = {"contains": "contains", "startswith": "starts_with", "endswith": "ends_with"}
OPERATORS = (*_COMPARE, "ne", "in", "notin", *_TEXT, "isnull")
LARGEST = 10_000
_LONGEST = 20_000  # characters of a token: it stands in an address


@dataclass(frozen=True)
class Wanted:
    """Which rows of a dataset, in which order. A filter is (column, operator, value); `order` has columns, with `-` before
    those that descend."""

    select: tuple[str, ...] = ()
    filters: tuple[tuple[str, str, str], ...] = ()
    order: tuple[str, ...] = ()
    limit: int = 100
    after: str | None = None

    @property
    def mark(self) -> str:
        """What a token belongs to: another filter or order has other pages."""
        return hashlib.sha256(json.dumps([self.filters, self.order]).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Place:
    """The last row of a page: its values in the order's columns, as text, and how many rows like it have been shown."""

    version: int
    values: tuple[str | None, ...]
    shown: int
    mark: str

    def token(self) -> str:
        told = json.dumps([self.version, self.values, self.shown, self.mark], separators=(",", ":"))
        made = base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")
        if len(made) > _LONGEST:
            raise UsageError(
                "order: the last row's values are too long for the address of the next page", hint="order by another column"
            )
        return made

    @classmethod
    def of(cls, token: str, wanted: Wanted) -> Place:
        """Raises UsageError for what is no token, or one of other rows."""
        try:
            if len(token) > _LONGEST:
                raise ValueError
            version, values, shown, mark = json.loads(base64.urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4)))
            place = cls(int(version), tuple(None if v is None else str(v) for v in values), int(shown), str(mark))
        except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise UsageError("after: no token of a page", hint='take it from the Link header, rel="next"') from error
        if place.mark != wanted.mark or not 0 <= place.shown < 2**62 or not 0 <= place.version < 2**62:
            raise UsageError("after: this token is of other filters or another order", hint="begin at the first page")
        return place


@dataclass
class Select:
    """A page as SQL: what the caller is shown of it, and with it the columns that say where the page ends; `keyed` has the
    values of the key where it asks for one row by nothing else."""

    shown: str
    whole: str
    parameters: dict[str, str]
    columns: list[str]
    given: list[tuple[str, str, str]]
    keyed: dict[str, str] = field(default_factory=dict)

    def check(self, con: duckdb.DuckDBPyConnection) -> None:
        """Raises UsageError for a value that its column's type does not take: to be asked where the query failed."""
        for where, kind, value in self.given:
            try:
                [[taken]] = con.execute(f"SELECT TRY_CAST($v AS {kind}) IS NOT NULL", {"v": value}).fetchall()
            except duckdb.Error:
                taken = False
            if not taken:
                raise UsageError(f"{where}: {value!r} is not a {kind}", hint="an empty cell is __isnull=true")


def select(name: str, relation: str, columns: dict[str, str], wanted: Wanted, key: Sequence[str], place: Place | None) -> Select:
    """The SQL of a page of `name`, whose `columns` have these types and whose rows `relation` gives; `key` are columns that
    no two rows share, where there are such. Raises UsageError for a column or an operator that is none."""
    build = _Build(columns)
    chosen = [build.known(column, "select") for column in wanted.select] or list(columns)
    where = [build.condition(*one) for one in wanted.filters]
    order = [_Key.of(build.known(c.removeprefix("-"), "order"), columns, c.startswith("-")) for c in wanted.order]
    named = {column.removeprefix("-") for column in wanted.order}
    # two zeros stand in one place of an order, so that floats are told apart once more
    again = set() if key else {column for column in named if columns[column] in _FLOATS}
    rest = [column for column in key or columns if column not in named or column in again]
    order += [_Key.of(column, columns) if key else _Key.told_apart(column, columns) for column in rest]
    if place:
        if len(place.values) != len(order):
            raise UsageError("after: the dataset has other columns now", hint="begin at the first page")
        where.append(build.from_place(order, place.values))
    tail = f" WHERE {' AND '.join(where)}" if where else ""
    listed = ", ".join(map(quote, chosen))
    sorting = " ORDER BY " + ", ".join(f"{one.cell} {'DESC' if one.down else 'ASC'} NULLS LAST" for one in order)
    offset = f" OFFSET {place.shown}" if place and place.shown else ""
    shown = f"SELECT {listed} FROM {quote(name)}{tail}{sorting} LIMIT {wanted.limit}{offset}"
    equal = {column: value for column, operator, value in wanted.filters if operator == "eq" and f"{column}__eq" not in columns}
    if key and set(key) <= set(equal):  # one row at most
        keyed = equal if len(wanted.filters) == len(equal) == len(set(key)) and not place else {}
        return Select(shown, f"SELECT {listed} FROM {relation}{tail}", build.parameters, chosen, build.given, keyed)
    # what the order's columns hold becomes text behind the limit, or the engine would do it for every row
    texts = ", ".join(f"{one.cell}::VARCHAR AS {quote(f'_key{n}')}" for n, one in enumerate(order))
    whole = f"SELECT {listed}, {texts} FROM (SELECT * FROM {relation}{tail}{sorting} LIMIT {wanted.limit + 1}{offset})"
    return Select(shown, whole, build.parameters, chosen, build.given)


@dataclass(frozen=True)
class _Key:
    """What rows are ordered by: an expression and its type."""

    cell: str
    kind: str
    down: bool = False

    @classmethod
    def of(cls, column: str, columns: dict[str, str], down: bool = False) -> _Key:
        """A column's values. There are two zeros among floats, which compare as one."""
        kind, cell = columns[column], quote(column)
        if kind in _FLOATS:
            return cls(f"CASE WHEN {cell} = 0 THEN 0::{kind} ELSE {cell} END", kind, down)
        if _LONG.search(kind) and kind not in ("VARCHAR", "BLOB"):
            return cls(f"{cell}::VARCHAR", "VARCHAR", down)
        return cls(cell, kind, down)

    @classmethod
    def told_apart(cls, column: str, columns: dict[str, str]) -> _Key:
        """Whatever order tells rows apart: a long value by its hash."""
        if _LONG.search(columns[column]):
            return cls(f"md5({quote(column)}{'' if columns[column] in ('VARCHAR', 'BLOB') else '::VARCHAR'})", "VARCHAR")
        if columns[column] in _FLOATS:
            return cls(f"{quote(column)}::VARCHAR", "VARCHAR")
        return cls.of(column, columns)


def split(page: pa.Table, made: Select, wanted: Wanted, version: int, before: Place | None) -> tuple[pa.Table, Place | None]:
    """The rows to show, and the place of the last one where there are more."""
    rows = page.select(range(len(made.columns))).slice(0, wanted.limit)
    if page.num_rows <= wanted.limit:
        return rows, None
    keys = page.select(range(len(made.columns), page.num_columns)).slice(0, wanted.limit)
    last, shown = _row(keys, wanted.limit - 1), 1
    while shown < wanted.limit and _row(keys, wanted.limit - 1 - shown) == last:
        shown += 1
    if shown == wanted.limit and before and before.values == last:
        shown += before.shown
    return rows, Place(version, last, shown, wanted.mark)


def _row(table: pa.Table, number: int) -> tuple[str | None, ...]:
    return tuple(column[number].as_py() for column in table.columns)


class _Build:
    """Conditions with bound parameters, each cast to its column's type."""

    def __init__(self, columns: dict[str, str]):
        self.columns = columns
        self.parameters: dict[str, str] = {}
        self.given: list[tuple[str, str, str]] = []

    def known(self, column: str, where: str) -> str:
        if column not in self.columns:
            guess = did_you_mean(column, self.columns)
            raise UsageError(f"{where}: no column {column!r}{guess}", hint=f"the columns are {', '.join(self.columns)}")
        return column

    def condition(self, column: str, operator: str, value: str) -> str:
        if f"{column}__{operator}" in self.columns:  # a column whose own name ends like an operator
            column, operator = f"{column}__{operator}", "eq"
        base, mark, wrong = column.rpartition("__")
        if column not in self.columns and mark and base in self.columns:
            raise UsageError(
                f"{base}: no operator {wrong!r}{did_you_mean(wrong, OPERATORS)}", hint=f"operators: {', '.join(OPERATORS)}"
            )
        self.known(column, "filter")
        kind, name = self.columns[column], quote(column)
        if operator == "isnull":
            if value.lower() not in ("true", "false"):
                raise UsageError(f"{column}__isnull: {value!r} is neither true nor false")
            return f"{name} IS {'' if value.lower() == 'true' else 'NOT '}NULL"
        if operator in _TEXT:
            if kind != "VARCHAR":
                raise UsageError(f"{column}__{operator}: {column} is {kind}, not text", hint=f"{column}__eq=, __gte= …")
            return f"{_TEXT[operator]}({name}, {self.bound(column, operator, value)})"
        if operator in ("in", "notin"):
            listed = ", ".join(self.bound(column, operator, one) for one in value.split(","))
            return f"{name} IN ({listed})" if operator == "in" else f"({name} NOT IN ({listed}) OR {name} IS NULL)"
        if operator == "ne":
            return f"{name} IS DISTINCT FROM {self.bound(column, operator, value)}"
        return f"{name} {_COMPARE[operator]} {self.bound(column, operator, value)}"

    def bound(self, column: str, operator: str, value: str) -> str:
        return self._parameter(f"{column}__{operator}", self.columns[column], value)

    def _parameter(self, where: str, kind: str, value: str) -> str:
        name = f"p{len(self.parameters) + 1}"
        self.parameters[name] = value
        self.given.append((where, kind, value))
        return f"CAST(${name} AS {kind})"

    def from_place(self, order: list[_Key], values: Sequence[str | None]) -> str:
        """Rows at or after a place: later in the first of the order's columns, or the same there and so on. `NULLS LAST`
        either way."""
        condition = "true"
        for key, value in reversed(list(zip(order, values, strict=True))):
            if value is None:
                condition = f"{key.cell} IS NULL AND {condition}"
                continue
            at = self._parameter("after", key.kind, value)
            condition = (
                f"({key.cell} {'<' if key.down else '>'} {at} OR {key.cell} IS NULL OR ({key.cell} = {at} AND {condition}))"
            )
        first, value = order[0], values[0]
        if value is not None:  # said once more by itself, so that the engine can leave out what lies before
            at = self._parameter("after", first.kind, value)
            condition = f"({first.cell} {'<=' if first.down else '>='} {at} OR {first.cell} IS NULL) AND {condition}"
        return f"({condition})"
