"""The catalog: what datasets there are, and what their tables say of themselves."""

from __future__ import annotations

from typing import Any

from boathouse.lake.table import BATCH, Table
from boathouse.lake.tables import Tables
from boathouse.lake.types import sql_type


class Catalog:
    """What each dataset's newest version says of itself, read once a version."""

    def __init__(self, tables: Tables):
        self.tables = tables
        self._read: dict[str, tuple[str, int | None, dict[str, Any]]] = {}

    def entry(self, name: str) -> dict[str, Any]:
        """One dataset as the contract has it, without descriptions. Raises MissingError where there is none."""
        table = self.tables.newest(name)
        assert table.delta is not None
        made, version = str(table.delta.metadata().id), table.version
        known = self._read.get(name)
        if known is None or known[:2] != (made, version):
            known = self._read[name] = made, version, describe(name, table)
        return known[2]


def describe(name: str, table: Table) -> dict[str, Any]:
    """One version of a dataset."""
    assert table.delta is not None
    latest, metadata = table.made_by(), table.delta.metadata()
    columns = [{"name": f.name, "type": sql_type(f.type)} for f in table.delta.schema().fields if f.name != BATCH]
    return {
        "name": name,
        "description": metadata.description,
        "rows": sum(file.rows for file in table.files()),
        "version": table.version,
        "updated_at": latest["timestamp"].isoformat(),
        "verdict": latest.get("verdict"),
        "pipeline": latest.get("pipeline"),
        "columns": columns,
    }
