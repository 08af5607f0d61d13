"""Datasets that are asked for often, copied into the engine's own format: a row is found there in a tenth of the time.

A copy is of one version and holds the same rows in the same order; a newer version is read from its files until it has
been asked for as often.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import duckdb

from boathouse.engine import Engine, quote
from boathouse.query.snapshot import Snapshot

_OFTEN = 5
_UNPACKED = 6  # how many times the size of its files a dataset has in memory, about
_IDLE = 60.0  # seconds after which nobody can still be reading a copy that he was given


@dataclass
class _Copy:
    size: int
    asked: int = 0
    ready: bool = False
    used: float = field(default_factory=time.monotonic)


class Copies:
    """Up to `budget` bytes of copies, made in a thread of their own; the ones that were not used for longest go first."""

    def __init__(self, engine: Engine, budget: int):
        self.engine, self.budget = engine, budget
        self._known: dict[str, _Copy] = {}
        self._lock = threading.Lock()
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="copies")

    def select(self, snapshot: Snapshot) -> str:
        """The dataset's own columns, from its copy where there is one."""
        if not self.budget or snapshot.size * _UNPACKED > self.budget:
            return snapshot.select
        # the guard lets no query say a name with a colon, so none reads a copy past its policy
        name = f"copy:{snapshot.name}:{snapshot.version}:{snapshot.table}"
        with self._lock:
            copy = self._known.setdefault(name, _Copy(snapshot.size * _UNPACKED))
            copy.asked, copy.used = copy.asked + 1, time.monotonic()
            if not copy.ready and copy.asked % _OFTEN == 0 and copy.asked <= 3 * _OFTEN:
                self._maker.submit(self._make, name, snapshot)
            return f"SELECT {', '.join(map(quote, snapshot.columns))} FROM {quote(name)}" if copy.ready else snapshot.select

    def _make(self, name: str, snapshot: Snapshot) -> None:
        try:
            if self._known[name].ready:
                return
            self._make_room(self._known[name].size)
            with self.engine.con.cursor() as cursor:
                cursor.execute(f"CREATE TABLE {quote(name)} AS {snapshot.select}")
            self._known[name].ready = True
        except (duckdb.Error, MemoryError):  # the files do as well
            return

    def _make_room(self, size: int) -> None:
        """Raises MemoryError where those that are there are all in use."""
        with self._lock:
            ready = sorted((copy.used, name) for name, copy in self._known.items() if copy.ready)
            free = self.budget - sum(copy.size for copy in self._known.values() if copy.ready)
            for used, name in ready:
                if free >= size or time.monotonic() - used < _IDLE:
                    break
                free += self._known.pop(name).size
                with self.engine.con.cursor() as cursor:
                    cursor.execute(f"DROP TABLE {quote(name)}")
            if free < size:
                raise MemoryError
