"""A row-level expectation as a SQL predicate, taken from GX's own condition metric: TRUE for a row that violates it."""

from __future__ import annotations

import itertools
from typing import Any

from boathouse.engine import Engine, quote

# judged by the column's type, so all rows or none
_numbers = itertools.count()
_OF_TYPE = ("column_values.of_type", "column_values.in_type_list")


class NotARowTestError(Exception):
    """The expectation speaks of the table, or GX has no SQL condition for it."""


def is_row_level(expectation: Any) -> bool:
    """Whether single rows can violate it."""
    return getattr(expectation, "map_metric", None) is not None and expectation.map_metric not in _OF_TYPE


def columns_of(kwargs: dict[str, Any]) -> list[str]:
    """The columns that an expectation looks at."""
    single = [kwargs[key] for key in ("column", "column_A", "column_B") if kwargs.get(key)]
    return single + list(kwargs.get("column_list") or kwargs.get("column_set") or [])


def predicate(expectation: Any, gx_engine: Any, engine: Engine, relation: str) -> str:
    """SQL that is TRUE for an unexpected row of `relation`. Duplicates are found once and kept in a table of the engine.
    Raises NotARowTestError."""
    if not is_row_level(expectation):
        raise NotARowTestError
    kwargs = expectation.configuration.kwargs
    where = _row_condition(kwargs, gx_engine) + _missing_rule(expectation, kwargs)
    if expectation.map_metric in ("column_values.unique", "compound_columns.unique"):
        columns = [kwargs["column"]] if "column" in kwargs else list(kwargs["column_list"])
        test = _among_duplicates(columns, where, engine, relation)
    else:
        test = _condition(expectation, gx_engine)
    return " AND ".join(f"coalesce(({part}), false)" for part in [*where, test])


def _literal(clause: Any, gx_engine: Any) -> str:
    return str(clause.compile(dialect=gx_engine.engine.dialect, compile_kwargs={"literal_binds": True}))


def _row_condition(kwargs: dict[str, Any], gx_engine: Any) -> list[str]:
    condition = kwargs.get("row_condition")
    if not condition:
        return []
    from great_expectations.expectations.legacy_row_conditions import parse_condition_to_sqlalchemy
    from great_expectations.expectations.row_conditions import deserialize_row_condition

    if isinstance(condition, str):
        return [_literal(parse_condition_to_sqlalchemy(condition), gx_engine)]
    if isinstance(condition, dict):
        condition = deserialize_row_condition(condition)
    return [_literal(gx_engine.condition_to_filter_clause(condition), gx_engine)]


def _missing_rule(expectation: Any, kwargs: dict[str, Any]) -> list[str]:
    """`ignore_row_if` of expectations over several columns."""
    rule = getattr(expectation, "ignore_row_if", None)
    rule = getattr(rule, "value", rule)
    columns = [kwargs["column_A"], kwargs["column_B"]] if "column_A" in kwargs else list(kwargs.get("column_list") or [])
    joint = {"both_values_are_missing": " AND ", "all_values_are_missing": " AND ",
             "either_value_is_missing": " OR ", "any_value_is_missing": " OR "}.get(str(rule))  # fmt: skip
    if not columns or joint is None:
        return []
    return ["NOT (" + joint.join(f"{quote(column)} IS NULL" for column in columns) + ")"]


def _among_duplicates(columns: list[str], where: list[str], engine: Engine, relation: str) -> str:
    names = ", ".join(map(quote, columns))
    filled = " AND ".join([*(f"{quote(column)} IS NOT NULL" for column in columns), *where])
    table = f"duplicates_{next(_numbers)}"
    engine.run(f"CREATE TABLE {table} AS SELECT {names} FROM {relation} WHERE {filled} GROUP BY ALL HAVING count(*) > 1")
    return f"({names}) IN (SELECT {'(' + names + ')' if len(columns) > 1 else names} FROM {table})"


def _condition(expectation: Any, gx_engine: Any) -> str:
    from great_expectations.expectations.registry import get_metric_kwargs
    from great_expectations.validator.metric_configuration import MetricConfiguration
    from great_expectations.validator.metrics_calculator import MetricsCalculator

    name = f"{expectation.map_metric}.condition"
    wanted = get_metric_kwargs(name, configuration=expectation.configuration)
    domain = dict(wanted["metric_domain_kwargs"]) | {"batch_id": gx_engine.batch_manager.active_batch_data_id}
    metric = MetricConfiguration(name, metric_domain_kwargs=domain, metric_value_kwargs=wanted["metric_value_kwargs"])
    calculator = MetricsCalculator(execution_engine=gx_engine, show_progress_bars=False)
    try:
        clause, _, _ = calculator.get_metric(metric)
    except Exception as error:
        raise NotARowTestError(str(error)) from error
    return _literal(clause, gx_engine)
