"""A page's rows added up once for each combination of what can be chosen: a choice is then followed at once, however many rows
there are.

Only what adds up can be kept so: counts, sums, minima, maxima, and what is computed of them. A tile that asks for anything else
is not in the cube, and goes on asking the rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import duckdb
import pyarrow as pa

from boathouse.config import QueryLimits
from boathouse.dashboards import sql
from boathouse.engine import quote
from boathouse.errors import BoathouseError
from boathouse.query.guard import aggregates
from boathouse.query.snapshot import Snapshot
from boathouse.workbench import Workbench

_LIMITS = QueryLimits(rows=200_000, seconds=10.0)
_SAMPLE, _MANY = 500_000, 100_000  # of so many rows; so many combinations are too many
_COUNT = "coalesce(sum({})::BIGINT, 0)"
_AGAIN = {"count": _COUNT, "count_star": _COUNT, "sum": "sum({})", "min": "min({})", "max": "max({})"}


class Cube:
    """What some SELECTs find in `rows`, from far fewer rows."""

    def __init__(self, con: duckdb.DuckDBPyConnection, selects: dict[str, str], columns: set[str], tables: list[Snapshot]):
        self._con, self._selects, self._columns, self.tables = con, selects, columns, tables

    @classmethod
    def of(cls, wb: Workbench, rows: str, columns: dict[str, str], selects: Iterable[str]) -> Cube | None:
        """Adds them up. `columns` are those that can be chosen of, each with what is chosen of it. None where that is too much, and
        where the rows are not the same for everyone at any time. Raises LimitError where it takes too long."""
        con, parts, known = wb.reader.cursor(), _Parts(), {}
        for select in selects:
            try:
                wanted = _Parts(parts)
                known[select] = _over_parts(con, select, wanted)
                wb.sql(*sql.over(rows, {}, f"SELECT {wanted.listed()} FROM rows GROUP BY ALL LIMIT 0")).arrow()
                parts = wanted
            except (_NotAdditiveError, BoathouseError, duckdb.Error):
                known.pop(select, None)
        if not known:
            return None
        chosen = [f"{what} AS {quote(name)}" for name, what in columns.items()]
        grouped = f"SELECT {', '.join([*chosen, parts.listed()])} FROM {{}} GROUP BY ALL"
        sample = f"SELECT count(*) AS n FROM ({grouped.format(f'(FROM rows LIMIT {_SAMPLE:d})')})"
        if wb.sql(*sql.over(rows, {}, sample), limits=_LIMITS).rows()[0]["n"] > _MANY:
            return None
        result = wb.sql(*sql.over(rows, {}, grouped.format("rows")), limits=_LIMITS)
        added = result.arrow()
        if result.cut or result.asked.changing or result.asked.policies:
            return None
        con.register("cube", added)
        plain = {field.name for field in added.schema if field.type in (pa.string(), pa.bool_(), pa.date32())}
        return cls(con, known, plain & {*columns}, result.asked.tables)

    def find(self, select: str, chosen: sql.Chosen, schema: pa.Schema) -> pa.Table | None:
        """What a SELECT finds under a choice, by its schema; None where the rows must be asked."""
        if select not in self._selects or not chosen.keys() <= self._columns:
            return None
        query, parameters = sql.over("SELECT * FROM cube", chosen, self._selects[select])
        try:
            return self._con.sql(query, params=parameters or None).to_arrow_table().rename_columns(schema.names).cast(schema)
        except (duckdb.Error, pa.ArrowException):
            return None


class _NotAdditiveError(Exception):
    """A SELECT that needs the rows themselves."""


class _Parts(dict[str, str]):
    """Expressions that a cube is made of, each with its column's name."""

    def column(self, expression: str) -> str:
        return self.setdefault(expression, f"part {len(self)}")

    def listed(self) -> str:
        return ", ".join(f"{expression} AS {quote(name)}" for expression, name in self.items())


