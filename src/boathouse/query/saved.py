"""A saved query with its values: `:name` becomes a bound parameter of its type."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from boathouse.config.query import SavedQuery, load_query
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


def save(folder: Path, name: str, sql: str, values: dict[str, Any], *, replace: bool) -> Path:
    """Writes a query: `$name` becomes `:name`, of the type of its value. Raises UsageError where there is
    one, or where the name cannot be one."""
    path = folder / f"{name}.sql"
    if path.parent != folder or path.stem != name:
        raise UsageError(f"{name!r} cannot name a query", hint="use letters, digits and _")
    text, last = "", 0
    for start, mark in operators(sql):
        word = re.match(r"\$(\w+)", sql[start:]) if mark == "$" else None
        if word and word[1] in values:
            text, last = f"{text}{sql[last:start]}:{word[1]}", start + word.end()
    body = (text + sql[last:]).strip().rstrip(";")
    body = f"\n{body}" if body.startswith("--") else body  # a comment of the query's own
    header = "".join(f"--   {one}: {_type(value)}\n" for one, value in values.items())
    made = f"-- title: {name.replace('_', ' ')}\n{'-- parameters:' + chr(10) if values else ''}{header}{body}\n"
    old = path.read_text(encoding="utf-8") if path.exists() else None
    if old not in (None, made) and not replace:
        raise UsageError(f"there is a query {name!r}", where=str(path), hint="another name, or --replace")
    folder.mkdir(exist_ok=True)
    path.write_text(made, encoding="utf-8")
    try:
        load_query(path)
    except UsageError:
        path.write_text(old, encoding="utf-8") if old is not None else path.unlink()
        raise
    return path


def _type(value: Any) -> str:
    kinds = ((bool, "BOOLEAN"), (int, "BIGINT"), (float, "DOUBLE"), (datetime, "TIMESTAMP"), (date, "DATE"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "VARCHAR")
