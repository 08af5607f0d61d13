"""Scheme rows-1, which docs/receipts.md defines: what a result's rows add up to, and apart from it the order they stand in."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import math
import os
import struct
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from boathouse.engine import quote
from boathouse.errors import QueryError, first_line

SCHEME = "rows-1"
_FLOATS = ("FLOAT", "DOUBLE")
_WORD = 2**64
_FEW = 1_000  # cells: so many are written by Python before the engine has made its plan
_SHARE = 4_096  # rows that one of the engine's threads takes at a time
_SCHEMAS = 64  # whose plans are kept
_THREADS = 4


class Digest:
    """Adds up batches of one result, in their order."""

    def __init__(self, schema: pa.Schema, ordered: bool):
        # columns of one name are told apart by their places
        self.names, self.ordered, self.rows = schema.names, ordered, 0
        self._schema = pa.schema([pa.field(f"c{n}", field.type) for n, field in enumerate(schema)])
        self._sums, self._order = [0, 0], [0, 0]

    def add(self, batch: pa.RecordBatch) -> None:
        if not batch.num_rows:
            return
        few = batch.num_rows * batch.num_columns <= _FEW
        found = (few and self._by_python(batch)) or self._by_engine(batch)
        for sums, (high, low) in zip((self._sums, self._order), found, strict=True):
            sums[0], sums[1] = (sums[0] + high) % _WORD, (sums[1] + low) % _WORD
        self.rows += batch.num_rows

    def _by_python(self, batch: pa.RecordBatch) -> list[tuple[int, int]] | None:
        """The sums of a batch; None where it holds what only the engine can write."""
        columns = []
        for column in batch.columns:
            write = _writer(column.type)
            if write is None:
                return None
            try:
                columns.append([b"n," if cell is None else _cell(write(cell)) for cell in column.to_pylist()])
            except (ValueError, OverflowError, LookupError):  # a year, or a time zone, that Python does not have
                return None
        rows = [b"".join(cells) for cells in zip(*columns, strict=True)]
        places = (b"%d:%b" % (place, row) for place, row in enumerate(rows, self.rows))
        return [_added(rows), _added(places) if self.ordered else (0, 0)]

    def _by_engine(self, batch: pa.RecordBatch) -> list[tuple[int, int]]:
        idle = _idle.setdefault((self._schema, self.ordered), [])
        adder = None
        with contextlib.suppress(IndexError):  # another thread may take the last one
            adder = idle.pop()
        try:
            adder = adder or _Adder(batch, self._schema.names, self.ordered)
            found = adder.add(batch, self.rows)
        except duckdb.Error as error:
            if isinstance(error, duckdb.InternalException | duckdb.FatalException):  # which end an engine for good
                _idle.clear()
                _engine.cache_clear()
            raise QueryError(f"these rows cannot be added up: {first_line(error)}", hint="cast them to VARCHAR") from None
        if len(_idle) > _SCHEMAS:
            _idle.clear()
        idle.append(adder)
        return found

    def value(self) -> str:
        return self._seal(self._sums)

    def order(self) -> str | None:
        return self._seal(self._order) if self.ordered else None

    def _seal(self, sums: list[int]) -> str:
        return hashlib.sha256(json.dumps([SCHEME, self.names, self.rows, *sums]).encode()).hexdigest()[:32]


class _Adder:
    """Adds up batches of one schema by a statement that the engine has planned once. Not for two threads at once."""

    def __init__(self, batch: pa.RecordBatch, names: list[str], ordered: bool):
        self._names, self._rows = [*names, "place"], _Rows()
        self._rows.table = pa.table([*batch.slice(0, 0).columns, pa.arange(0, 0)], self._names)
        self._con = _engine().cursor()
        self._con.register("rows", self._rows)
        self._con.execute(f"PREPARE sums AS {self._statement(ordered)}")

    def add(self, batch: pa.RecordBatch, first: int) -> list[tuple[int, int]]:
        """The sums of the rows, and of the rows with their places, which count from `first`."""
        places = pa.arange(first, first + batch.num_rows)  # the engine's own row_number() would gather all rows first
        self._rows.table = pa.table([*batch.columns, places], self._names)
        [(high, low, *order)] = self._con.execute("EXECUTE sums").fetchall()
        del self._rows.table
        return [(int(high), int(low)), (int(order[0]), int(order[1])) if order else (0, 0)]

    def _statement(self, ordered: bool) -> str:
        kinds = self._con.execute("DESCRIBE rows").fetchall()[:-1]
        texts = ", ".join(f"{_text(name, kind)} AS t{n}" for n, (name, kind, *_) in enumerate(kinds))
        cells = (f"coalesce(strlen(t{n}) || ':', 'n'), t{n}, ','" for n in range(len(kinds)))
        hashes = ["md5_number(text) AS h", *["md5_number(concat(place, ':', text)) AS o"] * ordered]
        halves = (f"sum(({h} >> 64)::UBIGINT), sum(({h} & 18446744073709551615::UHUGEINT)::UBIGINT)" for h in "ho"[: len(hashes)])
        return (f"SELECT {', '.join(halves)} FROM (SELECT {', '.join(hashes)} "
                f"FROM (SELECT concat({', '.join(cells)}) AS text, place FROM (SELECT {texts}, place FROM rows)))")  # fmt: skip


class _Rows:
    """What the engine reads as its table `rows`: others each time, under a plan that stays."""

    table: pa.Table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        nested = any(map(pa.types.is_nested, self.table.schema.types))  # of which the engine takes no parts
        return self.table.to_reader(None if nested else _SHARE).__arrow_c_stream__(requested_schema)


_idle: dict[tuple[pa.Schema, bool], list[_Adder]] = {}  # by the schema of the rows, and whether their order counts
atexit.register(_idle.clear)  # the engine's connections want to end before Python does


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": min(_THREADS, os.cpu_count() or 1)})


def _text(name: str, kind: str) -> str:
    """A cell as the scheme writes it; NULL where it is."""
    cell = quote(name)
    if kind in _FLOATS:
        written = f"printf('%.9e', {cell}::DOUBLE)"
        return f"CASE WHEN {cell} = 0 THEN '0' WHEN isfinite({cell}) THEN {written} WHEN isnan({cell}) THEN 'nan' ELSE {cell}::VARCHAR END"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"epoch_us({cell})::VARCHAR"
    if kind == "BLOB":
        return f"hex({cell})"
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
        return f"to_json({cell})::VARCHAR"
    return f"{cell}::VARCHAR"


def _cell(text: str) -> bytes:
    data = text.encode()
    return b"%d:%b," % (len(data), data)


def _added(texts: Iterable[bytes]) -> tuple[int, int]:
    """The sums of the high and the low words of their hashes."""
    high = low = 0
    for text in texts:
        words = struct.unpack("<QQ", hashlib.md5(text, usedforsecurity=False).digest())
        high, low = high + words[1], low + words[0]
    return high, low


@cache
def _writer(kind: pa.DataType) -> Callable[[Any], str] | None:
    """What writes such cells in Python as `_text` does in the engine; None where nothing does."""
    if pa.types.is_boolean(kind):
        return lambda cell: "true" if cell else "false"
    if pa.types.is_float32(kind) or pa.types.is_float64(kind):
        return lambda cell: "0" if cell == 0 else f"{cell:.9e}" if math.isfinite(cell) else str(cell)
    if pa.types.is_decimal128(kind) and kind.scale < kind.precision:  # of others the engine writes no 0 before the point
        return lambda cell: f"{cell:f}"
    if pa.types.is_binary(kind):
        return lambda cell: cell.hex().upper()
    if pa.types.is_timestamp(kind) and kind.tz and kind.unit == "us":
        return lambda cell: str((cell.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))
    if pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_date32(kind):
        return str
    return None
