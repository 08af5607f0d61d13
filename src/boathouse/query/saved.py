"""A saved query with its values: `:name` becomes a bound parameter of its type."""

from __future__ import annotations

import re
from typing import Any

import duckdb

from boathouse.config.query import SavedQuery
from boathouse.errors import UsageError, did_you_mean
from boathouse.query.guard import operators


def bound(query: SavedQuery, given: dict[str, Any], con: duckdb.DuckDBPyConnection) -> tuple[str, dict[str, Any]]:
    """The SELECT and its parameters, each as text that its type was seen to take. Raises UsageError for a value that is
    missing, unknown or of another type."""
    hint = f"its parameters: {', '.join(f'{n} ({p.type})' for n, p in query.parameters.items()) or 'none'}"
    for name in given:
        if name not in query.parameters:
            raise UsageError(f"{query.name} has no parameter {name!r}{did_you_mean(name, query.parameters)}", hint=hint)
    sql, used = with_casts(query)
    values: dict[str, Any] = {}
    for name, parameter in query.parameters.items():
        if name not in given and parameter.required:
            raise UsageError(f"{query.name} needs {name!r}", hint=hint)
        value = given.get(name, parameter.default)
        text = None if value is None or value == "null" else str(value)
        if text is not None and con.execute(f"SELECT TRY_CAST($v AS {parameter.type})", {"v": text}).fetchall()[0][0] is None:
            raise UsageError(f"{name}: {text!r} is not a {parameter.type}", hint=hint)
        if name in used:  # the engine takes no value that the query does not ask for
            values[name] = text
    return sql, values


def with_casts(query: SavedQuery) -> tuple[str, set[str]]:
    """`:name` as `CAST($name AS TYPE)`, but in texts and comments; and the names that are used."""
    sql, parts, used, last = query.sql, [], set(), 0
    for start, mark in operators(sql):
        name = re.match(r":(\w+)", sql[start:]) if mark == ":" else None
        if name and name[1] in query.parameters:
            parts.append(f"{sql[last:start]}CAST(${name[1]} AS {query.parameters[name[1]].type})")
            used.add(name[1])
            last = start + name.end()
    return "".join(parts) + sql[last:], used
