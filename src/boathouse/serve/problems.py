"""Errors as problem documents (RFC 9457): what is wrong, and under `hint` what mends it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from boathouse.errors import (
    AccessError,
    BoathouseError,
    BusyError,
    LakeError,
    LimitError,
    MissingError,
    QueryError,
    TooLargeError,
    UsageError,
)
from boathouse.secrets import scrub

_STATUS = {
    BusyError: 429,
    TooLargeError: 413,
    MissingError: 404,
    LimitError: 408,
    QueryError: 400,
    UsageError: 400,
    LakeError: 503,
}
Shown = Callable[[Request, BoathouseError], Response]
_log = logging.getLogger("boathouse.serve")


def status_of(error: BoathouseError) -> int:
    """The HTTP status of an error."""
    if isinstance(error, AccessError):
        return 403 if error.known else 401
    return next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)


def _named(place: tuple[Any, ...]) -> str:
    """A parameter or a key of the body, the body itself, or the character where it is no JSON."""
    inner = ".".join(map(str, place[1:]))
    return "the body" if not inner else f"the body, character {inner}" if inner.isdigit() else inner


def _place(error: BoathouseError) -> str | None:
    """Where it is wrong, but no path of the server."""
    return error.where if error.where and "/" not in error.where and "\\" not in error.where else None


def problem(status: int, title: str, **more: Any) -> Response:
    """RFC 9457: `title` and, where there is one, `hint`."""
    told = {"type": "about:blank", "status": status, "title": title} | {key: value for key, value in more.items() if value}
    return Response(json.dumps(told, ensure_ascii=False) + "\n", status, media_type="application/problem+json")


def shown(error: BoathouseError) -> Response:
    """One of our errors as a problem document. What is wrong with the lake is for the server's log."""
    if isinstance(error, LakeError):
        _log.error("%s", scrub(error.render()))
        error = LakeError("the lake cannot be read or written now", hint="the server's log has the reason")
    made = problem(status_of(error), scrub(error.message), hint=error.hint and scrub(error.hint), where=_place(error))
    if isinstance(error, BusyError):
        made.headers["Retry-After"] = str(error.seconds)
    if made.status_code == 401:
        made.headers["WWW-Authenticate"] = "Bearer"
    return made


def install(app: FastAPI, shown: Shown, hidden: Callable[[Request], bool]) -> None:
    """Every error of the app leaves as a problem document, and none with a traceback. `shown` answers ours, `hidden` says
    that an address is none for its caller."""

    @app.exception_handler(BoathouseError)
    def ours(request: Request, error: BoathouseError) -> Response:
        return shown(request, error)

    @app.exception_handler(RequestValidationError)
    def not_understood(request: Request, error: RequestValidationError) -> Response:
        if hidden(request):
            return problem(404, "Not Found")
        told = "; ".join(f"{_named(one['loc'])}: {one['msg']}" for one in error.errors())
        return problem(422, told, hint="/docs shows what this address takes")

    @app.exception_handler(HTTPException)
    def by_http(request: Request, error: HTTPException) -> Response:
        made = problem(error.status_code, str(error.detail))
        made.headers.update(error.headers or {})
        return made

    @app.exception_handler(Exception)
    def unforeseen(request: Request, error: Exception) -> Response:
        _log.error("%s %s", request.method, request.url.path, exc_info=error)
        return problem(500, "the server failed", hint="its log has the reason")
