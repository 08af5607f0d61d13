"""DuckDB under Great Expectations: a private SQLAlchemy dialect that GX takes for PostgreSQL, on a live connection.

Stock GX does not work on DuckDB: it fetches results after closing the connection, reflects with catalogs that DuckDB
lacks, and knows no DuckDB types. Nothing of GX is patched.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb_engine
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGCompiler
from sqlalchemy.types import UserDefinedType

from boathouse.engine import literal
from boathouse.suites.suite import ROW

NAME = "boathouse_duckdb"


class EngineType(UserDefinedType):
    """A column type by the name that the engine has for it."""

    cache_ok = True

    def __init__(self, name: str):
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


class Compiler(PGCompiler):
    """PostgreSQL's `~` searches; DuckDB's matches the whole text. Literals mean what the same values mean when bound."""

    def render_literal_value(self, value: Any, type_: Any) -> str:
        # not by `type_`, which of a mixed list is that of its first value
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, float):  # DuckDB reads 0.1 as a DECIMAL
            return f"CAST({literal(repr(value))} AS DOUBLE)"
        if isinstance(value, datetime):
            return f"CAST({literal(value.isoformat(' '))} AS {'TIMESTAMPTZ' if value.tzinfo else 'TIMESTAMP'})"
        if isinstance(value, date):
            return f"CAST({literal(value.isoformat())} AS DATE)"
        return str(value) if isinstance(value, int) else literal(str(value))

    def visit_custom_op_binary(self, element: Any, operator: Any, **kw: Any) -> Any:
        if operator.opstring in ("~", "!~"):
            found = f"regexp_matches({self.process(element.left, **kw)}, {self.process(element.right, **kw)})"
            return found if operator.opstring == "~" else f"NOT {found}"
        return super().visit_custom_op_binary(element, operator, **kw)


class Preparer(duckdb_engine.DuckDBIdentifierPreparer):
    """Quotes every name: a column may be called by any of the engine's words, such as `at`."""

    def _requires_quotes(self, value: str) -> bool:
        return True


class EngineDialect(duckdb_engine.Dialect):
    """What GX asks of a database, answered by DuckDB."""

    name = "postgresql"
    driver = NAME
    preparer = Preparer
    statement_compiler = Compiler
    supports_statement_cache = False
    _backslash_escapes = False

    # a transaction's end would void the pending result, which GX fetches later
    def do_begin(self, connection: Any) -> None: ...
    def do_rollback(self, connection: Any) -> None: ...
    def do_commit(self, connection: Any) -> None: ...

    def initialize(self, connection: Any) -> None:
        self.default_schema_name = "main"
        self.server_version_info = (14, 0)

    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        quote = self.identifier_preparer.quote_identifier
        relation = f"{quote(schema)}.{quote(table_name)}" if schema else quote(table_name)
        try:
            rows = connection.exec_driver_sql(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        except sa.exc.DBAPIError as error:
            raise sa.exc.NoSuchTableError(table_name) from error
        return [{"name": row[0], "type": EngineType(row[1]), "nullable": True, "default": None,
                 "autoincrement": False, "comment": None} for row in rows if row[0] != ROW]  # fmt: skip

    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        return {"constrained_columns": [], "name": None}

    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> bool:
        try:
            return bool(self.get_columns(connection, table_name, schema))
        except sa.exc.NoSuchTableError:
            return False

    def get_table_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        query = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?"
        return [row[0] for row in connection.exec_driver_sql(query, (schema or "main",))]


registry.register(NAME, __name__, "EngineDialect")
