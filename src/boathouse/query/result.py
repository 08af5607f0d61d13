"""What a query returns: a stream of Arrow batches, and the forms that people want it in."""

from __future__ import annotations

import contextlib
import html
import io
import json
import math
from collections.abc import Callable, Generator, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from boathouse.config import QueryLimits
from boathouse.errors import QueryError
from boathouse.names import distinct
from boathouse.query.digest import Digest
from boathouse.query.receipt import Asked, Receipt

if TYPE_CHECKING:
    import pandas
    import polars

Batches = Generator[pa.RecordBatch, None, None]
_END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"
FORMATS = ("table", "csv", "json", "arrow", "parquet")


@contextlib.contextmanager
def within_python() -> Iterator[None]:
    """Around what makes Python's values of rows: the engine knows later years, and infinity."""
    try:
        yield
    except (OverflowError, ValueError) as error:
        raise QueryError(f"the rows hold a date that Python has no word for: {error}", hint="cast it to VARCHAR") from None


class Running(Protocol):
    """The query behind a result."""

    cut: bool

    def end(self) -> None: ...


class _Done:
    def __init__(self, cut: bool):
        self.cut = cut

    def end(self) -> None: ...


class Result:
    """Rows of one query. The first form that is asked for reads the stream; a table stays for the next."""

    def __init__(self, schema: pa.Schema, batches: Batches, asked: Asked, limits: QueryLimits, running: Running):
        self.schema, self.sql, self.asked, self.limits = schema, asked.sql, asked, limits
        self.versions = {table.name: table.version for table in asked.tables}
        self._batches: Batches | None = batches
        self._table: pa.Table | None = None
        self._digest: Digest | None = None
        self._running = running

    @classmethod
    def of(cls, table: pa.Table, asked: Asked, limits: QueryLimits, *, cut: bool = False) -> Result:
        """Rows that have been read already; `cut` says that the row limit ended them."""
        made = cls(table.schema, (batch for batch in table.to_batches()), asked, limits, _Done(cut))
        made._table = table
        return made

    @property
    def cut(self) -> bool:
        """Whether the row limit ended the result; known once it has been read."""
        return self._running.cut

    def batches(self, *, proven: bool = False) -> Batches:
        """The rows as Arrow batches, once; `proven` adds them up on the way, so that the receipt is there at the end."""
        if self._table is not None:
            return (batch for batch in self._table.to_batches())
        if self._batches is None:
            raise RuntimeError("this result has been streamed already: run the query again")
        batches, self._batches = self._batches, None
        return self._proven(batches) if proven else batches

    def _proven(self, batches: Batches) -> Batches:
        digest = Digest(self.schema, self.asked.ordered)
        with contextlib.closing(batches):
            for batch in batches:
                digest.add(batch)
                yield batch
        self._digest = digest

    def reader(self, *, proven: bool = False) -> pa.RecordBatchReader:
        """The rows as a stream, once."""
        return pa.RecordBatchReader.from_batches(self.schema, self.batches(proven=proven))

    @property
    def proven(self) -> bool:
        """Whether the rows have been added up, so that there is a receipt."""
        return self._digest is not None

    def close(self) -> None:
        """Stops the query, where it has not been read."""
        if self._batches is not None:
            self._batches = None
            self._running.end()

    @cached_property
    def receipt(self) -> Receipt:
        """The proof of these rows, which `replay` runs again. Reads them all; a stream has one where it was `proven`."""
        if self._digest is None:
            self._digest = Digest(self.schema, self.asked.ordered)
            for batch in self.arrow().to_batches():
                self._digest.add(batch)
        return Receipt.of(self.asked, self._digest, self.limits.rows if self.cut else None)

    def arrow(self) -> pa.Table:
        """The rows as a pyarrow Table."""
        if self._table is None:
            self._table = pa.Table.from_batches(self.batches(), self.schema)
        return self._table

    def df(self) -> pandas.DataFrame:
        """The rows as a pandas DataFrame. Raises QueryError for a date that Python has no word for."""
        with within_python():
            return self.arrow().to_pandas()

    def pl(self) -> polars.DataFrame:
        """The rows as a Polars DataFrame. Needs `pip install boathouse[polars]`."""
        try:
            import polars
        except ImportError as error:
            from boathouse.errors import UsageError

            raise UsageError("polars is not installed", hint="pip install 'boathouse[polars]'") from error
        return polars.from_arrow(self.arrow())  # type: ignore[return-value]

    def rows(self) -> list[dict[str, Any]]:
        """The rows as dictionaries. Raises QueryError for a date that Python has no word for."""
        with within_python():
            return self.arrow().to_pylist()

    def chunks(self, form: str, *, proven: bool = False) -> Iterator[bytes | memoryview]:
        """The rows as the bytes of a file, piece by piece: csv, json (one array), arrow (IPC stream) or parquet."""
        writer = {"csv": _csv, "json": _json, "arrow": _ipc, "parquet": _parquet}[form]
        return writer(self.schema, self.batches(proven=proven))

    def write(self, form: str, out: Any, *, proven: bool = False) -> None:
        """`chunks`, into a binary file."""
        for chunk in self.chunks(form, proven=proven):
            out.write(chunk)

    def save(self, path: Path | str) -> None:
        """The rows as a file, by its suffix: .csv, .json, .arrow or .parquet."""
        path = Path(path)
        with path.open("wb") as out:
            self.write(path.suffix.lstrip("."), out)

    def _repr_html_(self) -> str:
        shown = self.df()._repr_html_()  # type: ignore[operator]
        return f"{shown}<small>{html.escape(str(self.receipt))}</small>"

    def __repr__(self) -> str:
        return repr(self.df())


