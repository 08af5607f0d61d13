"""Types of Delta tables, in the words of the pipeline file."""

from __future__ import annotations

from typing import Any

_SQL = {
    "long": "BIGINT", "integer": "INTEGER", "short": "SMALLINT", "byte": "TINYINT", "double": "DOUBLE",
    "float": "FLOAT", "string": "VARCHAR", "boolean": "BOOLEAN", "date": "DATE", "binary": "BLOB",
    "timestamp": "TIMESTAMPTZ", "timestamp_ntz": "TIMESTAMP",
}  # fmt: skip


def sql_type(kind: Any) -> str:
    """A Delta type in the words of the pipeline file, which are the engine's."""
    if hasattr(kind, "element_type"):
        return sql_type(kind.element_type) + "[]"
    if hasattr(kind, "fields"):
        return "STRUCT(" + ", ".join(f"{field.name} {sql_type(field.type)}" for field in kind.fields) + ")"
    if hasattr(kind, "key_type"):
        return f"MAP({sql_type(kind.key_type)}, {sql_type(kind.value_type)})"
    name = getattr(kind, "type", str(kind))
    return _SQL.get(name, name.upper())
