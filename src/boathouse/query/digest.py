"""Scheme rows-1, which docs/receipts.md defines: what a result's rows add up to, and apart from it the order they stand in."""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import duckdb
import numpy
import pyarrow as pa

from boathouse.engine import quote
from boathouse.errors import QueryError, first_line

SCHEME = "rows-1"
_FLOATS = ("FLOAT", "DOUBLE")
_WORD = 2**64
_FEW = 1_000  # cells: so many are written by Python before the engine has made its plan
_STATEMENTS: dict[tuple[str, bool], str] = {}  # by the schema of the rows, and whether their order counts


class Digest:
    """Adds up batches of one result, in their order."""

    def __init__(self, schema: pa.Schema, ordered: bool):
        # columns of one name are told apart by their places
        self.names, self.ordered, self.rows = schema.names, ordered, 0
        self._schema = pa.schema([pa.field(f"c{n}", field.type) for n, field in enumerate(schema)])
        self._sums, self._order = [0, 0], [0, 0]
        self._con = _engine().cursor()
        self._sql: str | None = None

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
        # the engine's own row_number() would gather all rows before it numbers them
        places = pa.array(numpy.arange(self.rows, self.rows + batch.num_rows))
        self._con.register("rows", pa.table([*batch.columns, places], [*self._schema.names, "place"]))
        if self._sql is None:
            made_of = (self._schema.to_string(), self.ordered)
            self._sql = _STATEMENTS.get(made_of) or _STATEMENTS.setdefault(made_of, self._statement())
        try:
            [(high, low, *order)] = self._con.execute(self._sql).fetchall()
        except (duckdb.InternalException, duckdb.FatalException) as error:  # which end an engine for good
            _engine.cache_clear()
            raise QueryError(f"these rows cannot be added up: {first_line(error)}", hint="cast them to VARCHAR") from None
        return [(int(high), int(low)), (int(order[0]), int(order[1])) if order else (0, 0)]

    def value(self) -> str:
        return self._seal(self._sums)

    def order(self) -> str | None:
        return self._seal(self._order) if self.ordered else None

    def _seal(self, sums: list[int]) -> str:
        return hashlib.sha256(json.dumps([SCHEME, self.names, self.rows, *sums]).encode()).hexdigest()[:32]

    def _statement(self) -> str:
        kinds = [row[1] for row in self._con.execute("DESCRIBE rows").fetchall()]
        texts = ", ".join(
            f"{_text(name, kind)} AS t{n}" for n, (name, kind) in enumerate(zip(self._schema.names, kinds, strict=False))
        )
        parts = (f"coalesce(strlen(t{n}) || ':' || t{n}, 'n'), ','" for n in range(len(self._schema)))
        hashes = ["md5_number(text) AS h", *["md5_number(place || ':' || text) AS o"] * self.ordered]
        halves = (
            f"sum(({h}::UHUGEINT >> 64)::HUGEINT), sum(({h}::UHUGEINT & 18446744073709551615)::HUGEINT)"
            for h in "ho"[: len(hashes)]
        )
        return (f"SELECT {', '.join(halves)} FROM (SELECT {', '.join(hashes)} "
                f"FROM (SELECT concat({', '.join(parts)}) AS text, place FROM (SELECT {texts}, place FROM rows)))")  # fmt: skip


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """Of one thread: the batches of a result are added up one after another."""
    return duckdb.connect(config={"threads": 1})


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
