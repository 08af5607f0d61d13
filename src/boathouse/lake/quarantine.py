"""Quarantine: rows kept out, with their reasons. A batch's rows count only while its commit is the item's latest."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from boathouse.lake.lake import Lake
from boathouse.lake.marks import Mark
from boathouse.lake.table import Table

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


def write(lake: Lake, dataset: str, mark: Mark, run_id: str, at: datetime, rows: pa.Table) -> None:
    """Replaces what this batch had in quarantine by `rows` (row_number, line, reasons, row as JSON)."""
    table = lake.quarantine(dataset)
    if not rows.num_rows and not table.exists:
        return
    same = {"batch": mark.batch, "run_id": run_id, "pipeline": mark.pipeline, "item": mark.item, "at": at}
    for name, value in same.items():
        rows = rows.append_column(name, pa.array([value] * rows.num_rows, SCHEMA.field(name).type))
    table.write(rows.select(SCHEMA.names).cast(SCHEMA), replacing=f"batch = '{mark.batch}'")


def read(lake: Lake, dataset: str, curated: Table) -> list[dict[str, Any]]:
    """The rows in quarantine of the batches that `curated` stands on, in the order of item and row."""
    table = lake.quarantine(dataset)
    if table.delta is None:
        return []
    data = table.delta.to_pyarrow_table()
    wanted = [batch for batch in set(data["batch"].to_pylist()) if _counts(curated, data, batch)]
    data = data.filter(pc.is_in(data["batch"], pa.array(wanted, pa.string())))
    rows = data.sort_by([("item", "ascending"), ("row_number", "ascending")]).to_pylist()
    return [{**row, "row": json.loads(row["row"])} for row in rows]


def _counts(curated: Table, data: pa.Table, batch: str) -> bool:
    first = data.filter(pc.equal(data["batch"], batch)).slice(0, 1).to_pylist()[0]
    mark = Mark.of_batch(first["pipeline"], first["item"], batch)
    return curated.mark(mark.application) == mark.identity