class _Pieces(io.RawIOBase):
    """A file that is taken away while it is written; its writer is told the place in the whole."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._place = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        self._place += len(data)
        return len(data)

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _csv(schema: pa.Schema, batches: Batches) -> Iterator[bytes]:
    import pyarrow.csv

    flat = pa.schema([pa.field(f.name, pa.string() if pa.types.is_nested(f.type) else f.type) for f in schema])

    def written(writer: Any, batch: pa.RecordBatch) -> None:
        columns = [_as_text(c) if pa.types.is_nested(c.type) else c for c in batch.columns]
        writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=flat))

    return _through(lambda out: pyarrow.csv.CSVWriter(out, flat), written, batches)


def _ipc(schema: pa.Schema, batches: Batches) -> Iterator[bytes | memoryview]:
    """The messages of an IPC stream, each copied once, for that is most of what a long answer costs. Those of dictionaries are
    for Arrow's own writer to place."""
    if "dictionary<" in str(schema):
        yield from _through(lambda out: pa.ipc.new_stream(out, schema), lambda writer, batch: writer.write_batch(batch), batches)
        return
    with contextlib.closing(batches):
        yield schema.serialize().to_pybytes()
        for batch in batches:
            yield memoryview(batch.serialize()).toreadonly()
    yield _END_OF_STREAM


def _parquet(schema: pa.Schema, batches: Batches) -> Iterator[bytes]:
    import pyarrow.parquet

    opened = partial(pyarrow.parquet.ParquetWriter, schema=schema)
    return _through(opened, lambda writer, batch: writer.write_batch(batch), batches)


def _through(opened: Callable[[Any], Any], written: Callable[[Any, pa.RecordBatch], None], batches: Batches) -> Iterator[bytes]:
    """What a writer of Arrow batches makes of them, piece by piece."""
    out = _Pieces()
    with contextlib.closing(batches), opened(out) as writer:
        for batch in batches:
            written(writer, batch)
            yield out.take()
    yield out.take()


def _json(schema: pa.Schema, batches: Batches) -> Iterator[bytes]:
    lead, names = "[\n", distinct(schema.names)  # an object has a name once
    for batch in (batch.rename_columns(names) for batch in batches):
        if batch.num_rows:
            yield (lead + ",\n".join(map(_json_text, batch.to_pylist()))).encode()
            lead = ",\n"
    yield b"[]\n" if lead == "[\n" else b"\n]\n"


def _as_text(column: pa.Array) -> pa.Array:
    return pa.array([None if v is None else _json_text(v) for v in column.to_pylist()], pa.string())


def _json_text(value: Any) -> str:
    """JSON has no NaN and no infinity: they become null."""
    try:
        return json.dumps(value, default=_plain, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), default=_plain, ensure_ascii=False)


def _plain(value: Any) -> str:
    """What JSON has no form for: bytes become hexadecimal digits."""
    return value.hex() if isinstance(value, bytes) else str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
