"""Runs one SELECT over views of the curated tables. Nothing but those tables' files can be read, and nothing written."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from boathouse.config import Limits
from boathouse.engine import Engine, literal, quote
from boathouse.engine.duck import explain
from boathouse.errors import QueryError, UsageError, did_you_mean, first_line
from boathouse.lake import Lake, Table
from boathouse.query.result import Result


class Reader:
    """Queries a lake; every table is pinned to the version that it has when the query begins, or to one named."""

    def __init__(self, lake: Lake, limits: Limits):
        self.lake, self.limits = lake, limits

    def sql(
        self, sql: str, parameters: Sequence[Any] | dict[str, Any] | None = None, versions: dict[str, int] | None = None
    ) -> Result:
        """The result of one SELECT. Raises QueryError for anything else, UsageError for a dataset that is none."""
        engine = Engine(self.limits, Path(tempfile.gettempdir()) / "boathouse-query")
        names = _tables_of(engine.con, sql)
        pinned, urls = {}, []
        for name in names:
            table = self._table(name, (versions or {}).get(name))
            pinned[name] = int(table.version or 0)
            urls += self._view(engine, name, table)
        self._lock(engine, urls)
        try:
            relation = engine.con.sql(sql, params=parameters) if parameters else engine.con.sql(sql)
            return Result(relation.to_arrow_reader(100_000), sql, pinned)
        except duckdb.Error as error:
            raise QueryError(explain(error).message, hint=_hint(error)) from error

    def _table(self, name: str, version: int | None) -> Table:
        known = {dataset.lower(): dataset for dataset in self.lake.store.folders("curated")}
        if name.lower() not in known:
            listing = f"the datasets are {', '.join(self.lake.datasets())}" if known else "boathouse run NAME publishes one"
            raise UsageError(f"no dataset {name!r}{did_you_mean(name, known)}", hint=listing)
        return self.lake.published(known[name.lower()], version)

    def _view(self, engine: Engine, name: str, table: Table) -> list[str]:
        """A view of the table's files; `_batch` is there for those who name it."""
        urls = table.urls()
        if not self.lake.store.is_local:
            engine.attach(self.lake.store.filesystem())
        if urls:
            files = ", ".join(map(literal, urls))
            source = f"read_parquet([{files}], union_by_name = true, hive_partitioning = false)"
            have = engine.columns(f"SELECT * FROM {source}")
            columns = ", ".join(_column(field.name, have) for field in table.delta.schema().fields)  # type: ignore[union-attr]
            engine.run(f"CREATE VIEW {quote(name)} AS SELECT {columns} FROM {source}")
        else:
            engine.con.register("_empty", table.schema.empty_table())
            engine.run(f"CREATE TABLE {quote(name)} AS FROM _empty")
            engine.con.unregister("_empty")
        return urls

    def _lock(self, engine: Engine, urls: list[str]) -> None:
        if self.lake.store.is_local:
            paths = ", ".join(map(literal, urls))
            engine.run(f"SET allowed_paths = [{paths}]")
            engine.run("SET enable_external_access = false")
        engine.run("SET lock_configuration = true")


def _column(name: str, have: dict[str, str]) -> str:
    """A column that none of the files has yet is empty."""
    return quote(name) if name in have else f"NULL AS {quote(name)}"


def _tables_of(con: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    """The tables that a SELECT names. Raises QueryError for what is no single SELECT."""
    try:
        statements = con.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryError(f"not SQL: {first_line(error)}", hint="mend the query") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QueryError("only one SELECT can be run: the lake is written by pipelines", hint="boathouse run NAME")
    try:
        return sorted(con.get_table_names(sql))
    except duckdb.Error as error:
        raise QueryError(first_line(error), hint=_hint(error)) from error


def _hint(error: duckdb.Error) -> str:
    if isinstance(error, duckdb.PermissionException):
        return "queries read the curated datasets and nothing else"
    return "boathouse catalog NAME shows a dataset's columns"
