"""The catalog as a caller may see it: what datasets there are, and everything known of one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from boathouse.config import Pipeline
from boathouse.lake import Table
from boathouse.lake.catalog import Catalog
from boathouse.lake.table import BATCH
from boathouse.query.policy import Policy
from boathouse.schedule import overdue
from boathouse.secrets import scrub


def described(catalog: Catalog, name: str, pipeline: Pipeline | None, policy: Policy) -> dict[str, Any]:
    """One dataset. A count of all its rows would tell what a policy hides, so it is left out under one."""
    entry = dict(catalog.entry(name))
    texts = {column: spec.description for column, spec in pipeline.columns.items()} if pipeline else {}
    entry["columns"] = [column | {"description": texts.get(column["name"])} for column in entry["columns"]]
    entry["description"] = (pipeline and pipeline.description) or entry["description"]
    for applied in policy.applied([name]):
        entry |= {"rows": None, "policy": applied.model_dump()}
    return entry


def in_full(
    catalog: Catalog,
    name: str,
    pipeline: Pipeline | None,
    policy: Policy,
    runs: list[dict[str, Any]],
    queries: Iterable[str],
    now: datetime,
) -> dict[str, Any]:
    """One dataset with its freshness, quality, lineage, versions and latest runs; under a policy without what was counted
    or seen in its rows. `runs` are its pipeline's, newest first, `queries` the names of the saved ones that read it; `now` is in
    the workbench's time zone."""
    table = catalog.tables.newest(name)
    entry = described(catalog, name, pipeline, policy)
    updated, hidden = datetime.fromisoformat(entry["updated_at"]), bool(policy.applied([name]))
    last = datetime.fromisoformat(runs[0]["started_at"]) if runs else None
    due = overdue(pipeline.schedule, last, now) if pipeline and pipeline.schedule else None
    history = table.history()
    versions = [_version(commit, hidden) for commit in history]
    return entry | {
        "freshness": {
            "updated_at": entry["updated_at"],
            "age_hours": round((datetime.now(UTC) - updated).total_seconds() / 3600, 1),
            "overdue_since": due and due.isoformat(),
        },
        "quality": {
            "verdict": entry["verdict"],
            "expectations": None if hidden else _expectations(runs),
            "last_run": runs[0]["status"] if runs else None,
        },
        "lineage": {
            "source": _source(pipeline, policy),
            "pipeline": entry["pipeline"],
            "items": None if hidden else _items(table, history),
            "queries": sorted(queries),
        },
        "versions": versions,
        "runs": [run_shown(run, policy) for run in runs[:10]],
    }  # fmt: skip


def run_shown(run: dict[str, Any], policy: Policy) -> dict[str, Any]:
    """A run without what its batches held, but for those who see everything."""
    if policy.unlimited:
        return run
    kept = ("run_id", "pipeline", "dataset", "status", "started_at", "seconds", "table_version")
    counted = {} if policy.applied([run["dataset"]]) else {key: value for key, value in run.items() if key.startswith("rows_")}
    return {key: run[key] for key in kept} | counted


def _source(pipeline: Pipeline | None, policy: Policy) -> dict[str, Any] | None:
    if pipeline is None:
        return None
    shown = {"type": pipeline.source.type}
    return shown | {"location": scrub(pipeline.source.location)} if policy.unlimited else shown


def _expectations(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the suite said of the latest batch that it judged."""
    judged = (batch for run in runs for batch in reversed(run["batches"]) if batch.get("expectations"))
    keys = ("about", "severity", "success", "unexpected", "percent")
    return [{key: one.get(key) for key in keys} for one in next(judged, {"expectations": []})["expectations"]]


def _items(table: Table, history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items that its rows came with, each with the commit that brought it."""
    standing = {file.partition.get(BATCH) for file in table.files()}
    keys = ("item", "version", "timestamp", "rows_read", "rows_quarantined", "verdict")
    found = {commit["batch"]: {key: commit.get(key) for key in keys} for commit in reversed(history) if "batch" in commit}
    return [item for batch, item in found.items() if batch in standing]


def _version(commit: dict[str, Any], hidden: bool) -> dict[str, Any]:
    return {key: commit.get(key) for key in ("version", "timestamp", "verdict", "restored")} if hidden else commit
