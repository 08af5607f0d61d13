"""A batch on the road: what it is known by and what the steps have made of it so far."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boathouse.config import Column
from boathouse.engine import ParquetFile
from boathouse.lake.marks import Mark
from boathouse.lake.records import BatchRecord
from boathouse.sources import Item, Scan
from boathouse.suites.suite import ROW

# columns of the staged relation beside the dataset's own
ERRORS, CELLS, LOST = "_errors", "_cells", "_lost"
INTERNAL = (ROW, ERRORS, CELLS, LOST)


@dataclass
class Batch:
    """One item as read once. `record` is what is kept of it when the run ends."""

    item: Item
    record: BatchRecord
    mark: Mark | None = None
    known: int | None = None  # the item's mark when it was landed
    file: Path | None = None  # as landed, on this machine
    arrow: bool = False  # landed from Arrow batches, so as Parquet
    scan: Scan | None = None
    columns: dict[str, Column] = field(default_factory=dict)
    typed: str | None = None  # a SELECT: the typed relation, still to be read
    told: str | None = None  # a SELECT: which of its rows lost a cell on the way, and why
    lost_rows: int = 0
    lost: str | None = None  # a table of the engine: what `told` says, where any row did
    staged: ParquetFile | None = None
    numbered: bool = False  # whether the staged file holds `_row` itself
    types: dict[str, str] = field(default_factory=dict)  # of the staged relation, without INTERNAL
    rejects: str | None = None  # a table of the engine: rows that the reader gave up
    rejected_lines: int = 0
    verdict: Any = None
    good: str | None = None  # a SELECT: the rows to publish
    publishable: ParquetFile | None = None  # these rows, already as a file that can be adopted
    kept_out: str | None = None  # a SELECT: the rows for quarantine

    @property
    def alive(self) -> bool:
        """Whether the next step should work on it."""
        return self.record.status == "new"

    @property
    def slug(self) -> str:
        """A name for its files and tables in the scratch folder."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:12]

    @property
    def name(self) -> str:
        return self.item.name
