"""The audit log: one row for each thing that was asked of the API and of its dashboards, by whom and with what outcome. Append
only, and in batches: what a crash may lose is the last few seconds'."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from boathouse.lake.lake import Lake
from boathouse.secrets import scrubber

EVERY = 5.0  # seconds between two batches
_COMPACT = 500  # batches after which their small files become one
_MOST = 10_000  # characters of a query that are kept
_WAITING = 100_000  # events that wait while the lake cannot be written; of more, the oldest are lost
_log = logging.getLogger("boathouse.audit")

SCHEMA = pa.schema(
    [
        ("at", pa.timestamp("us", tz="UTC")),
        ("caller", pa.string()),
        ("key", pa.string()),
        ("roles", pa.list_(pa.string())),
        ("method", pa.string()),
        ("path", pa.string()),
        ("status", pa.int32()),
        ("seconds", pa.float64()),
        ("bytes", pa.int64()),
        ("complete", pa.bool_()),
        ("sql", pa.string()),
        ("parameters", pa.string()),
        ("datasets", pa.string()),
        ("policies", pa.string()),
    ]
)


def append(lake: Lake, events: list[dict[str, Any]]) -> None:
    lake.audit().append(pa.Table.from_pylist(events, SCHEMA))


def read(lake: Lake, limit: int) -> list[dict[str, Any]]:
    """The latest events, newest first, from the latest files that hold as many."""
    table = lake.audit()
    if table.delta is None:
        return []
    files = sorted(table.files(), key=lambda file: str(file.high.get("at")), reverse=True)
    kept, rows = [], 0
    for file in files:
        if rows >= limit:
            break
        kept.append(file.path)
        rows += file.rows
    data = table.delta.to_pyarrow_dataset()
    latest = [
        fragment
        for fragment in data.get_fragments()
        if fragment.path.rsplit("/", 1)[-1] in {path.rsplit("/", 1)[-1] for path in kept}
    ]
    found = pa.concat_tables([fragment.to_table(schema=data.schema) for fragment in latest])
    return found.sort_by([("at", "descending")]).slice(0, limit).to_pylist()


class Log:
    """Gathers events and appends them to the lake's audit log, in a thread of its own."""

    def __init__(self, lake: Lake):
        self.lake = lake
        self._events: list[dict[str, Any]] = []
        self._written = self._lost = 0
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
            append(self.lake, [_scrubbed(event, clean) for event in events])
            events = []
            self._written += 1
            if self._written % _COMPACT == 0:
                self.lake.audit().compact()
        except Exception as error:  # whatever it is, the events are kept and the thread goes on
            with self._lock:
                waiting = events + self._events
                self._events = waiting[-_WAITING:]
                self._lost += len(waiting) - len(self._events)
            _log.error("the audit log cannot be written: %s; %d events wait, %d are lost", error, len(self._events), self._lost)

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()
        self.flush()


def _scrubbed(event: dict[str, Any], clean: Callable[[str], str]) -> dict[str, Any]:
    return event | {key: clean(event[key])[:_MOST] for key in ("path", "sql", "parameters") if event.get(key)}
