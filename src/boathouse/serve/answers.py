"""A result as a response: its form by `format=` or Accept, an ETag by the versions that it read, a link to its receipt."""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterator

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from boathouse.errors import MissingError, UsageError
from boathouse.query import Result
from boathouse.query.receipt import Receipt
from boathouse.workbench import Workbench

MEDIA = {
    "json": "application/json", "csv": "text/csv; charset=utf-8", "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}  # fmt: skip
_KEPT = 10_000


def form_of(request: Request, asked: str | None) -> str:
    """The form of an answer: `format=`, else the first that Accept names and we have, else JSON. Raises UsageError."""
    if asked is not None:
        if asked not in MEDIA:
            raise UsageError(f"no format {asked!r}", hint=f"formats: {', '.join(MEDIA)}")
        return asked
    for part in request.headers.get("accept", "").split(","):
        wanted = part.split(";")[0].strip().lower()
        for form, media in MEDIA.items():
            if wanted == media.split(";")[0]:
                return form
    return "json"


class Receipts:
    """The latest results' receipts, by the address that their answers named. That of a query that repeats itself is made
    when it is asked for, by running the query again on the versions that it read; any other was made on the way."""

    def __init__(self, wb: Workbench):
        self.wb = wb
        self._results: OrderedDict[str, Result] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, result: Result) -> str:
        name = uuid.uuid4().hex
        with self._lock:
            self._results[name] = result
            if len(self._results) > _KEPT:
                self._results.popitem(last=False)
        return name

    def get(self, name: str) -> Receipt:
        """Raises MissingError where there is none, or its answer has not been read to its end."""
        result = self._results.get(name)
        if result is None:
            raise MissingError(f"no receipt {name}", hint="the server keeps those of its latest answers")
        if result.asked.changing and not result.proven:
            raise MissingError("this answer has not been read to its end", hint="read it, then ask again")
        if not result.proven:
            asked = result.asked
            result = self.wb.reader.sql(asked.sql, asked.parameters, result.versions, result.limits)
        return result.receipt


def answer(request: Request, result: Result, receipts: Receipts, form: str, cache: int | None = None) -> Response:
    """The rows as a stream. One that has not changed since the caller's copy is 304."""
    headers = {"Link": f'</receipts/{receipts.keep(result)}>; rel="receipt"', "Vary": "Accept"}
    if not result.asked.changing:
        headers["ETag"] = etag = _etag(result, form)
        headers["Cache-Control"] = f"private, max-age={cache or 0}"
        if etag in [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]:
            result.close()
            return Response(status_code=304, headers=headers)
    if form in ("csv", "parquet", "arrow"):
        headers["Content-Disposition"] = f'inline; filename="rows.{form}"'
    pieces = result.chunks(form, proven=bool(result.asked.changing))
    # the first piece before the status is sent: a query that fails does so by then, nearly always
    first = next(pieces, b"")
    return StreamingResponse(_all(first, pieces), media_type=MEDIA[form], headers=headers)


def _all(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield first
        yield from rest
    finally:
        rest.close()  # type: ignore[attr-defined]


def _etag(result: Result, form: str) -> str:
    asked = result.asked
    told = [asked.sql, asked.parameters, result.versions, asked.roles, form, result.limits.rows]
    return f'"{hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()[:32]}"'
