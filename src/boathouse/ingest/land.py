"""land: an item as received, into the raw zone, under a name that carries its content."""

from __future__ import annotations

import errno
import hashlib
import io
import shutil
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from boathouse.engine import Engine, literal
from boathouse.errors import BoathouseError, LakeError, SourceError, first_line
from boathouse.progress import Event
from boathouse.sources import Item, Source
from boathouse.sources.lines import slices

_CHUNK = 1 << 20


def receive(source: Source, item: Item, engine: Engine, event: Event) -> tuple[Path, str, bool]:
    """Copies an item into the scratch folder: (file, hash of its content, whether it came as Arrow)."""
    received = source.open(item)
    if isinstance(received, pa.RecordBatchReader):
        file = engine.scratch / f"{_flat(item.name)}.parquet"
        _write_arrow(received, file, item, event, source)
        return file, rows_digest(engine, file), True
    file = engine.scratch / "landed" / item.name
    with received:
        return file, _copy(received, file), False


def content_hash(source: Source, item: Item) -> str | None:
    """The hash of a file's bytes without copying it; None for a source that has no bytes."""
    if not source.gives_bytes:
        return None
    with source.open(item) as received:
        return hashlib.file_digest(received, "sha256").hexdigest()  # type: ignore[arg-type]


def _copy(received: BinaryIO, file: Path) -> str:
    """Copies, then hashes what was copied, in few calls: what is imported meanwhile would hold up each."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        plain = isinstance(getattr(received, "raw", None), io.FileIO) and received.tell() == 0
        if plain and isinstance(received.name, str):  # not what unpacks a file, and bears its name
            shutil.copyfile(received.name, file)
        else:
            with file.open("wb") as out:
                shutil.copyfileobj(received, out, _CHUNK)
    except OSError as error:
        raise _disk(error, file) from error
    digest = hashlib.sha256()
    for part in slices(file):
        digest.update(part)
    return digest.hexdigest()


def _write_arrow(reader: pa.RecordBatchReader, file: Path, item: Item, event: Event, source: Source) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = 0
    try:
        with pq.ParquetWriter(file, reader.schema, compression="snappy") as writer:
            for batch in reader:
                writer.write_batch(batch)
                rows += batch.num_rows
                event.note = f"{rows:,} rows"
    except BoathouseError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _disk(error, file) from error
        explain = getattr(source, "explain", None)
        text = explain(error).message if explain else first_line(error)
        raise SourceError(f"{item.name}: the source broke off after {rows:,} rows: {text}",
                          hint="run it again: nothing was published") from error  # fmt: skip


def rows_digest(engine: Engine, file: Path) -> str:
    """A digest of a Parquet file's rows in which their order does not count."""
    select = f"SELECT * FROM read_parquet({literal(str(file))})"
    columns = engine.columns(select)
    row = engine.one(
        f"SELECT count(*), sum(hash(COLUMNS_)::HUGEINT), bit_xor(hash(COLUMNS_)) FROM (SELECT r AS COLUMNS_ FROM ({select}) AS r)"
    )
    return hashlib.sha256(repr((sorted(columns.items()), row)).encode()).hexdigest()


def _disk(error: OSError, file: Path) -> LakeError:
    return LakeError(f"cannot write {file}: {error.strerror}", hint="free some space; the lake is as it was")


def _flat(name: str) -> str:
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in name)
