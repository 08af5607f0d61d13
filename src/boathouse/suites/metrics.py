"""Conditions that GX lacks on SQL, or has as slow window functions, given to our engine through GX's registry of metrics."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import duckdb
import jsonschema
import sqlalchemy as sa
from dateutil.parser import parse
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    MulticolumnMapMetricProvider,
    column_condition_partial,
    multicolumn_condition_partial,
)

from boathouse.engine import quote
from boathouse.suites.gx_engine import DuckDBExecutionEngine
from boathouse.suites.suite import ROW

IN_PYTHON = ("column_values.match_json_schema", "column_values.dateutil_parseable")

# what dateutil reads as well, found without asking it
_COMMON_DATES: Any = sa.literal_column(
    "['%Y-%m-%d', '%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S', '%Y/%m/%d', '%m/%d/%Y', '%d.%m.%Y', '%d %B %Y', '%B %d, %Y', "
    "'%d %b %Y', '%b %d, %Y']"
)


@cache
def register() -> None:
    """Registers them, once."""
    _add("column_values.match_strftime_format", _strftime, "strftime_format")
    _add("column_values.json_parseable", _json)
    _add("column_values.dateutil_parseable", _dateutil)
    _add("column_values.match_json_schema", _json_schema, "json_schema")
    _add("column_values.increasing", _increasing, "strictly")
    _add("column_values.decreasing", _decreasing, "strictly")
    _add("column_values.not_in_set", _not_in_set, "value_set")
    _add("column_values.unique", _unique)
    _add(
        "compound_columns.unique", _compound_unique, provider=MulticolumnMapMetricProvider, partial=multicolumn_condition_partial
    )


def add_functions(connection: duckdb.DuckDBPyConnection) -> None:
    """Gives a connection the two functions that only Python has, once."""
    if not connection.execute("SELECT 1 FROM duckdb_functions() WHERE function_name = 'dateutil_parses'").fetchone():
        connection.create_function("dateutil_parses", dateutil_parses, ["VARCHAR"], "BOOLEAN")
        connection.create_function("json_conforms", json_conforms, ["VARCHAR", "VARCHAR"], "BOOLEAN")


def dateutil_parses(text: str) -> bool:
    """Whether dateutil reads a date or a time in it."""
    try:
        parse(text)
    except (ValueError, OverflowError):
        return False
    return True


def json_conforms(text: str, schema: str) -> bool:
    """Whether it is JSON, and conforms. Raises SchemaError."""
    rules = _validator(schema)
    try:
        return rules.is_valid(json.loads(text))
    except ValueError:
        return False


@cache
def _validator(schema: str) -> Any:
    rules = json.loads(schema)
    kind = jsonschema.validators.validator_for(rules)
    kind.check_schema(rules)
    return kind(rules)


def _add(
    metric: str,
    test: Callable[..., Any],
    *keys: str,
    provider: Any = ColumnMapMetricProvider,
    partial: Any = column_condition_partial,
) -> None:
    @partial(engine=DuckDBExecutionEngine)
    def _sqlalchemy(cls: Any, columns: Any, **kwargs: Any) -> Any:
        return test(columns, **kwargs)

    body = {"condition_metric_name": metric, "condition_value_keys": keys, "_sqlalchemy": _sqlalchemy}
    made: Any = type(f"Engine_{metric.replace('.', '_')}", (provider,), body)
    made.condition_metric_name = f"engine.{metric}"  # registered; by the old name GX would take `unique` for a whole SELECT


def _text(column: Any) -> Any:
    return sa.cast(column, sa.String)


def _strftime(column: Any, strftime_format: str, **_: Any) -> Any:
    return sa.func.try_strptime(_text(column), sa.literal(strftime_format)).isnot(None)


def _json(column: Any, **_: Any) -> Any:
    return sa.func.json_valid(_text(column))


def _dateutil(column: Any, **_: Any) -> Any:
    common = sa.func.try_strptime(_text(column), _COMMON_DATES).isnot(None)
    return sa.case((common, sa.true()), else_=sa.func.dateutil_parses(_text(column)))


def _json_schema(column: Any, json_schema: dict[str, Any], **_: Any) -> Any:
    return sa.func.json_conforms(_text(column), sa.literal(json.dumps(json_schema)))


def _not_in_set(column: Any, value_set: list[Any] | None, **_: Any) -> Any:
    """A None in the set means nothing: GX asks no column of a NULL."""
    return column.not_in([value for value in value_set or [] if value is not None])


def _increasing(column: Any, strictly: bool | None, _table: Any, **_: Any) -> Any:
    return _in_order(column, _table, ">" if strictly else ">=")


def _decreasing(column: Any, strictly: bool | None, _table: Any, **_: Any) -> Any:
    return _in_order(column, _table, "<" if strictly else "<=")


def _in_order(column: Any, table: Any, than: str) -> Any:
    """Each value held against the last one before it that is not NULL; the first has none."""
    before = sa.func.lag(sa.literal_column(f"{quote(str(column.name))} IGNORE NULLS")).over(order_by=sa.column(ROW))
    pairs = sa.select(sa.column(ROW), column.label("value"), before.label("before")).select_from(table).subquery()
    wrong = sa.not_(pairs.c.value.op(than, is_comparison=True)(pairs.c.before))
    return sa.column(ROW).not_in(sa.select(pairs.c[ROW]).where(wrong).correlate(None))


def _unique(column: Any, _table: Any, **_: Any) -> Any:
    return column.not_in(_doubled([column], _table, column))


def _compound_unique(column_list: list[Any], _table: Any, **_: Any) -> Any:
    key = sa.func.row(*column_list)
    return key.not_in(_doubled(column_list, _table, key))


def _doubled(columns: list[Any], table: Any, key: Any) -> Any:
    """The keys that stand more than once; one with a NULL in it equals no other."""
    filled = [column.is_not(None) for column in columns]
    return sa.select(key).select_from(table).where(*filled).group_by(*columns).having(sa.func.count() > 1).correlate(None)
