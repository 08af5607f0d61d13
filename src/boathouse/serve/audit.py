"""Writes down every request: who, what, with which outcome. In batches: what a crash may lose is the last few seconds'."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from boathouse.lake import Lake, audit
from boathouse.secrets import scrubber

EVERY = 5.0  # seconds between two batches
_COMPACT = 500  # batches after which their small files become one
_MOST = 10_000  # characters of a query that are kept
_log = logging.getLogger("boathouse.serve")
_QUIET = re.compile(r"/health|/static/[^/]+|/docs/[^/]+")


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


class Audit:
    """ASGI middleware: one event for each request, when its answer has been sent or its caller has gone."""

    def __init__(self, app: ASGIApp, log: Log):
        self.app, self.log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _QUIET.fullmatch(scope["path"]):
            scope.setdefault("state", {})["audit"] = {}
            await self.app(scope, receive, send)
            return
        begun, at = time.perf_counter(), datetime.now(UTC)
        told: dict[str, Any] = {}
        scope.setdefault("state", {})["audit"] = told
        status, size, complete = 500, 0, False

        async def counted(message: Message) -> None:
            nonlocal status, size, complete
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
                complete = not message.get("more_body", False)
            await send(message)

        try:
            await self.app(scope, receive, counted)
        finally:
            query = scope["query_string"].decode(errors="replace")
            path = f"{scope['path']}?{query}" if query else scope["path"]
            event = {
                "at": at, "method": scope["method"], "path": path, "status": status, "bytes": size,
                "seconds": round(time.perf_counter() - begun, 6), "complete": complete,
            }  # fmt: skip
            self.log.add(event | told)
