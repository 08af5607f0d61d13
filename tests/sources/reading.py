"""A file as a source reads it, before any type: the names, the cells as text, the rows given up."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from boathouse.engine import Engine
from boathouse.sources import Source
from boathouse.sources.registry import family_of

_copies = itertools.count()


@dataclass
class Read:
    names: list[str]
    rows: list[tuple]
    rejects: list[tuple]  # (row_number, reasons, cells, text)
    lines: dict[int, int]
    source: Source


def read(engine: Engine, file: Path, **options: Any) -> Read:
    """Sniffs what `options` leave open, then reads the whole file."""
    kind = family_of(str(file))
    source = kind(str(file), kind.Options.model_validate(options), file.parent, date(2024, 1, 1))
    copy = engine.scratch / str(next(_copies)) / file.name  # as landed: a source may write beside it
    copy.parent.mkdir(parents=True)
    shutil.copy(file, copy)
    source.options = source.sniff(engine, copy, options)
    scan = source.scan(engine, copy, None)
    rows = engine.run(scan.select)
    rejects = scan.rejects(engine, len(rows))
    given_up = engine.run(f"SELECT row_number, reasons, cells, text FROM ({rejects}) ORDER BY row_number") if rejects else []
    count = len(rows) + len(given_up)
    lines = scan.lines(engine, count, f"(SELECT n AS row_number FROM range(1, {count + 1}) AS r(n))")
    places = engine.run(f"SELECT row_number, line FROM {lines}") if lines else []
    return Read(list(scan.columns), rows, given_up, dict(places), source)
