"""Rows in memory, found by their key without a query: the hashes of all keys in order, and where each one's row stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy
import pyarrow as pa

_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_BATCH = 50_000


class ByKey:
    """A table by columns that no two rows share and of which none is empty: whole numbers or texts."""

    ROW = 16  # bytes that it takes for a row, beside the table

    def __init__(self, table: pa.Table, key: Sequence[str]):
        self._table, self.key = table, tuple(key)
        hashes = numpy.fromiter(map(hash, self._keys()), numpy.int64, table.num_rows)
        self._places = numpy.argsort(hashes)
        self._hashes = hashes[self._places]

    @staticmethod
    def fits(schema: pa.Schema, key: Sequence[str]) -> bool:
        """Whether values of these columns are equal just where their texts say so."""
        kinds = [schema.field(column).type if column in schema.names else None for column in key]
        return bool(key) and all(kind and (pa.types.is_integer(kind) or pa.types.is_string(kind)) for kind in kinds)

    def _keys(self) -> Iterator[tuple[Any, ...]]:
        for batch in self._table.select(self.key).to_batches(_BATCH):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def get(self, asked: Mapping[str, str], names: Sequence[str]) -> pa.Table | None:
        """These columns of the row whose key is written so, or of no row; None where a number is written in another way than
        most are, or is too large for its column."""
        values: list[Any] = []
        for column in self.key:
            kind, text = self._table.schema.field(column).type, asked[column]
            if pa.types.is_integer(kind):
                if not _WHOLE.fullmatch(text) or int(text).bit_length() >= kind.bit_width:
                    return None
                values.append(int(text))
            else:
                values.append(text)
        wanted = hash(tuple(values))
        first, last = (numpy.searchsorted(self._hashes, wanted, side) for side in ("left", "right"))
        for place in self._places[first:last]:
            row = self._table.slice(place, 1)
            if [row[column][0].as_py() for column in self.key] == values:
                return row.select(names).combine_chunks().take([0])  # the slice alone would keep them all
        return self._table.slice(0, 0).select(names)
