"""The audit log: one row for each thing that was asked of the API, by whom and with what outcome. Append only."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from boathouse.lake.lake import Lake

SCHEMA = pa.schema(
    [
        ("at", pa.timestamp("us", tz="UTC")),
        ("caller", pa.string()),
        ("key", pa.string()),
        ("roles", pa.list_(pa.string())),
        ("method", pa.string()),
        ("path", pa.string()),
        ("status", pa.int32()),
        ("seconds", pa.float64()),
        ("bytes", pa.int64()),
        ("complete", pa.bool_()),
        ("sql", pa.string()),
        ("parameters", pa.string()),
        ("datasets", pa.string()),
        ("policies", pa.string()),
    ]
)


def append(lake: Lake, events: list[dict[str, Any]]) -> None:
    lake.audit().append(pa.Table.from_pylist(events, SCHEMA))


def compact(lake: Lake) -> None:
    """Makes few files out of many small ones; the rows stay."""
    table = lake.audit()
    if table.delta is not None:
        table.delta.optimize.compact()


def read(lake: Lake, limit: int) -> list[dict[str, Any]]:
    """The latest events, newest first, from the latest files that hold as many."""
    table = lake.audit()
    if table.delta is None:
        return []
    files = sorted(table.files(), key=lambda file: str(file.high.get("at")), reverse=True)
    kept, rows = [], 0
    for file in files:
        if rows >= limit:
            break
        kept.append(file.path)
        rows += file.rows
    data = table.delta.to_pyarrow_dataset()
    latest = [
        fragment
        for fragment in data.get_fragments()
        if fragment.path.rsplit("/", 1)[-1] in {path.rsplit("/", 1)[-1] for path in kept}
    ]
    found = pa.concat_tables([fragment.to_table(schema=data.schema) for fragment in latest])
    return found.sort_by([("at", "descending")]).slice(0, limit).to_pylist()
