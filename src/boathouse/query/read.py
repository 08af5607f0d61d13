"""Runs one guarded SELECT over snapshots of the datasets, in a locked engine, within its limits."""

from __future__ import annotations

import getpass
import tempfile
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from boathouse.config import Limits, QueryLimits
from boathouse.engine import Engine, literal, quote
from boathouse.engine.duck import explain
from boathouse.errors import LimitError, QueryError
from boathouse.lake import Lake
from boathouse.lake.table import BATCH
from boathouse.query.guard import check
from boathouse.query.policy import EVERYTHING, Policy
from boathouse.query.receipt import Asked
from boathouse.query.result import Batches, Result
from boathouse.query.snapshot import Snapshots

Parameters = Sequence[Any] | dict[str, Any] | None
_BATCH_ROWS = 100_000


class Reader:
    """Queries a lake. One locked engine serves many threads; each query has a cursor of its own."""

    def __init__(self, lake: Lake, limits: Limits, max_age: float = 0.0):
        self._engine = Engine(limits, Path(tempfile.gettempdir()) / f"boathouse-{getpass.getuser()}" / "query")
        self.snapshots = Snapshots(lake, self._engine, max_age)
        if not lake.store.is_local:
            self._engine.attach(lake.store.filesystem())
        self._engine.run(f"SET allowed_directories = [{literal(lake.store.url('curated') + '/')}]")
        self._engine.run("SET enable_external_access = false")
        self._engine.run("SET lock_configuration = true")

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection to the locked engine, which sees no dataset."""
        return self._engine.con.cursor()

    def sql(
        self, sql: str, parameters: Parameters = None, versions: dict[str, int] | None = None,
        limits: QueryLimits | None = None, policy: Policy = EVERYTHING,
    ) -> Result:  # fmt: skip
        """The result of one SELECT, each dataset at its newest version or at the one that `versions` names.
        Raises QueryError for what may not run or fails, UsageError for a dataset that is none."""
        limits, at = limits or QueryLimits(), datetime.now(UTC)
        cursor = self.cursor()
        try:
            checked = check(cursor, sql, policy.visible(self.snapshots.names()))
            pinned = {name.lower(): version for name, version in (versions or {}).items()}
            tables = [self.snapshots.get(name, pinned.get(name.lower())) for name in checked.datasets]
            told = BATCH in sql.lower()
            parts = [
                f"{quote(t.name)} AS NOT MATERIALIZED ({policy.over(t, t.select_with_batch if told else t.select)})"
                for t in tables
            ]
            text = f"WITH {', '.join(parts)} SELECT * FROM ({checked.text}\n)" if parts else checked.text
            applied = policy.applied(checked.datasets)
            asked = Asked(sql, parameters, checked.ordered, checked.changing, tables, policy.names, applied, at)
            running = _Running(cursor, limits, hides=bool(applied))
            reader = running.begin(text, parameters)
        except BaseException:
            cursor.close()
            raise
        return Result(reader.schema, running.batches(reader), asked, limits, running)


class _Running:
    """One query under way: stopped when its time is up, cut when its rows are."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, limits: QueryLimits, *, hides: bool):
        self.cursor, self.limits, self.hides = cursor, limits, hides
        self.cut = self.late = False
        self.timer = threading.Timer(limits.seconds, self._stop) if limits.seconds is not None else None

    def _stop(self) -> None:
        self.late = True
        self.cursor.interrupt()

    def begin(self, text: str, parameters: Parameters) -> pa.RecordBatchReader:
        if self.timer:
            self.timer.daemon = True
            self.timer.start()
        try:
            relation = self.cursor.sql(text, params=parameters) if parameters else self.cursor.sql(text)
            return relation.to_arrow_reader(_BATCH_ROWS)
        except (duckdb.Error, RuntimeError) as error:
            self.end()
            raise self._explained(error) from None

    def batches(self, reader: pa.RecordBatchReader) -> Batches:
        """The rows, up to the limit. Closing this generator stops the query."""
        left = self.limits.rows
        try:
            for batch in reader:
                if left is not None and batch.num_rows > left:
                    self.cut = True
                    yield batch.slice(0, left)
                    return
                left = None if left is None else left - batch.num_rows
                yield batch
        except (duckdb.Error, pa.ArrowException, OSError, RuntimeError) as error:
            raise self._explained(error) from None
        finally:
            self.end()

    def end(self) -> None:
        """Stops the query, where it is not done, and frees what it holds."""
        if self.timer:
            self.timer.cancel()
        self.cursor.interrupt()
        self.cursor.close()

    def _explained(self, error: Exception) -> QueryError:
        if self.late:
            return LimitError(
                f"stopped after {self.limits.seconds:g} s", hint="ask for less: a filter, a shorter period, fewer joins"
            )
        if self.hides:  # the engine's own words may quote what the caller may not see
            return QueryError("the query failed", hint="a policy applies to what it reads, so the reason is not shown")
        if isinstance(error, duckdb.PermissionException):
            return QueryError(str(error).splitlines()[0], hint="queries read the datasets and nothing else")
        text = explain(error).message if isinstance(error, duckdb.Error) else str(error).splitlines()[0]
        return QueryError(text, hint="boathouse catalog NAME shows a dataset's columns")
