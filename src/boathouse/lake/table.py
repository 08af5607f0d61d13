"""A Delta table: its versions, its files, its commits. Commits adopt Parquet files that already lie in its folder."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Field, PostCommitHookProperties, Schema, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from boathouse.engine import ParquetFile
from boathouse.errors import LakeError, StepError, UsageError, first_line
from boathouse.lake.store import Store

# Receipts need every old version, so the log is never cleaned; reading stays quick through checkpoints.
PROPERTIES = {
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
    "delta.checkpointInterval": "20",
}
META = "boathouse"


class Conflict(Exception):
    """Somebody else committed first: read again and decide again."""


@dataclass(frozen=True)
class DataFile:
    """A file of a table version; `path` is relative to the table."""

    path: str
    size: int
    rows: int
    low: dict[str, Any]
    high: dict[str, Any]
    partition: dict[str, str | None]


@dataclass
class Commit:
    """What one commit changes. `mark` is an application transaction: (application id, version)."""

    schema: pa.Schema
    mark: tuple[str, int]
    add: list[ParquetFile] = field(default_factory=list)
    remove: list[DataFile] = field(default_factory=list)
    replace_all: bool = False
    partition_by: list[str] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)
    description: str | None = None


class Table:
    """A Delta table at `path` in a store, as of the moment it was opened (or at `version`)."""

    def __init__(self, store: Store, path: str, version: int | None = None):
        self.store, self.path = store, path
        try:
            self.delta: DeltaTable | None = DeltaTable(store.url(path), version, store.delta_options)
        except TableNotFoundError:
            if version is not None:
                raise
            self.delta = None
        except DeltaError as error:
            if version is not None:
                name = path.rsplit("/", 1)[-1]
                raise UsageError(f"{name} has no version {version}", hint=f"boathouse catalog {name}") from error
            raise LakeError(f"{store.url(path)}: {first_line(error)}") from error
        except OSError as error:
            raise LakeError(f"{store.url(path)}: {first_line(error)}", hint="boathouse doctor") from error

    @property
    def exists(self) -> bool:
        return self.delta is not None

    @property
    def version(self) -> int | None:
        return self.delta.version() if self.delta else None

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of this version; empty where there is no table."""
        return pa.schema(self.delta.schema().to_arrow()) if self.delta else pa.schema([])

    def mark(self, application: str) -> int | None:
        """The last version that an application marked on this table."""
        return self.delta.transaction_version(application) if self.delta else None

    def files(self) -> list[DataFile]:
        """The data files of this version, with the lowest and highest values of their columns."""
        if self.delta is None:
            return []
        return [_data_file(row) for row in pa.table(self.delta.get_add_actions(flatten=True)).to_pylist()]

    def urls(self) -> list[str]:
        """The data files of this version, as the engine reads them."""
        return [self.store.url(f"{self.path}/{file.path}") for file in self.files()]

    def history(self, limit: int | None = None) -> list[dict[str, Any]]:
        """Commits, newest first: version, timestamp, operation and what Boathouse said of it."""
        return [_entry(raw) for raw in self.delta.history(limit)] if self.delta else []

    def new_file(self) -> str:
        """The name of a data file that nobody has used."""
        return f"part-{uuid.uuid4()}.parquet"

    def commit(self, commit: Commit) -> int:
        """One atomic commit on this very handle, so that a mark set by somebody else since then is a Conflict."""
        actions: list[Any] = [_add(file, commit) for file in commit.add]
        actions += [_remove(file) for file in commit.remove]
        properties = CommitProperties(
            custom_metadata={META: json.dumps(commit.meta)},
            # the second one makes every two commits conflict, so that each is planned on the version it lands on
            app_transactions=[Transaction(*commit.mark), Transaction(META, (self.version or 0) + 1)],
        )
        try:
            if self.delta is None:
                create_table_with_add_actions(
                    self.store.url(self.path), Schema.from_arrow(commit.schema), actions,
                    partition_by=commit.partition_by, description=commit.description, configuration=PROPERTIES,
                    storage_options=self.store.delta_options, commit_properties=properties,
                )  # fmt: skip
                self.delta = DeltaTable(self.store.url(self.path), storage_options=self.store.delta_options)
            else:
                self._add_columns(commit)
                self.delta.create_write_transaction(
                    actions, "overwrite" if commit.replace_all else "append", Schema.from_arrow(commit.schema),
                    partition_by=commit.partition_by, commit_properties=properties,
                    post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
                )  # fmt: skip
                self.delta.update_incremental()
        except CommitFailedError as error:
            raise Conflict(first_line(error)) from error
        except DeltaError as error:
            text = first_line(error)
            if "already exists" in text or "conflict" in text.lower():
                raise Conflict(text) from error
            raise LakeError(f"{self.store.url(self.path)}: {text}") from error
        except OSError as error:
            raise LakeError(f"{self.store.url(self.path)}: {first_line(error)}", hint="boathouse doctor") from error
        return self.delta.version()

    def _add_columns(self, commit: Commit) -> None:
        """Columns that are new go in by a commit of their own; a type that changes needs a table written anew."""
        assert self.delta is not None
        if commit.replace_all:
            return
        here = {field.name: field.type for field in self.delta.schema().fields}
        coming = Schema.from_arrow(commit.schema).fields
        for new in coming:
            if new.name in here and here[new.name] != new.type:
                name = self.path.rsplit("/", 1)[-1]
                raise StepError(
                    f"column {new.name!r} is {_type(here[new.name])} in the dataset {name} and {_type(new.type)} in this batch",
                    hint="set its old type in the pipeline, or publish once with `mode: replace`",
                )
        if added := [Field(new.name, new.type, nullable=True) for new in coming if new.name not in here]:
            self.delta.alter.add_columns(added)

    def restore(self, version: int, meta: dict[str, Any]) -> int:
        """A new version with the content of an old one."""
        assert self.delta is not None
        properties = CommitProperties(custom_metadata={META: json.dumps(meta)})
        try:
            self.delta.restore(version, commit_properties=properties)
        except DeltaError as error:
            raise UsageError(f"version {version} cannot be restored: {first_line(error)}") from error
        self.delta.update_incremental()
        return self.delta.version()

    def write(self, data: pa.Table | pa.RecordBatchReader, *, replacing: str | None = None) -> None:
        """Appends small records, or replaces those that a predicate names. Retries where others commit at once."""
        for attempt in range(20):
            try:
                write_deltalake(  # type: ignore[call-overload]
                    self.store.url(self.path), data, mode="overwrite" if replacing and self.exists else "append",
                    predicate=replacing if self.exists else None, schema_mode="merge", configuration=PROPERTIES,
                    storage_options=self.store.delta_options,
                    post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
                )  # fmt: skip
                return
            except DeltaError as error:
                if isinstance(data, pa.RecordBatchReader) or attempt == 19:
                    raise LakeError(f"{self.store.url(self.path)}: {first_line(error)}") from error
                time.sleep(0.02 * 2 ** min(attempt, 6))
                self.delta = Table(self.store, self.path).delta
            except OSError as error:
                raise LakeError(f"{self.store.url(self.path)}: {first_line(error)}", hint="boathouse doctor") from error


