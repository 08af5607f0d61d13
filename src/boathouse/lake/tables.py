"""The datasets' newest tables, each opened once: whether there is a newer version is asked each time, or less often."""

from __future__ import annotations

import threading
import time

from boathouse.lake.lake import Lake
from boathouse.lake.table import Table


class Tables:
    """Curated tables by name. `max_age` is the seconds for which what was seen last is taken to be so still; 0 opens each
    table anew. For many threads."""

    def __init__(self, lake: Lake, max_age: float = 0.0):
        self.lake, self.max_age = lake, max_age
        self._opened: dict[str, tuple[float, Table]] = {}
        self._names: tuple[float, list[str]] = (float("-inf"), [])
        self._lock = threading.RLock()

    def names(self) -> list[str]:
        """The datasets that have been published."""
        with self._lock:
            asked, names = self._names
            if time.monotonic() - asked >= self.max_age:
                names = self.lake.store.folders("curated")
                self._names = (time.monotonic(), names)
            return names

    def newest(self, name: str) -> Table:
        """Raises MissingError where nothing was published under this name."""
        with self._lock:
            asked, table = self._opened.get(name, (float("-inf"), None))
            if table is None or not self.max_age:
                table = self.lake.published(name)
            elif time.monotonic() - asked >= self.max_age:
                table.refresh()
            else:
                return table
            self._opened[name] = (time.monotonic(), table)
            return table
