"""Conditions that GX has for pandas only, given to its SQL engine through its own registry of metrics."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import sqlalchemy as sa


@cache
def register() -> None:
    """Registers them, once."""
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.expectations.metrics.map_metric_provider import ColumnMapMetricProvider, column_condition_partial

    def add(metric: str, test: Callable[..., Any], keys: tuple[str, ...] = ()) -> None:
        @column_condition_partial(engine=SqlAlchemyExecutionEngine)
        def _sqlalchemy(cls: Any, column: Any, _dialect: Any = None, **kwargs: Any) -> Any:
            return test(column, **{key: kwargs[key] for key in keys})

        body = {"condition_metric_name": metric, "condition_value_keys": keys, "_sqlalchemy": _sqlalchemy}
        type(f"Engine_{metric.replace('.', '_')}", (ColumnMapMetricProvider,), body)

    def text(column: Any) -> Any:
        return sa.cast(column, sa.String)

    def strftime(column: Any, strftime_format: str) -> Any:
        return sa.func.try_strptime(text(column), sa.literal(strftime_format)).isnot(None)

    add("column_values.match_strftime_format", strftime, ("strftime_format",))
    add("column_values.json_parseable", lambda column: sa.func.json_valid(text(column)))
    add("column_values.dateutil_parseable", lambda column: sa.func.try_strptime(text(column), _DATE_FORMATS).isnot(None))


_DATE_FORMATS: Any = sa.literal_column(
    "['%Y-%m-%d', '%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S', '%Y/%m/%d', '%m/%d/%Y', '%d.%m.%Y', '%d %B %Y', '%B %d, %Y', '%d %b %Y', '%b %d, %Y']"
)
