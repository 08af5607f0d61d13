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


def read(lake: Lake, limit: int) -> list[dict[str, Any]]:
    """The latest events, newest first."""
    table = lake.audit()
    if table.delta is None:
        return []
    return table.delta.to_pyarrow_table().sort_by([("at", "descending")]).slice(0, limit).to_pylist()