def _over_parts(con: duckdb.DuckDBPyConnection, select: str, parts: _Parts) -> str:
    """The same SELECT, over a cube that has these parts; what it needs is added to them. Raises _NotAdditiveError."""
    tree = json.loads(con.execute("SELECT json_serialize_sql(?)", [select]).fetchall()[0][0])
    if tree["error"]:
        raise _NotAdditiveError
    node = tree["statements"][0]["node"]
    while node.get("from_table", {}).get("type") == "SUBQUERY":
        node = node["from_table"]["subquery"]["node"]
    if [inner["table_name"] for inner in _within(tree) if inner.get("type") == "BASE_TABLE"] != ["rows"] or not _is_plain(node):
        raise _NotAdditiveError
    node["select_list"] = [_item(con, item, parts) for item in node["select_list"]]
    node["modifiers"] = _added_again(con, node["modifiers"], parts)
    return _text(con, tree)


def _is_plain(node: dict[str, Any]) -> bool:
    """Whether a node groups by all that is no aggregate, straight from the rows."""
    unlike = ("where_clause", "having", "qualify", "sample", "group_expressions", "group_sets")
    grouped = node["type"] == "SELECT_NODE" and (
        node["aggregate_handling"] == "FORCE_AGGREGATES" or all(_has_aggregate(item) for item in node["select_list"])
    )
    table = node.get("from_table", {})
    return (
        grouped
        and not any(node[key] for key in unlike)
        and table.get("type") == "BASE_TABLE"
        and not table["alias"]
        and not table["sample"]
    )


def _item(con: duckdb.DuckDBPyConnection, item: dict[str, Any], parts: _Parts) -> dict[str, Any]:
    """An item of the select list as it is found in the cube, by its own name."""
    if any(node.get("class") == "STAR" for node in _within(item)):
        raise _NotAdditiveError
    if _has_aggregate(item):
        return _added_again(con, item, parts)
    alias = item["alias"] or (item["column_names"][-1] if "column_names" in item else "")
    return {**_parsed(con, quote(parts.column(_written(con, item)))), "alias": alias}


def _added_again(con: duckdb.DuckDBPyConnection, node: Any, parts: _Parts) -> Any:
    """An expression with its aggregates taken over parts of the cube."""
    if isinstance(node, list):
        return [_added_again(con, inner, parts) for inner in node]
    if not isinstance(node, dict):
        return node
    if not _is_aggregate(node):
        return {key: _added_again(con, inner, parts) for key, inner in node.items()}
    again = _AGAIN.get(node["function_name"].lower())
    if again is None or node["class"] != "FUNCTION" or node["distinct"]:
        raise _NotAdditiveError
    return {**_parsed(con, again.format(quote(parts.column(_written(con, node))))), "alias": node["alias"]}


def _is_aggregate(node: Any) -> bool:
    return node.get("class") == "WINDOW" or (node.get("class") == "FUNCTION" and node["function_name"].lower() in aggregates())


def _has_aggregate(item: Any) -> bool:
    return any(_is_aggregate(node) for node in _within(item))


def _within(root: Any) -> Iterator[dict[str, Any]]:
    """The nodes of a tree."""
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            yield node
            nodes += node.values()
        elif isinstance(node, list):
            nodes += node


def _parsed(con: duckdb.DuckDBPyConnection, expression: str) -> dict[str, Any]:
    tree = json.loads(con.execute("SELECT json_serialize_sql(?)", [f"SELECT {expression}"]).fetchall()[0][0])
    return tree["statements"][0]["node"]["select_list"][0]


def _written(con: duckdb.DuckDBPyConnection, expression: dict[str, Any]) -> str:
    tree = json.loads(con.execute("SELECT json_serialize_sql('SELECT 1')").fetchall()[0][0])
    tree["statements"][0]["node"]["select_list"] = [{**expression, "alias": ""}]
    return _text(con, tree).removeprefix("SELECT ")


def _text(con: duckdb.DuckDBPyConnection, tree: dict[str, Any]) -> str:
    return con.execute("SELECT json_deserialize_sql(?)", [json.dumps(tree)]).fetchall()[0][0]
