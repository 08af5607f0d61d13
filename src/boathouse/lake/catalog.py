"""The catalog: what datasets there are, and what their tables say of themselves."""

from __future__ import annotations

from typing import Any

from boathouse.lake.lake import Lake
from boathouse.lake.table import BATCH, Table
from boathouse.lake.types import sql_type


def describe(lake: Lake, name: str, texts: dict[str, str] | None = None) -> dict[str, Any]:
    """One dataset as the contract has it; `texts` gives descriptions, of columns by name and of itself under ''."""
    return describe_table(name, lake.published(name), texts or {})


def describe_table(name: str, table: Table, texts: dict[str, str]) -> dict[str, Any]:
    assert table.delta is not None
    latest = table.made_by()
    columns = [
        {"name": field.name, "type": sql_type(field.type), "description": texts.get(field.name)}
        for field in table.delta.schema().fields
        if field.name != BATCH
    ]
    return {
        "name": name,
        "description": texts.get("") or table.delta.metadata().description,
        "rows": sum(file.rows for file in table.files()),
        "version": table.version,
        "updated_at": latest["timestamp"].isoformat(),
        "verdict": latest.get("verdict"),
        "pipeline": latest.get("pipeline"),
        "columns": columns,
    }
