"""Runs one guarded SELECT over snapshots of the datasets, in a locked engine, within its limits."""

from __future__ import annotations

import contextlib
import getpass
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from boathouse.config import Limits, QueryLimits
from boathouse.engine import Engine, literal, quote
from boathouse.engine.duck import explain
from boathouse.errors import BoathouseError, LimitError, MissingError, QueryError, UsageError
from boathouse.lake.table import BATCH
from boathouse.lake.tables import Tables
from boathouse.query import system
from boathouse.query.alarm import ALARM
from boathouse.query.copies import Copies
from boathouse.query.guard import Checked, check, no_dataset
from boathouse.query.policy import EVERYTHING, Policy
from boathouse.query.receipt import Asked
from boathouse.query.result import Batches, Result
from boathouse.query.rows import Place, Select, Wanted, select, split
from boathouse.query.snapshot import Snapshot, Snapshots

Parameters = Sequence[Any] | dict[str, Any] | None
_BATCH_ROWS = 100_000
_KEPT, _SHORT = 1_000, 20_000  # queries and keys that have been checked; characters of a query that is kept
_INTERRUPTS = 600  # one each 0.1 s; a result that nobody reads is let go


class Reader:
    """Queries a lake. One locked engine serves many threads; each query has a cursor of its own."""

    def __init__(self, tables: Tables, limits: Limits):
        self._engine = Engine(limits, Path(tempfile.gettempdir()) / f"boathouse-{getpass.getuser()}" / "query")
        lake = tables.lake
        self.tables, self.snapshots = tables, Snapshots(tables, self._engine)
        self.copies = Copies(limits, lake, self._engine.scratch)
        self._keys: dict[tuple, bool] = {}
        self._checked: dict[tuple[str, tuple[str, ...]], Checked] = {}
        self._ready: dict[str, tuple[Sequence[str], Snapshot]] = {}
        if not lake.store.is_local:
            self._engine.attach(lake.store.filesystem())
        folders = ", ".join(literal(lake.store.url(zone) + "/") for zone in ("curated", "runs/records"))
        self._engine.run(f"SET allowed_directories = [{folders}]")
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
        if parameters is not None and (isinstance(parameters, str | bytes) or not isinstance(parameters, Sequence | dict)):
            raise UsageError(
                f"parameters: {type(parameters).__name__} is neither a list nor a mapping",
                hint="[1, 'West'] or {'region': 'West'}",
            )
        cursor = self.cursor()
        try:
            checked = self._check(cursor, sql, policy.visible(self.tables.names()))
            pinned = {name.lower(): _version(name, version) for name, version in (versions or {}).items()}
            tables = [self._snapshot(name, pinned.get(name.lower()), policy) for name in checked.datasets]
            return self._run(cursor, checked, sql, parameters, tables, limits or QueryLimits(), policy)
        except BaseException:
            cursor.close()
            raise

    def _check(self, cursor: duckdb.DuckDBPyConnection, sql: str, datasets: list[str]) -> Checked:
        """`check`, once for a query that is asked again."""
        key = (sql, tuple(datasets))
        found = self._checked.get(key)
        if found is None:
            found = check(cursor, sql, datasets, system.TABLES)
            if len(self._checked) >= _KEPT:
                self._checked.clear()
            if len(sql) <= _SHORT:
                self._checked[key] = found
        return found

    def reads(self, sql: str) -> list[str]:
        """The datasets that a query reads; none where it may not run."""
        with self.cursor() as cursor:
            try:
                return check(cursor, sql, self.tables.names(), system.TABLES).datasets
            except BoathouseError:
                return []

    def page(
        self, name: str, wanted: Wanted, *, key: Sequence[str] = (), version: int | None = None,
        limits: QueryLimits | None = None, policy: Policy = EVERYTHING,
    ) -> tuple[Result, str | None]:  # fmt: skip
        """Some rows of a dataset, and the token of the next page where there is one. `key` names a row, as its pipeline
        says. Raises MissingError for a dataset that is none, UsageError for a column, a value or a token that is wrong."""
        place = Place.of(wanted.after, wanted) if wanted.after else None
        if name not in (known := policy.visible(self.tables.names())):
            raise no_dataset(name, known)
        if limits and limits.rows:  # a page that is cut has a next one
            wanted, limits = replace(wanted, limit=min(wanted.limit, limits.rows)), limits.model_copy(update={"rows": None})
        limits = limits or QueryLimits()
        at = place.version if place else version
        snapshot = self._snapshot(name, None if at is None else _version(name, at), policy)
        applied, key = policy.applied([name]), self._unique(snapshot, key)
        copy = self.copies.of(snapshot, key)
        by_key = copy.by_key if copy and copy.by_key and copy.by_key.key == tuple(key) else None
        if by_key and version is None:
            self._ready[name] = key, snapshot
        if any(column in one.masked for one in applied for column in key):
            key = ()
        relation = f"({policy.over(snapshot, copy.select if copy else snapshot.select)})"
        made = select(name, copy.name if copy and not applied else relation, snapshot.columns, wanted, key, place)
        asked = Asked(made.shown, made.parameters or None, True, [], [snapshot], policy.names, applied, datetime.now(UTC))
        page = by_key.get(made.keyed, made.columns) if by_key and made.keyed and not applied else None
        if page is None:
            page = self._page(made, _Running(copy.cursor() if copy else self.cursor(), limits, hides=bool(applied)))
        rows, end = split(page, made, wanted, snapshot.version, place)
        return Result.of(rows, asked, limits), end.token() if end else None

    def _page(self, made: Select, running: _Running) -> pa.Table:
        try:
            return running.begin(made.whole, made.parameters or None).read_all()
        except LimitError:
            raise
        except (duckdb.Error, pa.ArrowException, OSError, QueryError) as error:
            with self.cursor() as other:
                made.check(other)
            raise running.explained(error) from None
        finally:
            running.end()

    def at_hand(self, name: str, wanted: Wanted, policy: Policy) -> bool:
        """Whether these rows are one at most, in a copy of the newest version, without a policy: then it is there sooner than
        another thread would begin to look for it."""
        key, snapshot = self._ready.get(name, ((), None))
        if snapshot is None or wanted.after or not self.tables.lake.store.is_local or policy.applied([name]):
            return False
        asked = [column for column, operator, _ in wanted.filters if operator == "eq"]
        return sorted(asked) == sorted(key) and len(asked) == len(wanted.filters) and self.snapshots.get(name) is snapshot

    def _snapshot(self, name: str, version: int | None, policy: Policy) -> Snapshot:
        """A dataset at a version. One whose first commit is still to come is missed without a word of those that are hidden."""
        if name in system.TABLES:
            return system.snapshot(self.tables.lake, name, version)
        try:
            return self.snapshots.get(name, version)
        except MissingError as error:
            if version is not None and self.tables.lake.dataset(name).exists:
                raise
            raise no_dataset(name, [one for one in policy.visible(self.tables.names()) if one != name]) from error

    def _unique(self, snapshot: Snapshot, key: Sequence[str]) -> Sequence[str]:
        """The key, where no two rows of this version share it; asked once a version."""
        if not key or not set(key) <= set(snapshot.columns):
            return ()
        known = (snapshot.table, snapshot.version, *key)
        if known not in self._keys:
            columns = ", ".join(map(quote, key))
            filled = " AND ".join(f"{quote(column)} IS NOT NULL" for column in key)
            asked = (
                f"SELECT count(*) = count(DISTINCT ({columns})) AND coalesce(bool_and({filled}), true) FROM ({snapshot.select})"
            )
            with self.cursor() as cursor:
                [[unique]] = cursor.execute(asked).fetchall()
            if len(self._keys) >= _KEPT:
                self._keys.clear()
            self._keys[known] = unique
            return key if unique else ()
        return key if self._keys[known] else ()

    def _run(
        self, cursor: duckdb.DuckDBPyConnection, checked: Checked, sql: str, parameters: Parameters, tables: list[Snapshot],
        limits: QueryLimits, policy: Policy,
    ) -> Result:  # fmt: skip
        """What has been checked, with each dataset as the policy shows it."""
        told, at = BATCH in sql.lower(), datetime.now(UTC)
        parts = [f"{quote(t.name)} AS NOT MATERIALIZED ({self._shown(t, told, policy)})" for t in tables]
        text = f"WITH {', '.join(parts)} SELECT * FROM ({checked.text}\n)" if parts else checked.text
        applied = policy.applied(checked.datasets) + system.applied(checked.datasets, policy.unlimited)
        asked = Asked(sql, parameters, checked.ordered, checked.changing, tables, policy.names, applied, at)
        running = _Running(cursor, limits, hides=bool(applied))
        reader = running.begin(text, parameters)
        return Result(reader.schema, running.batches(reader), asked, limits, running)

    def _shown(self, snapshot: Snapshot, told: bool, policy: Policy) -> str:
        """A table as the policy shows it."""
        if snapshot.name not in system.TABLES:
            return policy.over(snapshot, self._select(snapshot, told, policy))
        seen = [name for name in policy.visible(self.tables.names()) if not policy.applied([name])]
        return system.shown(snapshot, None if policy.unlimited else seen)

    def _select(self, snapshot: Snapshot, told: bool, policy: Policy) -> str:
        """A dataset's rows, with `_batch` where the query speaks of it: empty under a policy, since it is a hash of all rows."""
        if not told:
            return snapshot.select
        if policy.applied([snapshot.name]):
            return f"SELECT *, NULL::VARCHAR AS {BATCH} FROM ({snapshot.select})"
        return snapshot.select_with_batch


