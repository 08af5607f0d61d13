"""Scheme rows-1, which docs/receipts.md defines: what a result's rows add up to, and apart from it the order they stand in."""

from __future__ import annotations

import hashlib
import json
from functools import cache

import duckdb
import pyarrow as pa

from boathouse.engine import quote

SCHEME = "rows-1"
_FLOATS = ("FLOAT", "DOUBLE")
_WORD = 2**64
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
        self._con.register("rows", pa.Table.from_batches([batch.rename_columns(self._schema.names)]))
        if self._sql is None:
            made_of = (self._schema.to_string(), self.ordered)
            self._sql = _STATEMENTS.get(made_of) or _STATEMENTS.setdefault(made_of, self._statement())
        found = self._con.execute(self._sql, {"start": self.rows}).fetchall()[0]
        for sums, high, low in ((self._sums, found[0], found[1]), (self._order, found[2], found[3])):
            sums[0], sums[1] = (sums[0] + int(high)) % _WORD, (sums[1] + int(low)) % _WORD
        self.rows += batch.num_rows

    def value(self) -> str:
        return self._seal(self._sums)

    def order(self) -> str | None:
        return self._seal(self._order) if self.ordered else None

    def _seal(self, sums: list[int]) -> str:
        return hashlib.sha256(json.dumps([SCHEME, self.names, self.rows, *sums]).encode()).hexdigest()[:32]

    def _statement(self) -> str:
        kinds = {row[0]: row[1] for row in self._con.execute("DESCRIBE rows").fetchall()}
        texts = ", ".join(f"{_text(name, kind)} AS {name}" for name, kind in kinds.items())
        parts = (f"coalesce(strlen({name}) || ':' || {name}, 'n'), ','" for name in kinds)
        cells = f"concat({', '.join(parts)})"
        placed = "row_number() OVER () - 1 + $start" if self.ordered else "$start"
        order = "md5_number(place || ':' || text)" if self.ordered else "0::UHUGEINT"
        halves = ", ".join(f"sum(({h} >> 64)::HUGEINT), sum(({h} & 18446744073709551615)::HUGEINT)" for h in ("h", "o"))
        return (f"SELECT {halves} FROM (SELECT md5_number(text)::UHUGEINT AS h, {order}::UHUGEINT AS o "
                f"FROM (SELECT {cells} AS text, place FROM (SELECT {texts}, {placed} AS place FROM rows)))")  # fmt: skip


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """One thread, so that rows keep their places."""
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
