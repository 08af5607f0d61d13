"""Great Expectations' own extension points, used: an execution engine and a data source on a live DuckDB connection."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import duckdb
import duckdb_engine
import sqlalchemy as sa
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.util import get_sqlalchemy_selectable

from boathouse.suites import dialect


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """GX selects from bare SELECTs where a row condition is set, which SQLAlchemy 2.1 has ceased to accept."""

    def get_domain_records(self, domain_kwargs: dict[str, Any]) -> Any:
        domain: Any = super().get_domain_records(domain_kwargs)
        return get_sqlalchemy_selectable(domain)


class DuckDBSource(SQLDatasource):
    """A data source of type `boathouse_duckdb`."""

    type: Literal["boathouse_duckdb"] = "boathouse_duckdb"  # type: ignore[assignment]
    execution_engine_override: ClassVar[Any] = DuckDBExecutionEngine


class _Shared(duckdb_engine.ConnectionWrapper):
    """GX disposes of its engine; the connection is its owner's."""

    def close(self) -> None: ...


def batch(context: Any, connection: duckdb.DuckDBPyConnection, relation: str) -> Any:
    """A GX batch: all rows of a view or table of the connection."""
    arguments = {"creator": lambda: _Shared(connection), "poolclass": sa.pool.StaticPool}
    source = context.data_sources.add_boathouse_duckdb("engine", connection_string=f"{dialect.NAME}://", kwargs=arguments)
    return source.add_table_asset("batch", table_name=relation).add_batch_definition_whole_table("whole").get_batch()
