"""Sees every request to its end, for the audit log and for the metrics."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from boathouse.lake.audit import Log
from boathouse.serve.metrics import Metrics
from boathouse.serve.problems import problem

_QUIET = re.compile(r"/health|/static/[^/]+|/docs/[^/]+")  # not for the audit log


class Watch:
    """ASGI middleware: tells of each request when its answer has been sent or its caller has gone. What is known of it
    beside its address is put into `request.state.audit` on the way."""

    def __init__(self, app: ASGIApp, log: Log, metrics: Metrics):
        self.app, self.log, self.metrics = app, log, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, at = time.perf_counter(), datetime.now(UTC)
        told: dict[str, Any] = {}
        scope.setdefault("state", {})["audit"] = told
        status, size, complete = 0, 0, False

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
        except asyncio.CancelledError:  # the server ends: its ten seconds are over
            if not status:
                await problem(503, "the server is stopping", hint="ask again in a moment")(scope, receive, counted)
        finally:
            seconds, route = time.perf_counter() - begun, getattr(scope.get("route"), "path", "other")
            self.metrics.seen(scope["method"], route, status or 500, seconds, size)
            if not _QUIET.fullmatch(scope["path"]):
                query = scope["query_string"].decode(errors="replace")
                path = f"{scope['path']}?{query}" if query else scope["path"]
                event = {
                    "at": at, "method": scope["method"], "path": path, "status": status or 500, "bytes": size,
                    "seconds": round(seconds, 6), "complete": complete,
                }  # fmt: skip
                self.log.add(event | told)
