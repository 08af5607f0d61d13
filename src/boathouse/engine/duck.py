"""One DuckDB connection with its limits; long statements report their progress and can be interrupted."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from boathouse.config import Limits
from boathouse.errors import BoathouseError, LakeError, StepError, first_line

Watch = Callable[[float | None], None]
_PARQUET = "FORMAT parquet, PARQUET_VERSION V2"  # a seventh smaller, and quicker to write and to read


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file as the engine wrote it; `stats` maps a top-level column to min, max and null_count."""

    path: Path
    rows: int
    size: int
    stats: dict[str, dict[str, str]] = field(default_factory=dict)
    partition: dict[str, str | None] = field(default_factory=dict)


class Engine:
    """A DuckDB connection, in memory, that spills to `scratch`. Not for use by two threads at once."""

    def __init__(self, limits: Limits, scratch: Path):
        scratch.mkdir(parents=True, exist_ok=True)
        self.scratch = scratch
        self.con = duckdb.connect(
            config={
                "memory_limit": limits.memory,
                "threads": limits.threads or os.cpu_count() or 1,
                "temp_directory": str(scratch / f"spill-{uuid.uuid4().hex[:12]}"),  # no two engines may share one
                "autoload_known_extensions": False,
                "autoinstall_known_extensions": False,
                "python_enable_replacements": False,
            }
        )
        self.con.execute("SET GLOBAL TimeZone = 'UTC'")  # of every cursor
        self.con.execute("SET enable_progress_bar = false")  # in a notebook it would be kept: steps tell how far they are
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="duckdb")

    def run(self, sql: str, parameters: Sequence[Any] = (), watch: Watch | None = None) -> list[tuple]:
        """Runs one statement to its end and returns its rows. Ctrl-C and a closed kernel interrupt it."""
        future = self._worker.submit(lambda: self.con.execute(sql, list(parameters)).fetchall())
        try:
            while not wait([future], timeout=0.2).done:
                if watch:
                    watch(self._share())
            return future.result()
        except KeyboardInterrupt:
            self.con.interrupt()
            wait([future])
            raise
        except duckdb.Error as error:
            raise explain(error) from error

    def _share(self) -> float | None:
        percent = self.con.query_progress()
        return percent / 100 if 0 <= percent <= 100 else None

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> tuple:
        """The first row of a statement."""
        return self.run(sql, parameters)[0]

    def columns(self, select: str) -> dict[str, str]:
        """Names and types that a SELECT returns."""
        return {row[0]: row[1] for row in self.run(f"DESCRIBE {select}")}

    def reader(self, select: str) -> pa.RecordBatchReader:
        """A SELECT as a stream of Arrow batches. It needs a connection of its own while it is read."""
        return self.con.cursor().sql(select).to_arrow_reader(100_000)

    def write_parquet(self, select: str, path: Path, watch: Watch | None = None, *, ordered: bool = True) -> ParquetFile:
        """Writes what a SELECT returns as one Parquet file; in its order, unless that may be given up for speed."""
        path.parent.mkdir(parents=True, exist_ok=True)
        copy = f"COPY ({select}) TO {literal(str(path))} ({_PARQUET}, RETURN_STATS)"
        self.run(f"SET preserve_insertion_order = {ordered}")
        try:
            rows = self.run(copy, watch=watch)
        finally:
            self.con.execute("SET preserve_insertion_order = true")
        if not rows:  # no row at all writes no file in some versions; a batch of none still has a schema
            return ParquetFile(path, 0, path.stat().st_size if path.exists() else 0)
        return _file(rows[0])

    def write_partitions(self, select: str, folder: Path, by: list[str], watch: Watch | None = None) -> list[ParquetFile]:
        """Writes what a SELECT returns as Hive-style folders, one or more files for each partition."""
        folder.mkdir(parents=True, exist_ok=True)
        names = ", ".join(map(quote, by))
        copy = f"COPY ({select}) TO {literal(str(folder))} ({_PARQUET}, PARTITION_BY ({names}), WRITE_PARTITION_COLUMNS, RETURN_STATS)"
        return [_file(row) for row in self.run(copy, watch=watch)]

    def attach(self, filesystem: Any) -> None:
        """Lets the engine read a bucket through an fsspec filesystem, once."""
        if not self.con.filesystem_is_registered(
            filesystem.protocol if isinstance(filesystem.protocol, str) else filesystem.protocol[0]
        ):
            self.con.register_filesystem(filesystem)

    def close(self) -> None:
        self._worker.shutdown()
        self.con.close()


def _file(row: tuple) -> ParquetFile:
    name, rows, size, _footer, statistics, keys = row[:6]
    top = {unquote(path): stat for path, stat in (statistics or {}).items() if '"."' not in path}
    return ParquetFile(Path(name), rows, size, top, dict(keys or {}))


def explain(error: duckdb.Error) -> BoathouseError:
    """A DuckDB error as one of ours: a full disk is the lake's trouble, the rest the step's."""
    text = str(error)
    if "No space left" in text or "ENOSPC" in text:
        return LakeError("the disk is full", hint="free some space; nothing was published")
    if isinstance(error, duckdb.OutOfMemoryException):
        return StepError(
            "the engine's memory limit is too small for this step: " + first_line(error),
            hint='raise it in boathouse.toml: [limits] memory = "2GB"',
        )
    return StepError(first_line(error))


def quote(identifier: str) -> str:
    """An identifier in double quotes."""
    return '"' + identifier.replace('"', '""') + '"'


def unquote(identifier: str) -> str:
    """`quote` undone."""
    return identifier[1:-1].replace('""', '"') if identifier.startswith('"') else identifier


def literal(value: str) -> str:
    """A text literal, for the places that take no bound parameter (COPY, CREATE VIEW)."""
    return "'" + value.replace("'", "''") + "'"
