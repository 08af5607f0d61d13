"""What a source is: it lists items, opens one as bytes or as Arrow batches, and says how the landed file is scanned."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import BinaryIO, ClassVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from boathouse.engine import Engine, literal


class SourceOptions(BaseModel):
    """A family's options: further keys under `source:`."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Item:
    """One thing that a source delivers: `name` is stable from run to run, `location` is where it is now."""

    name: str
    location: str


@dataclass(frozen=True)
class Scan:
    """A landed file as a relation: a SELECT, and the names and types of its columns.

    `rejects`, asked after the relation was read once, with the number of rows that came, is a SELECT of the rows that
    could not be read: row_number, reasons, cells (in the order of `columns`, NULL where they cannot be told apart), text.
    `lines`, with the number of all rows and a relation of the row_numbers wanted, is one of row_number and line. Each is
    None where there is none. `spaces` says that no-break spaces may stand in text cells.
    """

    select: str
    columns: dict[str, str]
    rejects: Callable[[Engine, int], str | None] = lambda engine, rows: None
    lines: Callable[[Engine, int, str], str | None] = lambda engine, rows, wanted: None
    spaces: bool = True


@dataclass
class Schema:
    """What a source declares of its columns: engine types, key, columns that are never empty, and by column the table and
    the column that it names a row of."""

    types: dict[str, str] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    required: list[str] = field(default_factory=list)
    relations: dict[str, tuple[str, str]] = field(default_factory=dict)


class Source(ABC):
    """One pipeline's source. A family subclasses this, names itself and its options, and needs no more than
    `items` and `open`: what `open` gives as Arrow batches lands as Parquet and is scanned as such."""

    family: ClassVar[str]
    gives_bytes: ClassVar[bool] = False  # so that an item can be hashed without copying it
    Options: ClassVar[type[SourceOptions]] = SourceOptions

    def __init__(self, location: str, options: SourceOptions, root: Path, day: date):
        self.location, self.options, self.root, self.day = location, options, root, day

    @classmethod
    def accepts(cls, location: str) -> bool:
        """Whether `boathouse add --from LOCATION` should take this family."""
        return False

    @property
    def many(self) -> bool:
        """Whether the location can name more than one item."""
        return False

    @abstractmethod
    def items(self) -> list[Item]:
        """The items there are now, in the order in which they should be published. Raises SourceError for none."""

    @abstractmethod
    def open(self, item: Item) -> BinaryIO | pa.RecordBatchReader:
        """An item as received: its bytes, or Arrow batches. Raises SourceError."""

    def scan(self, engine: Engine, file: Path, columns: Mapping[str, str] | None) -> Scan:
        """The landed file as a relation; `columns` are the pipeline's source columns and types, None to find out."""
        select = f"SELECT * FROM read_parquet({literal(str(file))})"
        return Scan(select, engine.columns(select))

    def sniff(self, engine: Engine, file: Path, given: dict[str, object]) -> SourceOptions:
        """The options that read this file, from a look at the whole of it; what was `given` stays."""
        return type(self.options).model_validate(given)

    def schema(self, item: Item) -> Schema:
        """What the source itself declares of the item's columns."""
        return Schema()

    def assumptions(self) -> list[str]:
        """What `sniff` assumed, in words."""
        return []
