"""Runs one SELECT over views of the curated tables. Nothing but those tables' files can be read, and nothing written."""

from __future__ import annotations

import getpass
import json
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
from boathouse.lake.table import BATCH
from boathouse.query.result import Result


class Reader:
    """Queries a lake; every table is pinned to the version that it has when the query begins, or to one named."""

    def __init__(self, lake: Lake, limits: Limits):
        self.lake, self.limits = lake, limits

    def sql(
        self, sql: str, parameters: Sequence[Any] | dict[str, Any] | None = None, versions: dict[str, int] | None = None
    ) -> Result:
        """The result of one SELECT. Raises QueryError for anything else, UsageError for a dataset that is none."""
        engine = Engine(self.limits, Path(tempfile.gettempdir()) / f"boathouse-{getpass.getuser()}" / "query")
        names = _tables_of(engine.con, sql, {dataset.lower() for dataset in self.lake.store.folders("curated")})
        pinned, urls = {}, []
        for name in names:
            table = self._table(name, (versions or {}).get(name))
            pinned[name] = int(table.version or 0)
            urls += self._view(engine, name, table, sql)
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

    def _view(self, engine: Engine, name: str, table: Table, sql: str) -> list[str]:
        """A view of the table's files; `_batch` is a column of it where the query names it."""
        schema, files = table.schema, table.files()
        if not self.lake.store.is_local:
            engine.attach(self.lake.store.filesystem())
        by_url = {self.lake.store.url(f"{table.path}/{file.path}"): file.partition[BATCH] for file in files}
        if not by_url:
            engine.con.register("_empty", schema.empty_table())
            engine.run(f"CREATE TABLE {quote(name)} AS FROM _empty")
            return []
        urls = ", ".join(map(literal, by_url))
        source = f"read_parquet([{urls}], union_by_name = true, hive_partitioning = false, filename = '_file')"
        columns = table.columns(engine, source)
        if BATCH in sql.lower():
            pairs = ", ".join(f"({literal(url)}, {literal(str(batch))})" for url, batch in by_url.items())
            source += f" JOIN (VALUES {pairs}) AS batches(_url, {BATCH}) ON _file = _url"
            columns += f", {BATCH}"
        engine.run(f"CREATE VIEW {quote(name)} AS SELECT {columns} FROM {source}")
        return list(by_url)

    def _lock(self, engine: Engine, urls: list[str]) -> None:
        paths = ", ".join(map(literal, urls))
        engine.run(f"SET allowed_paths = [{paths}]")
        engine.run("SET enable_external_access = false")
        engine.run("SET lock_configuration = true")


def _tables_of(con: duckdb.DuckDBPyConnection, sql: str, datasets: set[str]) -> list[str]:
    """The tables that a SELECT names. Raises QueryError for what is no single SELECT."""
    try:
        statements = con.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryError(f"not SQL: {first_line(error)}", hint="mend the query") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QueryError("only one SELECT can be run: the lake is written by pipelines", hint="boathouse run NAME")
    # from the tree: `get_table_names` binds the query, and a JOIN … USING fails without its tables
    tree = json.loads(con.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0][0])
    tables, local = {}, set()
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE" and node["schema_name"] in ("", "main"):
                tables[node["table_name"].lower()] = node["table_name"]
            local |= {entry["key"].lower() for entry in node.get("cte_map", {}).get("map", [])}
        nodes += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    # WITH orders AS (SELECT … FROM orders): the name of a CTE may be a dataset's as well
    return sorted(name for low, name in tables.items() if low not in local or low in datasets)


def _hint(error: duckdb.Error) -> str:
    if isinstance(error, duckdb.PermissionException):
        return "queries read the curated datasets and nothing else"
    return "boathouse catalog NAME shows a dataset's columns"
