"""A Delta table: its versions, its files, its commits. Commits adopt Parquet files that already lie in its folder."""

from __future__ import annotations

import contextlib
import json
import random
import re
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Field, PostCommitHookProperties, Schema, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from boathouse.engine import Engine, ParquetFile, quote
from boathouse.errors import LakeError, MissingError, StepError, UsageError, first_line
from boathouse.lake.store import Store, broken
from boathouse.lake.types import sql_type

# Receipts need every old version, so the log is never cleaned; reading stays quick through checkpoints.
PROPERTIES = {
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
    "delta.checkpointInterval": "20",
}
META = "boathouse"
_TRIES = 60
_SMALL = 32 * 2**20  # bytes of a file that `compact` takes in
# which batch a row came with: a partition column, so it costs a word in the log for each file and nothing in the files
BATCH = "_batch"


class ConflictError(Exception):
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
    """What one commit changes. `mark` is an application transaction: (application id, version); `partition_by` are the
    columns that every added file has a single value of, `_batch` among them."""

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
            self.delta = None
        except DeltaError as error:
            if version is not None:
                name = path.rsplit("/", 1)[-1]
                raise MissingError(f"{name} has no version {version}", hint=f"boathouse catalog {name}") from error
            raise broken(store.url(path), error) from error
        except OSError as error:
            raise broken(store.url(path), error) from error

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
        actions = pa.RecordBatchReader.from_stream(self.delta.get_add_actions(flatten=True))  # pa.table() would import pandas
        return [_data_file(row) for row in actions.read_all().to_pylist()]

    def urls(self) -> list[str]:
        """The data files of this version, as the engine reads them."""
        return [self.store.url(f"{self.path}/{file.path}") for file in self.files()]

    def columns(self, engine: Engine, source: str) -> str:
        """The table's own columns out of a relation of its files, as a SELECT's list; one that no file has yet is empty."""
        have = engine.columns(f"SELECT * FROM {source}")
        fields = [field for field in self.delta.schema().fields if field.name != BATCH] if self.delta else []
        return ", ".join(quote(f.name) if f.name in have else f"NULL::{sql_type(f.type)} AS {quote(f.name)}" for f in fields)

    def history(self, limit: int | None = None) -> list[dict[str, Any]]:
        """Commits, newest first: version, timestamp, operation and what Boathouse said of it."""
        return [_entry(raw) for raw in self.delta.history(limit)] if self.delta else []

    def made_by(self) -> dict[str, Any]:
        """The commit that made this very version, as `history` has it. From its own file: delta-rs numbers the newest
        commits by the version in hand, which another commit or a pinned version makes wrong."""
        log = self.store.read(f"{self.path}/_delta_log/{self.version:020}.json").splitlines()
        info = next(entry["commitInfo"] for entry in map(json.loads, log) if "commitInfo" in entry)
        return _entry(info | {"version": self.version})

    def commit(self, commit: Commit) -> int:
        """Puts the added files into the table's folder and makes them visible, in one atomic commit on this very handle.
        Raises ConflictError where anybody has committed since the handle was opened."""
        if self.delta is not None and not commit.replace_all:
            self._fit(commit)
        # what a conflict leaves behind is for vacuum: on a bucket, a commit that timed out may have been made all the same
        return self._commit(commit, [self._place(file, commit.partition_by) for file in commit.add])

    def _fit(self, commit: Commit) -> None:
        """Columns that are new go in by a commit of their own, after which the plan is made anew. Raises ConflictError
        then, StepError where the partitions are others."""
        assert self.delta is not None
        parted = self.delta.metadata().partition_columns
        if parted != commit.partition_by:
            was, becomes = ([name for name in names if name != BATCH] for names in (parted, commit.partition_by))
            raise StepError(f"the dataset is partitioned by {was or 'nothing'}, the pipeline says {becomes or 'nothing'}",
                            hint="set the old `partition_by`, or publish under another `dataset`")  # fmt: skip
        here = {field.name for field in self.delta.schema().fields}
        schema = Schema.from_arrow(commit.schema)
        new = [Field(field.name, field.type, nullable=True) for field in schema.fields if field.name not in here]
        if new:
            properties = CommitProperties(app_transactions=[Transaction(META, (self.version or 0) + 1)])
            self.delta.alter.add_columns(new, commit_properties=properties)
            raise ConflictError("a column was added")

    def _place(self, file: ParquetFile, by: list[str]) -> ParquetFile:
        """The file under a name of its own in the table's folder; until a commit names it, it is only there."""
        # the log knows the values; the folders are for people, and keep to characters that every store takes
        folder = "".join(f"{name}={re.sub('[^A-Za-z0-9.-]', '_', str(file.partition[name]))}/" for name in by if name != BATCH)
        path = f"{folder}part-{uuid.uuid4()}.parquet"
        self.store.put(file.path, f"{self.path}/{path}")
        return replace(file, path=Path(path))

    def _commit(self, commit: Commit, placed: list[ParquetFile]) -> int:
        actions: list[Any] = [_add(file, commit) for file in placed]
        actions += [_remove(file) for file in commit.remove]
        properties = CommitProperties(
            custom_metadata={META: json.dumps(commit.meta)},
            # the second one makes every two commits conflict, so that each is planned on the version it lands on
            app_transactions=[Transaction(*commit.mark), Transaction(META, (self.version or 0) + 1)],
        )
        try:
            if self.delta is None:
                self._create(commit, actions, properties)
                self.delta = DeltaTable(self.store.url(self.path), storage_options=self.store.delta_options)
            else:
                self.delta.create_write_transaction(
                    actions, "overwrite" if commit.replace_all else "append", Schema.from_arrow(commit.schema),
                    partition_by=commit.partition_by, commit_properties=properties,
                    post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
                )  # fmt: skip
                self.delta.update_incremental()
        except (CommitFailedError, FileExistsError) as error:
            raise ConflictError(first_line(error)) from error
        except DeltaError as error:
            text = first_line(error)
            if "already exists" in text or "conflict" in text.lower():
                raise ConflictError(text) from error
            raise broken(self.store.url(self.path), error) from error
        except OSError as error:
            raise broken(self.store.url(self.path), error) from error
        return self.delta.version()

    def _create(self, commit: Commit, actions: list[Any], properties: CommitProperties) -> None:
        """The first commit. delta-rs, losing a race for it, would commit it once more as the second: so it is made aside,
        and put in place by whoever is first. Raises FileExistsError for the others."""
        with tempfile.TemporaryDirectory(prefix="boathouse-table-") as aside:
            create_table_with_add_actions(
                aside, Schema.from_arrow(commit.schema), actions, partition_by=commit.partition_by,
                description=commit.description, configuration=PROPERTIES, commit_properties=properties,
            )  # fmt: skip
            first = f"_delta_log/{0:020}.json"
            self.store.create(Path(aside, first).read_bytes(), f"{self.path}/{first}")

    def check_types(self, schema: pa.Schema) -> None:
        """Raises StepError where a column has another type here than in `schema`: that needs a table written anew."""
        here = {field.name: field.type for field in self.delta.schema().fields} if self.delta else {}
        for new in Schema.from_arrow(schema).fields:
            if new.name in here and here[new.name] != new.type:
                name, was, becomes = self.path.rsplit("/", 1)[-1], _type(here[new.name]), _type(new.type)
                raise StepError(f"column {new.name!r} is {was} in the dataset {name} and {becomes} in this batch",
                                hint="set its old type in the pipeline, or publish once with `mode: replace`")  # fmt: skip

    def restore(self, version: int, meta: dict[str, Any]) -> int:
        """A new version with the content of an old one."""
        assert self.delta is not None
        turn = [Transaction(META, (self.version or 0) + 1)]
        properties = CommitProperties(custom_metadata={META: json.dumps(meta)}, app_transactions=turn)
        try:
            self.delta.restore(version, commit_properties=properties)
        except DeltaError as error:
            raise UsageError(f"version {version} cannot be restored: {first_line(error)}") from error
        self.delta.update_incremental()
        return self.delta.version()

    def compact(self) -> None:
        """Makes one file of many small ones; rows and older versions stay. What another commit crosses is left for another time.
        By a commit of our own: delta-rs lets two that optimize at once both add their file, and every row is there twice."""
        small = [file for file in self.files() if file.size < _SMALL]
        if self.delta is None or len(small) < 2:
            return
        paths = {file.path for file in small}
        data = self.delta.to_pyarrow_dataset()
        parts = [part for part in data.get_fragments() if part.path in paths]
        if len(parts) != len(small) or self.delta.metadata().partition_columns:  # not for those that are parted
            return
        with tempfile.TemporaryDirectory(prefix="boathouse-compact-") as aside:
            path, rows = Path(aside, "compact.parquet"), 0
            with pq.ParquetWriter(path, data.schema) as writer:
                for part in parts:
                    for batch in part.to_batches(data.schema):
                        writer.write_batch(batch)
                        rows += batch.num_rows
            if rows == sum(file.rows for file in small):
                with contextlib.suppress(ConflictError):
                    one = ParquetFile(path, rows, path.stat().st_size)
                    self.commit(Commit(data.schema, ("compact", self.delta.version()), [one], small))

    def append(self, data: pa.Table) -> None:
        """Appends a few records, which nobody else's can contradict."""
        for attempt in range(20):
            try:
                write_deltalake(
                    self.store.url(self.path), data, mode="append", schema_mode="merge", configuration=PROPERTIES,
                    storage_options=self.store.delta_options,
                    post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
                )  # fmt: skip
                return
            except DeltaError as error:
                if attempt == 19:
                    raise broken(self.store.url(self.path), error) from error
                time.sleep(0.02 * 2 ** min(attempt, 6))
            except OSError as error:
                raise broken(self.store.url(self.path), error) from error


def commit_in_turn(open_table: Callable[[], Table], plan: Callable[[Table], Commit | None]) -> int | None:
    """Commits what `plan` makes of the table as it is now; where somebody commits in between, opens it and plans again.
    None where the plan is to leave it. Raises LakeError after many tries."""
    for attempt in range(_TRIES):
        table = open_table()
        commit = plan(table)
        if commit is None:
            return None
        try:
            return table.commit(commit)
        except ConflictError:
            time.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 5)))
    raise LakeError(f"{table.path}: others committed {_TRIES} times in between", hint="run it again")


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
        if column not in commit.schema.names or "null_count" not in stat or pa.types.is_nested(commit.schema.field(column).type):
            continue  # Delta wants a struct's counts by field: with a bare number the table cannot be opened
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
