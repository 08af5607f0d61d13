"""What the server did, in numbers, for Prometheus."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from boathouse.serve.problems import problem

if TYPE_CHECKING:
    from boathouse.serve.workers import Workers

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Of one server. An address is counted by its pattern, so that no value of a parameter becomes a label."""

    def __init__(self, workers: Workers) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route")
        self.requests = Counter("boathouse_requests", "Requests answered.", (*labels, "status"), registry=self.registry)
        self.seconds = Histogram("boathouse_request_seconds", "Time until the answer was sent.", labels, registry=self.registry, buckets=_SECONDS)  # fmt: skip
        self.sent = Counter("boathouse_sent_bytes", "Bytes of the answers.", labels, registry=self.registry)
        Gauge("boathouse_free_workers", "Processes that wait for SQL.", registry=self.registry).set_function(workers.free)

        self._children: dict[tuple[str, str, int], tuple[Any, Any, Any]] = {}

    def seen(self, method: str, route: str, status: int, seconds: float, size: int) -> None:
        """One request; looking the labels up each time would cost more than all the rest."""
        key = (method, route, status)
        if key not in self._children:
            self._children[key] = (
                self.requests.labels(*key),
                self.seconds.labels(method, route),
                self.sent.labels(method, route),
            )
        requests, times, sent = self._children[key]
        requests.inc()
        times.observe(seconds)
        sent.inc(size)

    def text(self) -> bytes:
        return generate_latest(self.registry)


class Measured:
    """ASGI middleware: counts and times each request."""

    def __init__(self, app: ASGIApp, metrics: Metrics):
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status, size, begun_to_answer = time.perf_counter(), 500, 0, False

        async def counted(message: Message) -> None:
            nonlocal status, size, begun_to_answer
            if message["type"] == "http.response.start":
                status, begun_to_answer = message["status"], True
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, counted)
        except asyncio.CancelledError:  # the server ends: its ten seconds are over
            if not begun_to_answer:
                await problem(503, "the server is stopping", hint="ask again in a moment")(scope, receive, counted)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self.metrics.seen(method, route, status, time.perf_counter() - begun, size)
