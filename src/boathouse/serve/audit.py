"""Writes down every request: who, what, with which outcome. In batches: what a crash may lose is the last few seconds'."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from boathouse.lake import Lake, audit
from boathouse.secrets import scrubber

EVERY = 5.0  # seconds between two batches
_COMPACT = 500  # batches after which their small files become one
_MOST = 10_000  # characters of a query that are kept
_log = logging.getLogger("boathouse.serve")


class Log:
    """Gathers events and appends them to the lake's audit log, in a thread of its own."""

    def __init__(self, lake: Lake):
        self.lake = lake
        self._events: list[dict[str, Any]] = []
        self._written = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._write, name="audit", daemon=True)
        self._thread.start()

    def add(self, event: dict[str, Any]) -> None:
        with self._lock:
            self._events.append(event)

    def _write(self) -> None:
        while not self._stopped.wait(EVERY):
            self.flush()

    def flush(self) -> None:
        """Writes what there is; what cannot be written stays for the next time."""
        with self._lock:
            events, self._events = self._events, []
        if not events:
            return
        try:
            clean = scrubber()
            audit.append(self.lake, [_scrubbed(event, clean) for event in events])
            events = []
            self._written += 1
            if self._written % _COMPACT == 0:
                audit.compact(self.lake)
        except Exception as error:  # whatever it is, the events are kept and the thread goes on
            _log.error("the audit log cannot be written: %s", error)
            with self._lock:
                self._events = events + self._events

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()
        self.flush()


def _scrubbed(event: dict[str, Any], clean: Callable[[str], str]) -> dict[str, Any]:
    return event | {key: clean(event[key])[:_MOST] for key in ("path", "sql", "parameters") if event.get(key)}
