"""Run records: one row a run, with its batches and their verdicts. Append only."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from boathouse.lake.lake import Lake

COUNTS = (
    "rows_read",
    "rows_published",
    "rows_inserted",
    "rows_updated",
    "rows_unchanged",
    "rows_quarantined",
    "rows_deduplicated",
    "rows_rejected",
)
_COMPACT = 50  # runs after which their small files become one
# from the worst to the best: a run's status is that of its worst batch
STATUSES = ("failed", "rejected", "published", "checked", "unchanged")

SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("pipeline", pa.string()),
        ("dataset", pa.string()),
        ("status", pa.string()),
        ("started_at", pa.timestamp("us", tz="UTC")),
        ("seconds", pa.float64()),
        *[(name, pa.int64()) for name in COUNTS],
        ("table_version", pa.int64()),
        ("notebook", pa.string()),
        ("error", pa.string()),
        ("batches", pa.string()),
    ]
)


@dataclass
class BatchRecord:
    """What became of one batch."""

    item: str
    status: str
    rows_read: int = 0
    rows_published: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    rows_unchanged: int = 0
    rows_quarantined: int = 0
    rows_deduplicated: int = 0
    rows_rejected: int = 0
    table_version: int | None = None
    verdict: str | None = None
    expectations: list[dict[str, Any]] = field(default_factory=list)
    batch: str | None = None
    content: str | None = None
    raw: str | None = None
    error: str | None = None
    retry: bool = False  # whether it was the lake's fault, so that the same item may do well another time


@dataclass
class RunRecord:
    """One execution of a pipeline over its new or changed items."""

    run_id: str
    pipeline: str
    dataset: str
    started_at: datetime
    status: str = "unchanged"
    seconds: float = 0.0
    table_version: int | None = None
    notebook: str | None = None
    error: str | None = None
    batches: list[BatchRecord] = field(default_factory=list)

    @classmethod
    def broken(cls, pipeline: str, at: datetime, error: str) -> RunRecord:
        """The record of a run that could not begin: its pipeline's file is wrong."""
        return cls("", pipeline, pipeline, at, "failed", error=error)

    def total(self, count: str) -> int:
        return sum(getattr(batch, count) for batch in self.batches)

    def to_json(self) -> dict[str, Any]:
        """The record as the contract has it."""
        mine = asdict(self) | {name: self.total(name) for name in COUNTS}
        return mine | {"started_at": self.started_at.isoformat(), "seconds": round(self.seconds, 3)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RunRecord:
        batches = [BatchRecord(**batch) for batch in data["batches"]]
        plain = {key: value for key, value in data.items() if key not in COUNTS}
        return cls(**plain | {"batches": batches, "started_at": datetime.fromisoformat(data["started_at"])})


def append(lake: Lake, record: RunRecord) -> None:
    row = record.to_json() | {"started_at": record.started_at, "batches": json.dumps([asdict(b) for b in record.batches])}
    runs = lake.records()
    runs.append(pa.Table.from_pylist([row], SCHEMA))
    if runs.version and runs.version % _COMPACT == 0:
        lake.records().compact()


class Records:
    """The records, read once for each version of their table."""

    def __init__(self, lake: Lake):
        self.lake = lake
        self._read: tuple[int | None, list[dict[str, Any]]] = (None, [])

    def read(self, *, pipeline: str | None = None, dataset: str | None = None) -> list[dict[str, Any]]:
        """Newest first; those of a pipeline, or of a dataset."""
        table = self.lake.records()
        version, runs = self._read
        if table.version != version:
            runs = read(self.lake)
            self._read = table.version, runs
        return [run for run in runs if pipeline in (None, run["pipeline"]) and dataset in (None, run["dataset"])]


def read(lake: Lake, pipeline: str | None = None) -> list[dict[str, Any]]:
    """The records, newest first; those of a pipeline where it is named."""
    table = lake.records()
    if table.delta is None:
        return []
    data = table.delta.to_pyarrow_table()
    if pipeline is not None:
        data = data.filter(pc.equal(data["pipeline"], pipeline))
    rows = data.sort_by([("started_at", "descending")]).to_pylist()
    return [row | {"batches": json.loads(row["batches"]), "started_at": row["started_at"].isoformat()} for row in rows]


def landed(lake: Lake, pipeline: str, dataset: str) -> dict[str, dict[str, Any]]:
    """Each item's latest batch that lies in the raw zone (item, raw, content), in the order in which the items last came.
    A run that died after its commit left no record: the commits say what it landed."""
    latest: dict[str, dict[str, Any]] = {}
    for _, batch in _told(lake, pipeline, dataset):
        latest.pop(batch["item"], None)
        latest[batch["item"]] = batch
    return latest


def came(lake: Lake, pipeline: str, dataset: str) -> dict[tuple[str, str], str]:
    """When each (item, content) came: at the first of the runs in a row that found the item with this content."""
    since: dict[tuple[str, str], str] = {}
    now: dict[str, str] = {}
    for moment, batch in _told(lake, pipeline, dataset):
        item, content = batch["item"], batch.get("content")
        if content and now.get(item) != content:
            now[item] = content
            since[item, content] = moment
    return since


def _told(lake: Lake, pipeline: str, dataset: str) -> list[tuple[str, dict[str, Any]]]:
    """What runs and commits say of batches that lie in the raw zone, oldest first."""
    told = [(run["started_at"], batch) for run in read(lake, pipeline) for batch in reversed(run["batches"])]
    commits = lake.dataset(dataset).history()
    told += [(entry["timestamp"].isoformat(), entry) for entry in commits if entry.get("pipeline") == pipeline]
    told.reverse()  # also among those of one moment
    return [(moment, batch) for moment, batch in sorted(told, key=lambda pair: pair[0]) if batch.get("raw") and batch.get("item")]
