"""Before anything of a request is read: who asks, from which page, and how much they may send."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from boathouse.config.workbench import in_bytes
from boathouse.errors import AccessError, BoathouseError, TooLargeError
from boathouse.serve.identity import Door
from boathouse.serve.problems import Shown

_SMALL = 2_000_000  # bytes of a query, a receipt, a form
_LARGE = re.compile(r"/(pipelines/[^/]+/files|datasets/[^/]+/records)")
_OPEN = re.compile(r"/(health|login|logout|static/[^/]+|docs/[^/]+)")
_READING = ("GET", "HEAD", "OPTIONS")


class Admission:
    """ASGI middleware: lets a request in, with its caller in `request.state.caller`, or answers it."""

    def __init__(self, app: ASGIApp, door: Door, shown: Shown):
        self.app, self.door, self.shown = app, door, shown
        self.large = in_bytes(door.api.uploads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        largest = self.large if _LARGE.fullmatch(scope["path"]) else _SMALL
        try:
            if scope["method"] not in _READING:
                from_here(request)
            if not _OPEN.fullmatch(scope["path"]):
                request.state.caller = await self.door.admit(request)
            if int(request.headers.get("content-length") or 0) > largest:
                raise too_large(largest)
        except BoathouseError as error:
            await self.shown(request, error)(scope, receive, send)
            return
        except ValueError:
            raise HTTPException(400, "Content-Length is no number") from None
        await self.app(scope, _bounded(receive, largest), send)


def from_here(request: HTTPConnection) -> None:
    """Raises AccessError for what another site's page has sent: a browser says so."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if site in ("cross-site", "same-site") or (origin and urlsplit(origin).netloc != request.headers.get("host")):
        raise AccessError(
            "another site's page may not write here", known=True, hint="send it from this server's own pages, or from a program"
        )


def _bounded(receive: Receive, largest: int) -> Receive:
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > largest:
            raise HTTPException(413, too_large(largest).message)
        return message

    return counted


def too_large(largest: int) -> TooLargeError:
    return TooLargeError(f"the body is larger than {largest:,} bytes", hint="send it in parts, or raise [api] uploads")
