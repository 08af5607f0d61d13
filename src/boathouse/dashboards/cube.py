"""A page's rows added up once for each combination of what can be chosen: a choice is then followed at once, however many rows
there are.

Only what adds up can be kept so, exactly: counts, sums of whole numbers and decimals, minima, maxima, and what is computed of
them. A tile that asks for anything else is not in the cube, and goes on asking the rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from boathouse.config import QueryLimits
from boathouse.dashboards import sql
from boathouse.engine import quote
from boathouse.errors import BoathouseError
from boathouse.query.guard import aggregates, scalars
from boathouse.query.snapshot import Snapshot
from boathouse.workbench import Workbench

_LIMITS = QueryLimits(rows=200_000, seconds=10.0)
_SAMPLE, _MANY = 500_000, 100_000  # of so many rows; so many combinations are too many
_COUNT = "coalesce(sum({})::BIGINT, 0)"
_AGAIN = {"count": _COUNT, "count_star": _COUNT, "sum": "sum({})", "min": "min({})", "max": "max({})"}
_EXPRESSIONS = {"BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "OPERATOR", "TYPE"}
_UNLIKE = ("where_clause", "having", "qualify", "sample", "group_expressions", "group_sets")


class Cube:
    """What some SELECTs find in `rows`, from far fewer rows; `tables` are what it was made of."""

    def __init__(self, con: duckdb.DuckDBPyConnection, selects: dict[str, str], columns: set[str], tables: list[Snapshot]):
        self._con, self._selects, self._columns, self.tables = con, selects, columns, tables

    @classmethod
    def of(cls, wb: Workbench, rows: str, columns: dict[str, str], selects: Iterable[str]) -> Cube | None:
        """Adds them up. `columns` are those that can be chosen of, each with what is chosen of it. None where that is too much, and
        where the rows are not the same for everyone at any time. Raises LimitError where it takes too long."""
        con, parts, known, types = wb.reader.cursor(), _Parts(), {}, {}
        chosen = [f"{what} AS {quote(name)}" for name, what in columns.items()]
        for select in selects:
            wanted = _Parts(parts)
            try:
                over, items = _over_parts(con, select, wanted), [*chosen, *wanted.listed()]
                kinds = _types(wb, rows, items)
                if _is_exact(kinds) and _combinations(wb, rows, items) <= _MANY:
                    parts, types, known[select] = wanted, kinds, over
            except (_NotAdditiveError, BoathouseError, duckdb.Error, RecursionError):
                continue
        if not known:
            return None
        result = wb.sql(*sql.over(rows, {}, _grouped([*chosen, *parts.listed()], "rows")), limits=_LIMITS)
        added = result.arrow()
        if result.cut or result.asked.changing or result.asked.policies:
            return None
        con.register("added", added)
        own = (f"{quote(name)}::{kind} AS {quote(name)}" for name, kind in types.items())
        con.execute(f"CREATE TEMP TABLE cube AS SELECT {', '.join(own)} FROM added")  # Arrow has no HUGEINT, say
        con.unregister("added")
        plain = {field.name for field in added.schema if field.type in (pa.string(), pa.bool_(), pa.date32())}
        return cls(con, known, plain & {*columns}, result.asked.tables)

    def find(self, select: str, chosen: sql.Chosen, schema: pa.Schema) -> pa.Table | None:
        """What a SELECT finds under a choice, by its schema; None where the rows must be asked."""
        moments = (
            isinstance(end, datetime) for one in chosen.values() if isinstance(one, sql.Span) for end in (one.low, one.high)
        )
        if select not in self._selects or not chosen.keys() <= self._columns or any(moments):
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

    def column(self, expression: str, kind: str) -> str:
        return self.setdefault(expression, f"{kind} {len(self)}")

    def listed(self) -> list[str]:
        return [f"{expression} AS {quote(name)}" for expression, name in self.items()]


def _grouped(items: list[str], source: str) -> str:
    return f"SELECT {', '.join(items)} FROM {source} GROUP BY ALL"


def _types(wb: Workbench, rows: str, items: list[str]) -> dict[str, str]:
    """The engine's types of a cube's columns."""
    asked = f"SELECT column_name, column_type FROM (DESCRIBE {_grouped(items, 'rows')})"
    return {row["column_name"]: row["column_type"] for row in wb.sql(*sql.over(rows, {}, asked)).rows()}


def _is_exact(types: dict[str, str]) -> bool:
    """Whether sums come out the same in any order; those of floats differ in their last digits, or in all where they cancel out."""
    return not any(name.startswith("sum ") and kind in ("FLOAT", "DOUBLE") for name, kind in types.items())


def _combinations(wb: Workbench, rows: str, items: list[str]) -> int:
    """How many there are among the first rows."""
    sample = f"SELECT count(*) AS n FROM ({_grouped(items, f'(FROM rows LIMIT {_SAMPLE:d})')})"
    return wb.sql(*sql.over(rows, {}, sample), limits=_LIMITS).rows()[0]["n"]


def _over_parts(con: duckdb.DuckDBPyConnection, select: str, parts: _Parts) -> str:
    """The same SELECT, over a cube that has these parts; what it needs is added to them. Raises _NotAdditiveError."""
    tree = _tree(con, select)
    if tree["error"] or [inner["table_name"] for inner in _within(tree) if inner.get("type") == "BASE_TABLE"] != ["rows"]:
        raise _NotAdditiveError
    outer = node = tree["statements"][0]["node"]
    while node.get("from_table", {}).get("type") == "SUBQUERY":
        node = node["from_table"]["subquery"]["node"]
    if not _is_plain(node) or not _is_ordered_whole(outer) or (node is not outer and node["modifiers"]):
        raise _NotAdditiveError
    node["select_list"] = [_item(con, item, parts) for item in node["select_list"]]
    node["modifiers"] = _added_again(con, node["modifiers"], parts)
    return _text(con, tree)


def _is_plain(node: dict[str, Any]) -> bool:
    """Whether a node groups by all that is no aggregate, straight from the rows."""
    grouped = node["type"] == "SELECT_NODE" and (
        node["aggregate_handling"] == "FORCE_AGGREGATES" or all(map(_has_aggregate, node["select_list"]))
    )
    table = node.get("from_table", {})
    unlike = any(node[key] for key in _UNLIKE) or table.get("type") != "BASE_TABLE"
    return grouped and not unlike and not table["alias"] and not table["sample"]


def _is_ordered_whole(node: dict[str, Any]) -> bool:
    """Whether no two rows tie: by everything, or by all that rows are grouped by. What ties stands in another order elsewhere."""
    orders = [order["expression"] for one in node["modifiers"] if one["type"] == "ORDER_MODIFIER" for order in one["orders"]]
    keys = [item for item in node["select_list"] if not _has_aggregate(item)]
    by = {one["column_names"][-1] for one in orders if "column_names" in one}
    named = {item["alias"] or item.get("column_names", [""])[-1] for item in keys if item["class"] != "STAR"}
    everything = any(one["class"] == "STAR" for one in orders)
    return everything or not (node["modifiers"] and keys) or (len(named) == len(keys) and named <= by)


def _item(con: duckdb.DuckDBPyConnection, item: dict[str, Any], parts: _Parts) -> dict[str, Any]:
    """An item of the select list as it is found in the cube, by its own name."""
    if not all(map(_is_known, _within(item))):
        raise _NotAdditiveError
    if _has_aggregate(item):
        return _added_again(con, item, parts)
    if not any("column_names" in inner for inner in _within(item)):  # the engine groups by no constant
        raise _NotAdditiveError
    alias = item["alias"] or item.get("column_names", [""])[-1]
    return {**_parsed(con, quote(parts.column(_written(con, item), "key"))), "alias": alias}


def _is_known(node: dict[str, Any]) -> bool:
    """Whether a node of an expression means the same over parts as over rows."""
    if "class" not in node:
        return True
    if node["class"] == "FUNCTION" and not _is_aggregate(node):
        return node["function_name"].lower() in scalars() | {"nullif"} and node["function_name"].lower() != "alias"
    return node["class"] in _EXPRESSIONS and len(node.get("column_names", "1")) == 1


def _added_again(con: duckdb.DuckDBPyConnection, node: Any, parts: _Parts) -> Any:
    """An expression with its aggregates taken over parts of the cube."""
    if isinstance(node, list):
        return [_added_again(con, inner, parts) for inner in node]
    if not isinstance(node, dict):
        return node
    if not _is_aggregate(node):
        return {key: _added_again(con, inner, parts) for key, inner in node.items()}
    name = node["function_name"].lower()
    if name not in _AGAIN or node["distinct"] or len(node["arguments"]) != (name != "count_star"):
        raise _NotAdditiveError
    part = parts.column(_written(con, node), "sum" if name == "sum" else "part")
    return {**_parsed(con, _AGAIN[name].format(quote(part))), "alias": node["alias"]}


def _is_aggregate(node: Any) -> bool:
    return node.get("class") == "FUNCTION" and node["function_name"].lower() in aggregates()


def _has_aggregate(item: Any) -> bool:
    return any(map(_is_aggregate, _within(item)))


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
    return _tree(con, f"SELECT {expression}")["statements"][0]["node"]["select_list"][0]


def _written(con: duckdb.DuckDBPyConnection, expression: dict[str, Any]) -> str:
    tree = _tree(con, "SELECT 1")
    tree["statements"][0]["node"]["select_list"] = [{**expression, "alias": ""}]
    return _text(con, tree).removeprefix("SELECT ")


def _tree(con: duckdb.DuckDBPyConnection, select: str) -> dict[str, Any]:
    return json.loads(con.execute("SELECT json_serialize_sql(?)", [select]).fetchall()[0][0])


def _text(con: duckdb.DuckDBPyConnection, tree: dict[str, Any]) -> str:
    return con.execute("SELECT json_deserialize_sql(?)", [json.dumps(tree)]).fetchall()[0][0]
