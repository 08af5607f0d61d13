"""What the server did, in numbers, for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

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
        key = (method if method in _METHODS else "other", route, status)
        if key not in self._children:
            self._children[key] = (
                self.requests.labels(*key),
                self.seconds.labels(*key[:2]),
                self.sent.labels(*key[:2]),
            )
        requests, times, sent = self._children[key]
        requests.inc()
        times.observe(seconds)
        sent.inc(size)

    def text(self) -> bytes:
        return generate_latest(self.registry)