def _type(delta_type: Any) -> str:
    return getattr(delta_type, "type", None) or str(delta_type)


def _entry(raw: dict[str, Any]) -> dict[str, Any]:
    moment = datetime.fromtimestamp(raw["timestamp"] / 1000, UTC)
    meta = json.loads(raw[META]) if META in raw else {}
    return {"version": raw["version"], "timestamp": moment, "operation": raw["operation"], **meta}


def _data_file(row: dict[str, Any]) -> DataFile:
    low: dict[str, Any] = {}
    high: dict[str, Any] = {}
    partition: dict[str, Any] = {}
    for key, value in row.items():
        kind, _, name = key.partition(".")
        target = {"min": low, "max": high, "partition": partition}.get(kind)
        if target is not None:
            target[name] = value
    return DataFile(row["path"], row["size_bytes"], row["num_records"] or 0, low, high, partition)


def _add(file: ParquetFile, commit: Commit) -> AddAction:
    stats: dict[str, Any] = {"numRecords": file.rows, "minValues": {}, "maxValues": {}, "nullCount": {}}
    for column, stat in file.stats.items():
        if column not in commit.schema.names or "null_count" not in stat:
            continue
        stats["nullCount"][column] = int(stat["null_count"])
        low, high = (_bound(stat, side, commit.schema.field(column).type) for side in ("min", "max"))
        if low is not None and high is not None:
            stats["minValues"][column], stats["maxValues"][column] = low, high
    values = {name: file.partition.get(name) for name in commit.partition_by}
    return AddAction(str(file.path), file.size, values, int(time.time() * 1000), True, json.dumps(stats))


def _bound(stat: dict[str, str], side: str, kind: pa.DataType) -> Any:
    """A bound as Delta's JSON wants it; None where it is not exact or its form is not agreed on (always allowed)."""
    text = stat.get(side)
    if text is None or stat.get(f"{side}_is_exact") != "true":
        return None
    if pa.types.is_integer(kind):
        return int(text)
    if pa.types.is_date(kind) or pa.types.is_string(kind):
        return text
    return None


def _remove(file: DataFile) -> RemoveAction:
    return RemoveAction(file.path, True, int(time.time() * 1000), file.size, file.partition or None)
