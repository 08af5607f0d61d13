"""A row-level expectation as a SQL predicate, taken from GX's own condition metric: TRUE for a row that violates it."""

from __future__ import annotations

from typing import Any

from boathouse.engine import Engine, quote
from boathouse.suites.suite import ROW

# judged by the column's type, so all rows or none
_OF_TYPE = ("column_values.of_type", "column_values.in_type_list")


def is_row_level(expectation: Any, engine: Engine, relation: str) -> bool:
    """Whether it can name the rows that violate it. A query of unexpected rows does where it hands out their `_row`."""
    if query := getattr(expectation, "unexpected_rows_query", None):
        return ROW in engine.columns(query.format(batch=relation))
    return getattr(expectation, "map_metric", None) is not None and expectation.map_metric not in _OF_TYPE


def columns_of(kwargs: dict[str, Any]) -> list[str]:
    """The columns that an expectation looks at."""
    single = [kwargs[key] for key in ("column", "column_A", "column_B") if kwargs.get(key)]
    return single + list(kwargs.get("column_list") or kwargs.get("column_set") or [])


def predicate(expectation: Any, gx_engine: Any, relation: str) -> str:
    """SQL that is TRUE for an unexpected row of `relation`."""
    if query := getattr(expectation, "unexpected_rows_query", None):
        return f"{ROW} IN (SELECT {ROW} FROM ({query.format(batch=relation)}))"
    columns = columns_of(expectation.configuration.kwargs)
    where = _row_condition(expectation, gx_engine) + _missing_rule(expectation, columns)
    tests = [*where, _condition(expectation, gx_engine)]
    return " AND ".join(f"coalesce(({test}), false)" for test in tests)


def _row_condition(expectation: Any, gx_engine: Any) -> list[str]:
    condition = expectation.row_condition
    return [_literal(gx_engine.condition_to_filter_clause(condition), gx_engine)] if condition else []


def _missing_rule(expectation: Any, columns: list[str]) -> list[str]:
    """`ignore_row_if` of expectations over several columns."""
    rule = getattr(expectation, "ignore_row_if", None)
    joint = {"both_values_are_missing": " AND ", "all_values_are_missing": " AND ",
             "either_value_is_missing": " OR ", "any_value_is_missing": " OR "}.get(rule or "")  # fmt: skip
    return ["NOT (" + joint.join(f"{quote(column)} IS NULL" for column in columns) + ")"] if joint else []


def _condition(expectation: Any, gx_engine: Any) -> str:
    from great_expectations.expectations.registry import get_metric_kwargs
    from great_expectations.validator.metric_configuration import MetricConfiguration
    from great_expectations.validator.metrics_calculator import MetricsCalculator

    name = f"{expectation.map_metric}.condition"
    wanted = get_metric_kwargs(name, configuration=expectation.configuration)
    domain = dict(wanted["metric_domain_kwargs"]) | {"batch_id": gx_engine.batch_manager.active_batch_data_id}
    metric = MetricConfiguration(name, metric_domain_kwargs=domain, metric_value_kwargs=wanted["metric_value_kwargs"])
    calculator = MetricsCalculator(execution_engine=gx_engine, show_progress_bars=False)
    clause, _, _ = calculator.get_metric(metric)
    return _literal(clause, gx_engine)


def _literal(clause: Any, gx_engine: Any) -> str:
    return str(clause.compile(dialect=gx_engine.engine.dialect, compile_kwargs={"literal_binds": True}))
