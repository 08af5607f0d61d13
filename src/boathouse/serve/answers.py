"""A result as a response: its form by `format=` or Accept, an ETag by the versions that it read, a link to its receipt."""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from collections import OrderedDict
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import pyarrow as pa
from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from boathouse.config import QueryLimits
from boathouse.errors import MissingError, QueryError, UsageError, first_line
from boathouse.query import Result
from boathouse.query.policy import Policy
from boathouse.query.receipt import Asked, Receipt, audited
from boathouse.serve.identity import Caller
from boathouse.workbench import Again

MEDIA = {
    "json": "application/json", "csv": "text/csv; charset=utf-8", "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}  # fmt: skip
_KEPT, _KEPT_BYTES = 10_000, 50_000_000
_AT_ONCE = 1 << 20  # bytes of an answer that are gathered before its status is sent


@dataclass(frozen=True)
class Head:
    """What is known of an answer before its rows. `fresh` says that the caller's copy is still good: no rows follow."""

    asked: Asked
    limits: QueryLimits
    etag: str | None
    fresh: bool = False

    @property
    def size(self) -> int:
        """Characters of its query and values, about."""
        return len(self.asked.sql) + len(str(self.asked.parameters or ""))

    def without_files(self) -> Head:
        """A receipt does not name the files of a version: there may be thousands."""
        tables = [replace(table, files={}, source="") for table in self.asked.tables]
        return replace(self, asked=replace(self.asked, tables=tables))


# a head, the rows in their form, and at the end the receipt where it could not be made later
Told = Generator[Head | bytes | memoryview | Receipt, None, None]


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


def known_tags(request: Request) -> list[str]:
    """The ETags of the copies that the caller has."""
    return [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",") if part.strip()]


def told(result: Result, form: str, known: list[str], policy: Policy) -> Told:
    """A result, piece by piece, as it can be sent or handed on by a worker. Raises QueryError for what its form cannot hold."""
    changing = bool(result.asked.changing)
    etag = None if changing else _etag(result, form, policy)
    if etag in known:
        result.close()
        yield Head(result.asked, result.limits, etag, fresh=True)
        return
    yield Head(result.asked, result.limits, etag)
    try:
        yield from result.chunks(form, proven=changing)
    except (pa.ArrowException, OverflowError, ValueError, TypeError) as error:
        raise QueryError(
            f"the rows cannot be written as {form}: {first_line(error)}",
            hint="cast the column to VARCHAR, or ask for another format",
        ) from error
    if changing:
        yield result.receipt


class Receipts:
    """The latest answers' receipts, by the address that the answers named; each for its caller alone. That of a query that
    repeats itself is made when it is asked for, by running the query again on the versions that it read."""

    def __init__(self, again: Again):
        self.again = again
        self._kept: OrderedDict[str, tuple[Caller, Head, Receipt | None]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def keep(self, caller: Caller, head: Head) -> str:
        name = uuid.uuid4().hex
        with self._lock:
            self._kept[name] = caller, head, None
            self._size += head.size
            while len(self._kept) > _KEPT or self._size > _KEPT_BYTES:
                self._size -= self._kept.popitem(last=False)[1][1].size
        return name

    def made(self, name: str, receipt: Receipt) -> None:
        with self._lock:
            if name in self._kept:
                caller, head, _ = self._kept[name]
                self._kept[name] = caller, head, receipt

    def get(self, name: str, caller: Caller) -> Receipt:
        """Raises MissingError where this caller has none, or its answer has not been read to its end."""
        owner, head, receipt = self._kept.get(name, (None, None, None))
        if owner is None or head is None or owner != caller:
            raise MissingError(f"no receipt {name}", hint="the server keeps those of its latest answers")
        if receipt is None and head.asked.changing:
            raise MissingError("this answer has not been read to its end", hint="read it, then ask again")
        if receipt is None:
            versions = {table.name: table.version for table in head.asked.tables}
            receipt = self.again(head.asked.sql, head.asked.parameters, versions, head.limits, caller.policy)
            self.made(name, receipt)
        return receipt


def answer(
    request: Request, pieces: Told, caller: Caller, receipts: Receipts, form: str, *, cache: int | None = None,
    links: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    """The rows as a stream. One that has not changed since the caller's copy is 304."""
    head = next(pieces)
    assert isinstance(head, Head)
    request.state.audit |= audited(head.asked)
    name = receipts.keep(caller, head)
    named = {"receipt": f"/receipts/{name}", **(links or {})}
    headers = {"Link": ", ".join(f'<{url}>; rel="{rel}"' for rel, url in named.items()), "Vary": "Accept, Authorization, Cookie"}
    if head.asked.policies:
        headers["Policy-Applied"] = ", ".join(policy.dataset for policy in head.asked.policies)
    if head.etag:
        headers |= {"ETag": head.etag, "Cache-Control": f"private, max-age={cache or 0}"}
    if head.fresh:
        for _ in pieces:  # to their end, so that a worker is free again
            pass
        return Response(status_code=304, headers=headers)
    if form in ("csv", "parquet", "arrow"):
        headers["Content-Disposition"] = f'inline; filename="rows.{form}"'
    rows = _rows(pieces, receipts, name)
    # a query that fails does so before the status is sent, nearly always, and a small one is done by then
    begun, whole = bytearray(), True
    for piece in rows:
        begun += piece
        if len(begun) >= _AT_ONCE:
            whole = False
            break
    if whole:
        return Response(bytes(begun), media_type=MEDIA[form], headers=headers)
    return StreamingResponse(_all(bytes(begun), rows), media_type=MEDIA[form], headers=headers)


def _rows(pieces: Told, receipts: Receipts, name: str) -> Iterator[bytes]:
    try:
        for piece in pieces:
            if isinstance(piece, bytes | memoryview):
                yield bytes(piece)
            elif isinstance(piece, Receipt):
                receipts.made(name, piece)
    finally:
        pieces.close()


def _all(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield first
        yield from rest
    finally:
        rest.close()  # type: ignore[attr-defined]


def _etag(result: Result, form: str, policy: Policy) -> str:
    """Of everything that decides the rows: the same version of a dataset that was made anew is another."""
    asked = result.asked
    tables = [(table.name, table.table, table.version) for table in asked.tables]
    seen = [role.model_dump(mode="json") for role in policy.roles] if asked.policies else None
    made_of = [asked.sql, asked.parameters, tables, asked.roles, seen, form, result.limits.rows]
    return f'"{hashlib.sha256(json.dumps(made_of, default=str, sort_keys=True).encode()).hexdigest()[:32]}"'
