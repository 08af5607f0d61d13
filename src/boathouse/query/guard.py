"""What a query may say, decided on DuckDB's own syntax tree: one SELECT, over known tables, by functions on a list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb

from boathouse.errors import MissingError, QueryError, did_you_mean, first_line

_EXPRESSIONS = {
    "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "DEFAULT", "FUNCTION", "LAMBDA",
    "LAMBDA_REF", "OPERATOR", "PARAMETER", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "TYPE", "WINDOW",
}  # fmt: skip
_PARTS = {
    "SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE",
    "ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER", "ORDER_DEFAULT", "ASCENDING", "DESCENDING",
    "BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT", "SHOW_REF",
}  # fmt: skip
_PLAIN = re.compile(r"[\w $-]+")


@dataclass
class Checked:
    """A query that may run: its text, the datasets it reads, whether it orders its rows, and why it might not repeat itself."""

    text: str
    datasets: list[str] = field(default_factory=list)
    ordered: bool = False
    changing: list[str] = field(default_factory=list)


def check(con: duckdb.DuckDBPyConnection, sql: str, datasets: Iterable[str], system: Iterable[str] = ()) -> Checked:
    """Holds a query against what is allowed; `datasets` are those that the caller may see, `system` are the lake's own tables.
    Raises QueryError for what may not run, MissingError for a table that is no dataset."""
    text = _one_select(con, sql)
    try:
        answer = json.loads(con.execute("SELECT json_serialize_sql(?)", [text]).fetchall()[0][0])
    except (duckdb.Error, RecursionError, MemoryError):
        raise QueryError("this query is nested too deeply", hint="write it as several steps, by WITH") from None
    if answer["error"]:
        raise QueryError(f"this form of query cannot be run: {answer['error_message']}", hint="write it as one SELECT")
    statement = answer["statements"][0]["node"]
    walk, known = _Walk(), {name.lower(): name for name in (*system, *datasets)}
    walk.through(statement)
    for name in walk.names:
        if not _PLAIN.fullmatch(name) or name.lower() in _system(con):
            raise QueryError(f"WITH {name!r}: a name that the engine gives a meaning of its own", hint="give it another name")
    named = {name.lower() for name in walk.names}
    for low, name in walk.tables.items():
        if low not in known and low not in named:
            raise no_dataset(name, datasets)
    # WITH orders AS (SELECT … FROM orders): the name of a CTE may be a dataset's as well
    found = sorted(known[low] for low in walk.tables if low in known)
    kinds = [modifier["type"] for modifier in statement.get("modifiers", ())]
    return Checked(text, found, "ORDER_MODIFIER" in kinds, list(dict.fromkeys(walk.changing)))


def no_dataset(name: str, known: Iterable[str]) -> MissingError:
    """The error of a dataset that is none, or that the caller may not see."""
    names = sorted(known)
    listing = f"the datasets are {', '.join(names)}" if names else "boathouse run NAME publishes one"
    return MissingError(f"no dataset {name!r}{did_you_mean(name, names)}", hint=listing)


def _one_select(con: duckdb.DuckDBPyConnection, sql: str) -> str:
    """The text of the only statement, without the `;` that ends it."""
    try:
        sql.encode()
        statements = con.extract_statements(sql)
        kinds = [statement.type for statement in statements]
    except duckdb.Error as error:
        raise QueryError(f"not SQL: {first_line(error)}", hint="mend the query") from error
    except UnicodeEncodeError as error:
        raise QueryError("not SQL: it holds half a character", hint="save the query as UTF-8") from error
    except ValueError:  # a kind of statement that this version of the engine has no name for
        kinds = []
    if kinds != [duckdb.StatementType.SELECT]:
        raise QueryError("only one SELECT can be run: the lake is written by pipelines", hint="boathouse run NAME")
    text = statements[0].query
    while True:  # a comment may stand behind the `;`, and a `;` in one: the tokens tell
        ends = [place for place, mark in operators(text) if mark == ";"]
        if not ends:
            return text
        text = text[: ends[-1]]


def operators(sql: str) -> Iterator[tuple[int, str]]:
    """The places of an SQL text where an operator begins, each with its first character."""
    data, seen, place = sql.encode(), 0, 0
    for start, kind in duckdb.tokenize(sql):
        place += len(data[seen:start].decode(errors="ignore"))  # the engine counts bytes
        seen = start
        if kind == duckdb.token_type.operator:
            yield place, sql[place : place + 1]


class _Walk:
    """Everything in a syntax tree that matters: tables, names given by WITH, functions; raises at the first thing that is
    not known to be harmless."""

    def __init__(self) -> None:
        self.tables: dict[str, str] = {}
        self.names: list[str] = []
        self.changing: list[str] = []

    def through(self, root: Any) -> None:
        nodes = [root]
        while nodes:
            node = nodes.pop()
            if isinstance(node, list):
                nodes += node
            elif isinstance(node, dict):
                nodes += self._inside(node)

    def _inside(self, node: dict[str, Any]) -> Iterator[Any]:
        """Looks at one node; what is left to look at within it."""
        kind = node.get("type")
        if "class" in node:
            self._expression(node)
        elif isinstance(kind, str) and kind not in _PARTS and not kind.endswith("_TYPE_INFO"):
            raise QueryError(f"this form of query cannot be run: {kind}", hint="write it as a plain SELECT")
        if "cte_map" in node:
            self.names += [entry["key"] for entry in node["cte_map"]["map"]]
        if kind in ("RECURSIVE_CTE_NODE", "CTE_NODE"):
            self.names.append(node["cte_name"])
        if kind == "BASE_TABLE":
            self._table(node)
        if kind == "SHOW_REF" and (node["show_type"] not in ("DESCRIBE", "SUMMARY") or not node["query"]):
            raise QueryError("a query names the datasets that it reads", hint="boathouse catalog lists them")
        if node.get("sample"):
            self.changing.append("TABLESAMPLE")
        if kind in ("SELECT_NODE", "SET_OPERATION_NODE"):
            self._limit(node.get("modifiers", ()))
        if kind == "TABLE_FUNCTION":
            self._function(node["function"], "table")
            yield from (inner for key, inner in node.items() if key != "function")
            yield {**node["function"], "class": "OPERATOR"}  # its name has been looked at
        else:
            yield from node.values()

    def _expression(self, node: dict[str, Any]) -> None:
        if node["class"] not in _EXPRESSIONS:
            raise QueryError(f"this form of expression cannot be run: {node['class']}", hint="write it another way")
        if node["class"] == "FUNCTION":
            self._function(node, "row")
        elif node["class"] == "WINDOW":
            self._function(node, "window")
        elif (
            node["class"] == "COLUMN_REF"
            and len(node["column_names"]) == 1
            and node["column_names"][0].lower() in _functions()["changing"]
        ):
            self.changing.append(node["column_names"][0].lower())

    def _function(self, node: dict[str, Any], kind: str) -> None:
        name, functions = node["function_name"].lower(), _functions()
        if node.get("schema") or node.get("catalog") or name not in functions[kind]:
            known = functions[kind]
            raise QueryError(f"the function {node['function_name']!r} cannot be called here{did_you_mean(name, known)}",
                             hint="docs/query.md lists the functions that can")  # fmt: skip
        if name in functions["changing"] or (name == "age" and len(node["arguments"]) == 1):
            self.changing.append(f"{name}()")
        elif (
            kind == "window"
            and name in functions["changing without an order, window"]
            and not node["orders"]
            and not node["arg_orders"]
        ) or (kind == "row" and name in functions["changing without an order"] and not node["order_bys"]["orders"]):
            self.changing.append(f"{name}() without an order")

    def _table(self, node: dict[str, Any]) -> None:
        name = node["table_name"]
        if node["schema_name"] or node["catalog_name"]:
            raise QueryError(f"{'.'.join(node['qualified_name']['path'])!r}: a dataset has no schema", hint=f"write {name}")
        if node["at_clause"]:
            raise QueryError("AT is not supported in SQL", hint=f"wb[{name!r}].at(VERSION), or the argument `versions` of wb.sql")
        self.tables[name.lower()] = name

    def _limit(self, modifiers: Iterable[dict[str, Any]]) -> None:
        kinds = [modifier["type"] for modifier in modifiers]
        if any(kind.startswith("LIMIT") for kind in kinds) and "ORDER_MODIFIER" not in kinds:
            self.changing.append("LIMIT without ORDER BY")
        if any(modifier["type"] == "DISTINCT_MODIFIER" and modifier.get("distinct_on_targets") for modifier in modifiers):
            self.changing += [] if "ORDER_MODIFIER" in kinds else ["DISTINCT ON without ORDER BY"]


@cache
def _functions() -> dict[str, set[str]]:
    """Names from functions.txt by section; `row` is what may stand in a row, aggregates among them."""
    found: dict[str, set[str]] = {}
    for line in (files("boathouse.query") / "functions.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), set())
        elif line and not line.startswith("#"):
            section.update(line.split())
    found["row"] = found["scalar"] | found["macro"] | found["aggregate"] | {"unnest"}
    found["window"] |= found["aggregate"]
    return found


def aggregates() -> set[str]:
    """The names of functions that make one value of many rows."""
    return _functions()["aggregate"]


def scalars() -> set[str]:
    """The names of functions that make one value of those of one row, the engine's own."""
    return _functions()["scalar"] - _functions()["aggregate"]


_SYSTEM: set[str] = set()


def _system(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Names that the engine knows without being told: a CTE may not be called so, lest its scope decide what is read."""
    if not _SYSTEM:
        _SYSTEM.update(row[0].lower() for row in con.execute("SELECT view_name FROM duckdb_views()").fetchall())
    return _SYSTEM
