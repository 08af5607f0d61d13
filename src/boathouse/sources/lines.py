"""Lines of a text file: a copy that the engine can read where it could not, and on which line each row stands."""

from __future__ import annotations

import csv
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from boathouse.engine import Engine

_SLICE = 16 << 20
_FEED, _RETURN = b"\n\r"
_ROWS = 100_000
_SCHEMA = pa.schema([("place", pa.int64()), ("row_number", pa.int64()), ("line", pa.int64())])


@dataclass(frozen=True)
class Ends:
    """How many lines a file has, whether they all end alike, and whether no-break spaces may stand in it."""

    lines: int
    mixed: bool
    spaces: bool


def line_ends(file: Path) -> Ends:
    """A count by the bytes; quotes are not looked at, so a line end within a cell counts as well."""
    feeds = returns = pairs = 0
    last, spaces = b"", False
    for part in slices(file):
        found = np.frombuffer(part, np.uint8)
        feed = found == _FEED
        feeds += int(np.count_nonzero(feed))
        if last == b"\r" or part.find(b"\r") >= 0:
            back = found == _RETURN
            returns += int(np.count_nonzero(back))
            pairs += int(np.count_nonzero(back[:-1] & feed[1:])) + (last == b"\r" and bool(feed[0]))
        spaces = spaces or part.find(b"\xa0") >= 0
        last = part[-1:]
        del found  # or the slice could not be closed
    alike = not returns or (returns == pairs == feeds) or not feeds
    return Ends(feeds + returns - pairs + (last not in (b"\n", b"\r", b"")), not alike, spaces)


def slices(file: Path) -> Iterator[mmap.mmap]:
    """The bytes of a file, mapped a part at a time: few calls, each without Python's lock, in memory that is bounded."""
    with file.open("rb") as raw:
        for start in range(0, file.stat().st_size, _SLICE):
            length = min(_SLICE, file.stat().st_size - start)
            with mmap.mmap(raw.fileno(), length, access=mmap.ACCESS_READ, offset=start) as part:
                yield part


def plain_copy(file: Path, *, head: int, comment: str, quote: str, escape: str) -> Path:
    """A copy beside the file with line ends of one kind, where the first `head` lines and all comments are left blank:
    so every line keeps its number. Line ends and comment marks within quotes stay as they are."""
    target = file.with_name(f"{file.name}.plain")
    mark, start = quote.encode(), comment.encode()
    escaped = re.compile(re.escape(escape.encode()) + b".", re.S) if escape not in ("", quote) else None
    inside = False
    with file.open("rb") as raw, target.open("wb") as out:
        for number, (line, end) in enumerate(_split(raw)):
            if number < head or (start and not inside and line.startswith(start)):
                out.write(b"\n")
                continue
            bare = escaped.sub(b"", line) if escaped else line
            inside ^= bool(mark) and bare.count(mark) % 2 == 1
            out.write(line + (end if inside else b"\n"))
    return target


def _split(raw: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Lines and their ends, whichever of the three kinds they are."""
    for line in raw:  # up to and with a line feed
        parts = re.split(rb"(\r\n|\r|\n)", line)
        yield from zip(parts[:-1:2], parts[1::2], strict=True)
        if parts[-1]:
            yield parts[-1], b""


def places(file: Path, engine: Engine, name: str, *, head: int, width: int, dialect: dict[str, Any]) -> None:
    """Makes a table of the engine: (place: the number of the record, blank ones counted; row_number; line: where it
    begins). Read by Python's csv, which agrees with the engine on what a record is."""
    batches = _batches(file, head, width, dialect)
    engine.con.register(f"{name}_reader", pa.RecordBatchReader.from_batches(_SCHEMA, batches))
    engine.run(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM {name}_reader")
    engine.con.unregister(f"{name}_reader")


def _batches(file: Path, head: int, width: int, dialect: dict[str, Any]) -> Iterator[pa.RecordBatch]:
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        for _ in range(head):
            next(lines, None)
        reader = csv.reader(lines, **dialect)
        columns: tuple[list[int], ...] = ([], [], [])
        row, line = 0, head + 1
        for place, cells in enumerate(reader, head + 1):
            if not _blank(cells, width):
                row += 1
                for column, value in zip(columns, (place, row, line), strict=True):
                    column.append(value)
            line = head + reader.line_num + 1
            if len(columns[0]) >= _ROWS:
                yield _batch(columns)
                columns = ([], [], [])
        yield _batch(columns)


def _batch(columns: tuple[list[int], ...]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(column, pa.int64()) for column in columns], schema=_SCHEMA)


def _blank(cells: list[str], width: int) -> bool:
    """Whether a record is a blank line, which is no row: of white space alone where there are more columns than one."""
    return not cells or (width > 1 and len(cells) == 1 and not cells[0].strip(" \t"))
