"""A dataset at one version as a SELECT over that version's files; kept, so that the next query finds it ready."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from boathouse.engine import Engine, literal, quote
from boathouse.lake import Table
from boathouse.lake.table import BATCH
from boathouse.lake.tables import Tables
from boathouse.lake.types import sql_type

_KEPT = 1_000


@dataclass(frozen=True)
class Snapshot:
    """One version of a dataset. `files` maps a file's URL to the batch that its rows came with, `size` is theirs in bytes;
    `table` is the id of the Delta table."""

    name: str
    version: int
    table: str
    columns: dict[str, str]
    files: dict[str, str]
    source: str
    rows: int
    size: int
    committed_at: datetime
    verdict: str | None

    @property
    def select(self) -> str:
        """The dataset's own columns."""
        return f"SELECT {', '.join(map(quote, self.columns))} FROM {self.source}"

    @cached_property
    def select_with_batch(self) -> str:
        """The dataset's columns, and which batch a row came with."""
        if not self.files:
            return f"SELECT *, NULL::VARCHAR AS {BATCH} FROM {self.source}"
        pairs = ", ".join(f"({literal(url)}, {literal(batch)})" for url, batch in self.files.items())
        named = self.source.replace("hive_partitioning = false", "hive_partitioning = false, filename = '_file'", 1)
        return (f"SELECT {', '.join(map(quote, self.columns))}, {BATCH} FROM {named} "
                f"JOIN (VALUES {pairs}) AS batches(_url, {BATCH}) ON _file = _url")  # fmt: skip


class Snapshots:
    """The lake's datasets as they are now, or as they were. A version is read once. For many threads."""

    def __init__(self, tables: Tables, engine: Engine):
        self.tables, self.lake, self.engine = tables, tables.lake, engine
        self._made: OrderedDict[tuple[str, str, int], Snapshot] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str, version: int | None = None) -> Snapshot:
        """A dataset at a version, or at its newest. Raises UsageError where there is none."""
        table = self.lake.published(name, version) if version is not None else self.tables.newest(name)
        assert table.delta is not None
        key = (name, str(table.delta.metadata().id), int(table.version or 0))  # a dataset made anew counts from 0 again
        with self._lock:
            found = self._made.get(key)
        made = found or self._make(name, table)  # two may make it at once: the first one's stays
        with self._lock:
            made = self._made.setdefault(key, made)
            self._made.move_to_end(key)
            if len(self._made) > _KEPT:
                self._made.popitem(last=False)
            return made

    def _make(self, name: str, table: Table) -> Snapshot:
        assert table.delta is not None
        fields = [field for field in table.delta.schema().fields if field.name != BATCH]
        columns = {field.name: sql_type(field.type) for field in fields}
        files = table.files()
        commit = table.made_by()
        urls = {self.lake.store.url(f"{table.path}/{file.path}"): str(file.partition[BATCH]) for file in files}
        return Snapshot(name, int(table.version or 0), str(table.delta.metadata().id), columns, urls,
                        self._source(columns, list(urls)), sum(file.rows for file in files), sum(file.size for file in files),
                        commit["timestamp"], commit.get("verdict"))  # fmt: skip

    def _source(self, columns: dict[str, str], urls: list[str]) -> str:
        """What stands behind FROM. A column that is younger than some of the files is NULL in their rows."""
        if not urls:
            return f"(SELECT {', '.join(f'NULL::{kind} AS {quote(name)}' for name, kind in columns.items())} WHERE false)"
        listing = f"[{', '.join(map(literal, urls))}]"
        plain = f"read_parquet({listing}, hive_partitioning = false)"
        if len(urls) > 1 and self._differ(listing):
            plain = f"read_parquet({listing}, hive_partitioning = false, union_by_name = true)"
        have = self.engine.columns(f"SELECT * FROM {plain}")
        missing = [f"NULL::{kind} AS {quote(name)}" for name, kind in columns.items() if name not in have]
        return f"(SELECT *, {', '.join(missing)} FROM {plain})" if missing else plain

    def _differ(self, listing: str) -> bool:
        schemas = (
            f"SELECT list(struct_pack(name, type, num_children)) AS schema FROM parquet_schema({listing}) GROUP BY file_name"
        )
        return self.engine.one(f"SELECT count(DISTINCT schema) > 1 FROM ({schemas})")[0]
