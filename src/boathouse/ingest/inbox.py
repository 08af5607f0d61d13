"""What comes in by hand or by program: pushed records, and uploaded files, put where the next run of a pipeline finds them."""

from __future__ import annotations

import fnmatch
import glob
import hashlib
import json
import os
import re
import time
import uuid
from collections.abc import Iterator
from datetime import date
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from boathouse.config import Pipeline
from boathouse.errors import SourceError, StepError, TooLargeError, UsageError, first_line
from boathouse.lake.records import RunRecord
from boathouse.secrets import scrub
from boathouse.sources import open_source
from boathouse.sources.files import FileSource
from boathouse.sources.push import PushSource

_CHUNK = 1 << 20
_PATIENCE = 30.0  # seconds for a server on the web to say something
_DEEPEST = 100  # the engine gives up on what is nested much deeper
_BRACKETS = re.compile(r"[\[\]{}]")
_SPACE = " \t\r\n"
_DONE = ("published", "unchanged", "rejected")


def push(pipeline: Pipeline, root: Path, day: date, body: bytes) -> tuple[str, int]:
    """Keeps pushed records, a JSON array, an object or JSON lines, as one item: (its name, how many records).
    Raises UsageError where the pipeline takes none, or the body is no JSON."""
    source = open_source(pipeline, root, day)
    if not isinstance(source, PushSource):
        raise UsageError(f"{pipeline.name} takes no records: its source is of type {pipeline.source.type}", hint="source: {type: push, location: inbox/NAME}")  # fmt: skip
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("the records are not UTF-8 text") from error
    lines = list(_records(text))
    if not lines:
        raise UsageError("there are no records", hint='send [{"column": value, …}, …]')
    name = f"{time.time_ns():020}-{uuid.uuid4().hex[:8]}.jsonl"
    _write(Path(source.pattern, name), iter(["\n".join(lines).encode() + b"\n"]))
    return name, len(lines)


def take(root: Path, filename: str, content: bytes, over: str = "") -> str:
    """Keeps a file in silos/: its path within the workbench. One of that name is replaced only where its SHA-256 is `over`: by who
    has brought it. Raises UsageError for a name that is a path, or that another file has."""
    path = root / "silos" / filename
    if path.parent != root / "silos" or filename.startswith("."):
        raise UsageError(f"{filename!r} cannot name a file here", hint="rename it")
    there = path.read_bytes() if path.exists() else content
    if there != content and hashlib.sha256(there).hexdigest() != over:
        raise UsageError(
            f"silos/{filename} is there already, with other content", hint="rename the file, or upload it to its own pipeline"
        )
    path.parent.mkdir(exist_ok=True)
    _write(path, iter([content]))
    return f"silos/{filename}"


def fetch(root: Path, url: str, largest: int) -> str:
    """Brings a file of the web into silos/, once: its path within the workbench. Raises SourceError where it cannot be had, UsageError
    where another file has its name, TooLargeError for one that is too large."""
    name = unquote(PurePosixPath(urlsplit(url).path).name)
    try:
        with urlopen(Request(url, headers={"User-Agent": "boathouse"}), timeout=_PATIENCE) as answer:
            content = b"".join(_bounded(answer, largest))
    except (OSError, HTTPException, ValueError) as error:
        raise SourceError(
            f"{scrub(url)} cannot be fetched: {first_line(error)}", hint="open it in a browser, and upload the file"
        ) from error
    return take(root, name, content)


def upload(pipeline: Pipeline, root: Path, day: date, filename: str, body: BinaryIO, largest: int) -> str:
    """Puts a file where the pipeline reads, over one of the same name: its name as an item. Raises UsageError where the
    pipeline reads no files or none of this name, TooLargeError for one that is too large."""
    source = open_source(pipeline, root, day)
    if not isinstance(source, FileSource) or isinstance(source, PushSource):
        raise UsageError(f"{pipeline.name} reads no files: its source is of type {pipeline.source.type}")
    pattern = Path(source.pattern)
    name = pattern.name if not source.many else filename.replace("\\", "/").rsplit("/", 1)[-1]
    if not name or name.startswith(".") or not fnmatch.fnmatchcase(name, pattern.name) or glob.has_magic(str(pattern.parent)):
        raise UsageError(f"{pipeline.name} reads no file of the name {filename!r}", hint=f"it reads {pattern.name}")
    _write(pattern.parent / name, _bounded(body, largest))
    return name


def landed(pipeline: Pipeline, root: Path, day: date, record: RunRecord) -> None:
    """Pushes that have become batches lie in the raw zone now, and leave the inbox. One that failed by its own fault goes
    into `failed/` there, so that it holds up no other; one that the lake failed waits for the next run."""
    source = open_source(pipeline, root, day)
    if isinstance(source, PushSource):
        for batch in record.batches:
            file = Path(source.pattern, batch.item)
            if batch.status in _DONE and (batch.raw is not None or batch.status == "unchanged"):
                file.unlink(missing_ok=True)
            elif batch.status == "failed" and not batch.retry and file.exists():
                file.parent.joinpath("failed").mkdir(exist_ok=True)
                file.replace(file.parent / "failed" / file.name)


def _records(text: str) -> Iterator[str]:
    """Each record as it was written, on one line: a number is not read and written again."""
    decoder, place = json.JSONDecoder(), 0
    place = _skip(text, place)
    array = text[place : place + 1] == "["
    place = _skip(text, place + 1) if array else place
    while place < len(text) and not (array and text[place] == "]"):
        try:
            _, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            line = text.count("\n", 0, place) + 1
            raise UsageError(f"the records are not JSON: {first_line(error)}", where=f"line {line}") from error
        if _depth(text, place, end) > _DEEPEST:
            raise UsageError(f"a record is nested more than {_DEEPEST} deep", hint="flatten it")
        yield text[place:end].replace("\r", " ").replace("\n", " ")
        place = _skip(text, end)
        if array and text[place : place + 1] == ",":
            place = _skip(text, place + 1)
        elif array and text[place : place + 1] != "]":
            raise UsageError("the records are not JSON: an array needs a comma or its end", where=f"character {place + 1}")
    if array and text[place : place + 1] != "]":
        raise UsageError("the records are not JSON: the array has no end")
    if array and _skip(text, place + 1) != len(text):
        raise UsageError("the records are not JSON: something follows the array", where=f"character {place + 2}")


def _depth(text: str, place: int, end: int) -> int:
    """How deep a record is nested, at most: brackets within texts count too."""
    depth = deepest = 0
    for mark in _BRACKETS.finditer(text, place, end):
        depth += 1 if mark[0] in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in _SPACE:
        place += 1
    return place


def _bounded(body: BinaryIO, largest: int) -> Iterator[bytes]:
    size = 0
    while chunk := body.read(_CHUNK):
        size += len(chunk)
        if size > largest:
            raise TooLargeError(f"the file is larger than {largest:,} bytes", hint="[api] uploads = … in boathouse.toml")
        yield chunk


def _keep_name(folder: Path) -> None:
    """A new name outlives a loss of power only once its folder is on the disk; Windows has no such call."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write(path: Path, chunks: Iterator[bytes]) -> None:
    """The whole file or none of it, on the disk before it is said to be there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        with partial.open("wb") as out:
            for chunk in chunks:
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(path)
        _keep_name(path.parent)
    except OSError as error:
        raise StepError(f"{path.name} cannot be kept: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
