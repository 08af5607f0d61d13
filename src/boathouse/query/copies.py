"""Datasets whose rows are asked for often, copied into an engine of their own: a row is found there in a tenth of the time.

A copy is of one version and holds the same rows in the same order; a newer version is read from its files until it has
been asked for as often. No SQL of a caller comes here: pages of rows do, which are made from names and bound values.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa

from boathouse.config import Limits
from boathouse.engine import Engine, quote
from boathouse.errors import BoathouseError
from boathouse.lake import Lake
from boathouse.query.by_key import ByKey
from boathouse.query.snapshot import Snapshot

_OFTEN, _TRIES = 5, 3
_UNPACKED = 6  # how many times the size of its files a dataset has in memory, about
_BATCH = 100_000  # rows
_IDLE = 60.0  # seconds after which nobody can still be reading a copy that he was given


class Copy:
    """A dataset's version in the engine's own format, once it is `ready`."""

    def __init__(self, snapshot: Snapshot, engine: Engine):
        self.snapshot, self.engine = snapshot, engine
        self.name = quote(f"{snapshot.name}:{snapshot.version}:{snapshot.table}")
        self.select = f"SELECT * FROM {self.name}"
        self.by_key: ByKey | None = None
        self.size, self.asked, self.ready, self.used = snapshot.size * _UNPACKED, 0, False, time.monotonic()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        return self.engine.con.cursor()


class Copies:
    """Up to `budget` bytes of copies, made in a thread of their own; those that were not used for longest go first."""

    def __init__(self, limits: Limits, lake: Lake, scratch: Path, budget: int = 0):
        self.limits, self.lake, self.scratch, self.budget = limits, lake, scratch, budget
        self._known: dict[str, Copy] = {}
        self._lock = threading.Lock()
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="copies")

    @cached_property
    def _engine(self) -> Engine:
        """One thread, since what is asked here is done before a second one would have begun."""
        limits = self.limits.model_copy(update={"threads": 1})
        engine = Engine(limits, self.scratch)
        if not self.lake.store.is_local:
            engine.attach(self.lake.store.filesystem())
        return engine

    def of(self, snapshot: Snapshot, key: Sequence[str]) -> Copy | None:
        """The copy of a dataset, where there is one. A dataset that is asked for often gets one, with its rows by their `key`."""
        if not self.budget or snapshot.size * _UNPACKED > self.budget:
            return None
        with self._lock:
            named = f"{snapshot.name}:{snapshot.version}:{snapshot.table}"
            copy = self._known.get(named)
            if copy is None:  # other versions of it that were never copied are not asked for any more
                self._known = {k: one for k, one in self._known.items() if one.ready or one.snapshot.name != snapshot.name}
                copy = self._known[named] = Copy(snapshot, self._engine)
            copy.asked, copy.used = copy.asked + 1, time.monotonic()
            if not copy.ready and copy.asked % _OFTEN == 0 and copy.asked <= _TRIES * _OFTEN:
                self._maker.submit(self._make, copy, key)
            return copy if copy.ready else None

    def _make(self, copy: Copy, key: Sequence[str]) -> None:
        if copy.ready:
            return
        try:
            self._make_room(copy.size)
            with copy.cursor() as cursor:
                cursor.execute(f"CREATE OR REPLACE TABLE {copy.name} AS {copy.snapshot.select}")
                copy.by_key = self._by_key(copy, cursor, key)
            copy.ready = True
        except (duckdb.Error, BoathouseError, MemoryError):  # the files do as well
            return

    def _by_key(self, copy: Copy, cursor: duckdb.DuckDBPyConnection, key: Sequence[str]) -> ByKey | None:
        """A copy's rows by their key, where there is room for them too."""
        reader = cursor.sql(copy.select).to_arrow_reader(_BATCH)
        with self._lock:
            room = self.budget - sum(one.size for one in self._known.values() if one.ready or one is copy)
        if not ByKey.fits(reader.schema, key):
            return None
        batches, size = [], copy.snapshot.rows * ByKey.ROW
        for batch in reader:
            batches.append(batch)
            size += batch.nbytes
            if size > room:
                return None
        copy.size += size
        return ByKey(pa.Table.from_batches(batches, reader.schema), key)

    def _make_room(self, size: int) -> None:
        """Raises MemoryError where those that are there are all in use."""
        with self._lock:
            ready = sorted((copy for copy in self._known.values() if copy.ready), key=lambda copy: copy.used)
            free = self.budget - sum(copy.size for copy in ready)
            for copy in ready:
                if free >= size or time.monotonic() - copy.used < _IDLE:
                    break
                free += copy.size
                self._known = {key: one for key, one in self._known.items() if one is not copy}
                with copy.cursor() as cursor:
                    cursor.execute(f"DROP TABLE {copy.name}")
            if free < size:
                raise MemoryError
