"""What a query returns: a stream of Arrow batches, and the forms that people want it in."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    import pandas
    import polars

FORMATS = ("table", "csv", "json", "arrow", "parquet")


class Result:
    """Rows of one query. The first form that is asked for reads the stream; a table stays for the next."""

    def __init__(self, reader: pa.RecordBatchReader, sql: str, versions: dict[str, int]):
        self._reader: pa.RecordBatchReader | None = reader
        self._table: pa.Table | None = None
        self.schema, self.sql, self.versions = reader.schema, sql, versions

    def reader(self) -> pa.RecordBatchReader:
        """The rows as a stream, once."""
        if self._table is not None:
            return self._table.to_reader()
        if self._reader is None:
            raise RuntimeError("this result has been streamed already: run the query again")
        reader, self._reader = self._reader, None
        return reader

    def arrow(self) -> pa.Table:
        """The rows as a pyarrow Table."""
        if self._table is None:
            self._table = self.reader().read_all()
        return self._table

    def df(self) -> pandas.DataFrame:
        """The rows as a pandas DataFrame."""
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
        """The rows as dictionaries."""
        return self.arrow().to_pylist()

    def write(self, form: str, out: Any) -> None:
        """Streams the rows into a binary file: csv, json (one array), arrow (IPC stream) or parquet."""
        {"csv": self._csv, "json": self._json, "arrow": self._ipc, "parquet": self._parquet}[form](out)

    def _csv(self, out: Any) -> None:
        import pyarrow.csv

        reader = self.reader()
        flat = pa.schema([pa.field(f.name, pa.string() if pa.types.is_nested(f.type) else f.type) for f in reader.schema])
        with pyarrow.csv.CSVWriter(out, flat) as writer:
            for batch in reader:
                columns = [_as_text(c) if pa.types.is_nested(c.type) else c for c in batch.columns]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=flat))

    def _json(self, out: Any) -> None:
        text, first = io.TextIOWrapper(out, encoding="utf-8", write_through=True), True
        text.write("[")
        for batch in self.reader():
            for row in batch.to_pylist():
                text.write(("\n" if first else ",\n") + _json_text(row))
                first = False
        text.write("]\n" if first else "\n]\n")
        text.detach()

    def _ipc(self, out: Any) -> None:
        reader = self.reader()
        with pa.ipc.new_stream(out, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)

    def _parquet(self, out: Any) -> None:
        import pyarrow.parquet

        reader = self.reader()
        with pyarrow.parquet.ParquetWriter(out, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)

    def save(self, path: Path | str) -> None:
        """The rows as a file, by its suffix: .csv, .json, .arrow or .parquet."""
        path = Path(path)
        with path.open("wb") as out:
            self.write(path.suffix.lstrip("."), out)

    def _repr_html_(self) -> str:
        return self.df()._repr_html_()  # type: ignore[operator]

    def __repr__(self) -> str:
        return repr(self.df())


def _as_text(column: pa.Array) -> pa.Array:
    return pa.array([None if v is None else _json_text(v) for v in column.to_pylist()], pa.string())


def _json_text(value: Any) -> str:
    """JSON has no NaN and no infinity: they become null."""
    try:
        return json.dumps(value, default=str, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), default=str, ensure_ascii=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
