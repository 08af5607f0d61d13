"""The catalog: what datasets there are, and what their tables say of themselves."""

from __future__ import annotations

from typing import Any

from boathouse.lake.lake import Lake
from boathouse.lake.table import BATCH, Table


def describe(lake: Lake, name: str, texts: dict[str, str] | None = None) -> dict[str, Any]:
    """One dataset as the contract has it; `texts` gives descriptions, of columns by name and of itself under ''."""
    return describe_table(name, lake.published(name), texts or {})


def describe_table(name: str, table: Table, texts: dict[str, str]) -> dict[str, Any]:
    assert table.delta is not None
    latest = table.history(1)[0]
    columns = [
        {"name": field.name, "type": field_type(field), "description": texts.get(field.name)}
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


_SQL = {
    "long": "BIGINT", "integer": "INTEGER", "short": "SMALLINT", "byte": "TINYINT", "double": "DOUBLE",
    "float": "FLOAT", "string": "VARCHAR", "boolean": "BOOLEAN", "date": "DATE", "binary": "BLOB",
    "timestamp": "TIMESTAMPTZ", "timestamp_ntz": "TIMESTAMP",
}  # fmt: skip


def field_type(field: Any) -> str:
    """A Delta field's type in the words of the pipeline file."""
    return _sql_type(field.type)


def _sql_type(kind: Any) -> str:
    if hasattr(kind, "element_type"):
        return _sql_type(kind.element_type) + "[]"
    if hasattr(kind, "fields"):
        return "STRUCT(" + ", ".join(f"{field.name} {_sql_type(field.type)}" for field in kind.fields) + ")"
    if hasattr(kind, "key_type"):
        return f"MAP({_sql_type(kind.key_type)}, {_sql_type(kind.value_type)})"
    name = getattr(kind, "type", str(kind))
    return _SQL.get(name, name.upper())
