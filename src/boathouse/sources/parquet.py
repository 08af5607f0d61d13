"""Parquet files: typed by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from boathouse.engine import Engine
from boathouse.errors import BoathouseError, SourceError
from boathouse.sources.files import FileSource
from boathouse.sources.protocol import Scan


class ParquetSource(FileSource):
    """`type: parquet`."""

    family = "parquet"
    suffixes = (".parquet", ".pq")

    def scan(self, engine: Engine, file: Path, columns: Mapping[str, str] | None) -> Scan:
        try:
            return super().scan(engine, file, columns)
        except BoathouseError as error:
            raise SourceError(f"{file.name} is not a Parquet file: {error.message}", hint="fetch the file again") from error
