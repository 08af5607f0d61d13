"""What the lake knows of its own runs, as tables that a query reads like any other: `boathouse_runs`, `boathouse_batches` and
`boathouse_expectations`. A version of them is one of the run records, so that a receipt can name it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa

from boathouse.engine import literal, quote
from boathouse.lake import Lake
from boathouse.lake.records import COUNTS, SCHEMA
from boathouse.lake.table import Table
from boathouse.query.receipt import AppliedPolicy
from boathouse.query.snapshot import Snapshot

_KINDS = {pa.string(): "VARCHAR", pa.int64(): "BIGINT", pa.float64(): "DOUBLE", pa.timestamp("us", tz="UTC"): "TIMESTAMPTZ"}
_RUNS = {field.name: _KINDS[field.type] for field in SCHEMA if field.name != "batches"}
_OF_RUN = {name: _RUNS[name] for name in ("run_id", "pipeline", "dataset", "started_at")}
_BATCHES = {
    **_OF_RUN, "item": "VARCHAR", "status": "VARCHAR", "verdict": "VARCHAR", **dict.fromkeys(COUNTS, "BIGINT"), "table_version": "BIGINT",
    "error": "VARCHAR",
}  # fmt: skip
_EXPECTATIONS = {
    **_OF_RUN, "item": "VARCHAR", "about": "VARCHAR", "severity": "VARCHAR", "success": "BOOLEAN", "unexpected": "BIGINT", "percent": "DOUBLE",
}  # fmt: skip
TABLES = {"boathouse_runs": _RUNS, "boathouse_batches": _BATCHES, "boathouse_expectations": _EXPECTATIONS}
_HIDDEN = ("error", "notebook", "item")  # what a batch held is for those who see everything


def snapshot(lake: Lake, name: str, version: int | None) -> Snapshot:
    """One of the tables at a version, or at the newest one."""
    table = Table(lake.store, "runs/records", version)
    files = table.files() if table.delta is not None else []
    urls = [lake.store.url(f"{table.path}/{file.path}") for file in files]
    source = f"read_parquet([{', '.join(map(literal, urls))}], hive_partitioning = false)" if urls else _nothing()
    at = table.made_by()["timestamp"] if table.delta is not None else datetime.fromtimestamp(0, UTC)
    made = str(table.delta.metadata().id) if table.delta is not None else ""
    return Snapshot(name, int(table.version or 0), made, TABLES[name], {}, f"({_SOURCES[name].format(runs=source)})",
                    sum(file.rows for file in files), sum(file.size for file in files), at, None)  # fmt: skip


def shown(snapshot: Snapshot, datasets: Sequence[str] | None) -> str:
    """Its rows of these datasets, without what their batches held; all of it for those who see everything (None)."""
    if datasets is None:
        return snapshot.select
    hidden = [f"NULL::VARCHAR AS {quote(name)}" for name in _HIDDEN if name in snapshot.columns]
    known = f"dataset IN ({', '.join(map(literal, datasets))})" if datasets else "false"
    return f"SELECT * REPLACE ({', '.join(hidden)}) FROM ({snapshot.select}) WHERE {known}"


def applied(names: Sequence[str], unlimited: bool) -> list[AppliedPolicy]:
    """That these tables are narrowed for all but those who see everything."""
    return [AppliedPolicy(dataset=name, rows_filtered=True, masked=[hidden for hidden in _HIDDEN if hidden in TABLES[name]])
            for name in names if name in TABLES and not unlimited]  # fmt: skip


def _nothing() -> str:
    columns = {**_RUNS, "batches": "VARCHAR"}
    return f"(SELECT {', '.join(f'NULL::{kind} AS {quote(name)}' for name, kind in columns.items())} WHERE false)"


def _cells(columns: dict[str, str], own: Sequence[str], element: str) -> str:
    """The columns of a table of which each row was an element of JSON; its own ones are there already."""
    inner = (f"CAST({element}->>{literal(name)} AS {kind}) AS {quote(name)}" for name, kind in columns.items() if name not in own)
    return ", ".join([*map(quote, own), *inner])


_EACH = f"SELECT {', '.join(_OF_RUN)}, unnest(CAST(batches AS JSON[])) AS batch FROM {{runs}}"
_JUDGED = (
    f"SELECT {', '.join(_OF_RUN)}, batch->>'item' AS item, unnest(CAST(batch->'expectations' AS JSON[])) AS one FROM ({_EACH})"
)
_SOURCES = {
    "boathouse_runs": "SELECT * EXCLUDE (batches) FROM {runs}",
    "boathouse_batches": f"SELECT {_cells(_BATCHES, list(_OF_RUN), 'batch')} FROM ({_EACH})",
    "boathouse_expectations": f"SELECT {_cells(_EXPECTATIONS, [*_OF_RUN, 'item'], 'one')} FROM ({_JUDGED})",
}
