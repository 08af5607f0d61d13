"""Quarantine: rows kept out, with their reasons. A batch's rows count only while its commit is the item's latest."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from boathouse.engine import ParquetFile
from boathouse.lake.lake import Lake
from boathouse.lake.marks import Mark
from boathouse.lake.table import Commit, Table, commit_in_turn

SCHEMA = pa.schema(
    [
        ("batch", pa.string()),
        ("run_id", pa.string()),
        ("pipeline", pa.string()),
        ("item", pa.string()),
        ("row_number", pa.int64()),
        ("line", pa.int64()),
        ("reasons", pa.list_(pa.string())),
        ("row", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
    ]
)


def write(lake: Lake, dataset: str, mark: Mark, run_id: str, at: datetime, rows: pa.RecordBatchReader, scratch: Path) -> None:
    """Replaces what this batch had in quarantine by `rows` (row_number, line, reasons, row as JSON)."""
    same = {"batch": mark.batch, "run_id": run_id, "pipeline": mark.pipeline, "item": mark.item, "at": at}
    file, count = scratch / f"{mark.batch}-quarantine.parquet", 0
    with pq.ParquetWriter(file, SCHEMA) as writer:
        for part in rows:
            table = pa.Table.from_batches([part])
            for name, value in same.items():
                table = table.append_column(name, pa.array([value] * part.num_rows, SCHEMA.field(name).type))
            writer.write_table(table.select(SCHEMA.names).cast(SCHEMA))
            count += part.num_rows
    written = ParquetFile(file, count, file.stat().st_size, partition={"batch": mark.batch})

    def replace(table: Table) -> Commit:
        earlier = [file for file in table.files() if file.partition["batch"] == mark.batch]
        return Commit(SCHEMA, (mark.application, mark.identity), [written], earlier, partition_by=["batch"])

    commit_in_turn(lambda: lake.quarantine(dataset), replace)


def read(lake: Lake, dataset: str, curated: Table) -> list[dict[str, Any]]:
    """The rows in quarantine of the batches that `curated` stands on, in the order of item and row."""
    table = lake.quarantine(dataset)
    if table.delta is None:
        return []
    data = table.delta.to_pyarrow_table()
    wanted = [batch for batch in set(data["batch"].to_pylist()) if _counts(curated, data, batch)]
    data = data.filter(pc.is_in(data["batch"], pa.array(wanted, pa.string())))
    rows = data.sort_by([("item", "ascending"), ("row_number", "ascending")]).to_pylist()
    return [{**row, "row": json.loads(row["row"], parse_constant=str)} for row in rows]  # no reader's JSON has a NaN


def rule(reason: str) -> str:
    """What a row broke, without the very value that broke it."""
    return re.sub(r": '.*' is not a ", ": … is not a ", reason)


def passing(rows: list[dict[str, Any]], relaxed: set[str]) -> list[dict[str, Any]]:
    """The rows that would have got in if these rules were none: those that broke no other."""
    return [row for row in rows if relaxed.issuperset(map(rule, row["reasons"]))]


def _counts(curated: Table, data: pa.Table, batch: str) -> bool:
    first = data.filter(pc.equal(data["batch"], batch)).slice(0, 1).to_pylist()[0]
    mark = Mark.of_batch(first["pipeline"], first["item"], batch)
    return curated.mark(mark.application) == mark.identity