def _version(name: str, version: Any) -> int:
    if not isinstance(version, int) or not 0 <= version < 2**62:
        raise UsageError(f"{name} has no version {version!r}", hint=f"boathouse catalog {name}")
    return version


class _Running:
    """One query under way: stopped when its time is up, cut when its rows are."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, limits: QueryLimits, *, hides: bool):
        self.cursor, self.limits, self.hides = cursor, limits, hides
        self.cut = self.late = False
        self.interrupts, self.ended = 0, False
        self.cancel = ALARM.after(limits.seconds, self._stop) if limits.seconds is not None else lambda: None

    def _stop(self) -> None:
        """Interrupts until the query has ended: an interrupt that comes while it is planned is forgotten by its start."""
        if self.ended:
            return
        self.late, self.interrupts = True, self.interrupts + 1
        with contextlib.suppress(duckdb.Error):  # it has just ended
            self.cursor.interrupt()
        if self.interrupts < _INTERRUPTS:
            self.cancel = ALARM.after(0.1, self._stop)

    def begin(self, text: str, parameters: Parameters) -> pa.RecordBatchReader:
        try:
            relation = self.cursor.sql(text, params=parameters) if parameters else self.cursor.sql(text)
            return relation.to_arrow_reader(_BATCH_ROWS)
        except (duckdb.Error, RuntimeError) as error:
            self.end()
            raise self.explained(error) from None

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
            raise self.explained(error) from None
        finally:
            self.end()

    def end(self) -> None:
        """Stops the query, where it is not done, and frees what it holds."""
        self.cancel()
        if self.ended:
            return
        self.ended = True
        self.cursor.interrupt()
        self.cursor.close()

    def explained(self, error: Exception) -> QueryError:
        told = self._told(error)
        told.spent = told.spent or isinstance(error, duckdb.OutOfMemoryException | RuntimeError)  # RuntimeError: bad_alloc
        return told

    def _told(self, error: Exception) -> QueryError:
        if isinstance(error, QueryError):
            return error
        if self.late:
            return LimitError.after(self.limits.seconds)
        if self.hides:  # the engine's own words may quote what the caller may not see
            return QueryError("the query failed", hint="a policy applies to what it reads, so the reason is not shown")
        if isinstance(error, duckdb.PermissionException):
            return QueryError(str(error).splitlines()[0], hint="queries read the datasets and nothing else")
        text = explain(error).message if isinstance(error, duckdb.Error) else str(error).splitlines()[0]
        near = re.search(r"^Candidate bindings: (.+)$", str(error), re.MULTILINE)
        return QueryError(text, hint=f"perhaps {near[1]}" if near else "boathouse catalog NAME shows a dataset's columns")
