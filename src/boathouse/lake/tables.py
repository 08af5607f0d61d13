"""The datasets' newest tables, each opened once: whether there is a newer version is asked each time, or less often."""

from __future__ import annotations

import threading
import time
from collections import defaultdict

from boathouse.lake.lake import Lake
from boathouse.lake.table import Table


class Tables:
    """Curated tables by name. `max_age` is the seconds for which what was seen last is taken to be so still. For many
    threads."""

    def __init__(self, lake: Lake, max_age: float = 0.0):
        self.lake, self.max_age = lake, max_age
        self._opened: dict[str, tuple[float, Table, tuple | None]] = {}
        self._names: tuple[float, list[str]] = (float("-inf"), [])
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)  # one table's reading waits for no other's

    def names(self) -> list[str]:
        """The datasets that have been published."""
        asked, names = self._names
        if time.monotonic() - asked < self.max_age:
            return names
        with self._turns[""]:
            names = self.lake.store.folders("curated")
            self._names = (time.monotonic(), names)
            return names

    def newest(self, name: str) -> Table:
        """Raises MissingError where nothing was published under this name."""
        asked, table, mark = self._opened.get(name, (float("-inf"), None, None))
        if table is not None and time.monotonic() - asked < self.max_age:
            return table
        with self._turns[name]:
            asked, table, mark = self._opened.get(name, (float("-inf"), None, None))
            if table is not None and time.monotonic() - asked < self.max_age:
                return table  # somebody has read it meanwhile
            now = self._mark(name, table)
            if table is None or now != mark or now is None:
                table = self.lake.published(name)
                now = self._mark(name, table)
            self._opened[name] = (time.monotonic(), table, now)
            return table

    def _mark(self, name: str, table: Table | None) -> tuple | None:
        """On a disk, what a look at the log tells of a table in hand: it is the newest while its first commit is the same
        file and there is no commit behind its own. None where that cannot be told."""
        log = self.lake.store.local(f"curated/{name}/_delta_log")
        if log is None or table is None or (log / f"{(table.version or 0) + 1:020}.json").exists():
            return None
        try:
            first = (log / f"{0:020}.json").stat()
        except FileNotFoundError:
            return None
        return first.st_ino, first.st_mtime_ns
