"""Databases by SQLAlchemy URL: PostgreSQL over ADBC, MySQL and MariaDB over ConnectorX, the rest by a server-side cursor.

Values that Arrow cannot hold exactly as the server has them come as text and are typed by the pipeline, so that money
stays exact and a value that does not fit is one row in quarantine and not a failed extract.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from pydantic import Field, model_validator

from boathouse import secrets
from boathouse.errors import SourceError, UsageError, did_you_mean, first_line
from boathouse.sources.protocol import Item, Schema, Source, SourceOptions

_BATCH = 20_000
_SQLITE = (".db", ".sqlite", ".sqlite3")
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "mysql": "mysql+pymysql",
            "mariadb": "mariadb+pymysql"}  # fmt: skip
_EXACT_IN_ARROW = {"bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "bpchar", "date",
                   "timestamp", "timestamptz", "bytea"}  # fmt: skip

# of the MySQL protocol: types and the character set of what is no text
_MYSQL_FLOATS, _MYSQL_BIT, _MYSQL_STRINGS, _MYSQL_GEOMETRY, _MYSQL_BINARY = (4, 5), 16, range(249, 255), 255, 63


class DatabaseOptions(SourceOptions):
    """Further keys under `source:` for `type: database`."""

    table: str | None = Field(None, description="The table or view, with its schema if need be: `sales.orders`.")
    query: str | None = Field(None, description="A SELECT in the server's own SQL, instead of a table.")

    @model_validator(mode="after")
    def _one_of_them(self) -> DatabaseOptions:
        if bool(self.table) == bool(self.query):
            raise ValueError("give `table` or `query`, one of them")
        return self


class DatabaseSource(Source):
    """`type: database`."""

    family = "database"
    Options = DatabaseOptions
    options: DatabaseOptions

    @classmethod
    def accepts(cls, location: str) -> bool:
        if "://" not in location:
            return location.lower().endswith(_SQLITE)
        scheme = location.split("://", 1)[0].split("+", maxsplit=1)[0]
        return scheme in (*_DRIVERS, "sqlite")

    def items(self) -> list[Item]:
        return [Item(self.options.table or "query", self.location)]

    def open(self, item: Item) -> pa.RecordBatchReader:
        select = self._select()
        dialect = self.engine.dialect.name
        try:
            if dialect == "postgresql":
                return _over_adbc(self._plain_url("postgresql"), select)
            if dialect in ("mysql", "mariadb"):
                return _over_connectorx(self._plain_url("mysql"), self._as_text(select))
            return _over_cursor(self.engine, select)
        except Exception as error:
            raise self.explain(error) from error

    @cached_property
    def engine(self) -> sa.Engine:
        """The SQLAlchemy engine, tried once, so that a server that is down is told in a sentence."""
        engine = connect(self.location, self.root)
        try:
            engine.connect().close()
        except Exception as error:
            raise self.explain(error) from error
        return engine

    def explain(self, error: Exception) -> SourceError:
        """A driver's error in one line, without secrets and with what mends it."""
        if isinstance(error, SourceError):
            return error
        text = secrets.scrub(_message(error))
        place = secrets.scrub(secrets.split_password(self.location)[0])
        return SourceError(f"{place}: {text}", hint=self._mend(text.lower()))

    def _mend(self, text: str) -> str:
        if any(word in text for word in ("refused", "can't connect", "could not connect", "timed out")):
            return "start the server, or mend host and port in `location`"
        if any(word in text for word in ("password", "access denied", "authentication")):
            return "mend the user or the password: `location` names the variable it comes from"
        if "engine" not in self.__dict__:  # not even connected: there is nobody to ask for tables
            return "mend `location`: the server, the user and the database that it names"
        if any(word in text for word in ("lost connection", "server closed", "terminat", "gone away", "broken pipe", "reset by")):
            return "run it again: nothing was published"
        if self.options.query:
            return "mend `query` in the pipeline"
        try:
            known = tables(self.engine)
        except sa.exc.SQLAlchemyError:
            return "mend `location`"
        return f"tables{did_you_mean(str(self.options.table), known)}: {', '.join(known[:12]) or 'none'}"

    def schema(self, item: Item) -> Schema:
        if not self.options.table:
            return Schema()
        schema, name = _split(self.options.table)
        inspector = sa.inspect(self.engine)
        try:
            columns = inspector.get_columns(name, schema)
            key = inspector.get_pk_constraint(name, schema)["constrained_columns"] or []
            foreign = inspector.get_foreign_keys(name, schema)
        except Exception as error:
            raise self.explain(error if str(error).strip() != name else SourceError(f"no table {name!r}")) from error
        types = {column["name"]: kind for column in columns if (kind := declared_type(column["type"]))}
        required = [column["name"] for column in columns if column["nullable"] is False or column["name"] in key]
        relations = {
            one["constrained_columns"][0]: (one["referred_table"], next(iter(one["referred_columns"]), ""))
            for one in foreign
            if len(one["constrained_columns"]) == 1
        }
        return Schema(types, key, required, relations)

    def _select(self) -> str:
        if self.options.query:
            return self.options.query.strip().rstrip(";")
        schema, name = _split(str(self.options.table))
        quote = self.engine.dialect.identifier_preparer.quote_identifier
        return f"SELECT * FROM {quote(schema) + '.' if schema else ''}{quote(name)}"

    def _plain_url(self, scheme: str) -> str:
        return self.engine.url.set(drivername=scheme).render_as_string(hide_password=False)

    def _as_text(self, select: str) -> str:
        """Every column as the text that the server itself would show, except where that is less than the value."""
        quote = self.engine.dialect.identifier_preparer.quote_identifier
        with self.engine.connect() as connection:
            cursor = connection.exec_driver_sql(f"SELECT * FROM ({select}\n) AS q LIMIT 0").cursor
            fields = cursor._result.fields  # beyond `description` these tell a BLOB from a TEXT
        cells = [f"{_mysql_cell(quote(field.name), field)} AS {quote(field.name)}" for field in fields]
        return f"SELECT {', '.join(cells)} FROM ({select}\n) AS q"


def _mysql_cell(name: str, field: Any) -> str:
    if field.type_code in _MYSQL_FLOATS or (field.type_code in _MYSQL_STRINGS and field.charsetnr == _MYSQL_BINARY):
        return name
    if field.type_code == _MYSQL_BIT:
        return f"cast({name} + 0 AS char)"
    return f"ST_AsText({name})" if field.type_code == _MYSQL_GEOMETRY else f"cast({name} AS char)"


def connect(location: str, root: Any) -> sa.Engine:
    """An engine for a LOCATION, its secrets filled in and its driver named. Raises UsageError for a URL that is none."""
    if "://" not in location and location.lower().endswith(_SQLITE):
        location = f"sqlite:///{location}"
    try:
        url = sa.make_url(secrets.fill_url(location))
    except (sa.exc.ArgumentError, ValueError) as error:
        raise UsageError(f"{secrets.scrub(location)!r} is not a database URL",
                         hint="write it as postgresql://user@host:5432/database") from error  # fmt: skip
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    if url.drivername.startswith("sqlite"):
        path = (root / url.database).resolve() if url.database else None
        if path is None or not path.is_file():
            raise SourceError(f"{path or location} does not exist", hint="mend `location` in the pipeline")
        url = url.set(database=str(path))
    timeouts = {"postgresql": {"connect_timeout": 10}, "mysql": {"connect_timeout": 10}, "mariadb": {"connect_timeout": 10}}
    family = url.get_backend_name()
    try:
        return sa.create_engine(url, connect_args=timeouts.get(family, {}), poolclass=sa.pool.NullPool,
                                execution_options={"no_parameters": True})  # fmt: skip  # a % in a query is a %
    except (sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise UsageError(f"{url.drivername} is not supported: {first_line(error)}",
                         hint="pip install the driver that SQLAlchemy names for it") from error  # fmt: skip


def tables(engine: sa.Engine) -> list[str]:
    """Tables and views of all schemas that are not the server's own."""
    inspector, found = sa.inspect(engine), []
    own = {"information_schema", "pg_catalog", "pg_toast", "performance_schema", "mysql", "sys"}
    default = inspector.default_schema_name
    mine = engine.dialect.name in ("mysql", "mariadb")  # there a schema is a database: only the one that is named
    for schema in [default] if mine else inspector.get_schema_names():
        if schema in own:
            continue
        prefix = "" if schema in (default, None) or engine.dialect.name == "sqlite" else f"{schema}."
        found += [prefix + name for name in (*inspector.get_table_names(schema), *inspector.get_view_names(schema))]
    return sorted(found)


def declared_type(kind: sa.types.TypeEngine) -> str | None:
    """A declared column type in the words of the pipeline file; None where the values should decide."""
    if isinstance(kind, sa.Boolean) or (type(kind).__name__ == "TINYINT" and getattr(kind, "display_width", 0) == 1):
        return "BOOLEAN"
    if isinstance(kind, sa.Integer):
        return "DECIMAL(20,0)" if getattr(kind, "unsigned", False) and isinstance(kind, sa.BigInteger) else "BIGINT"
    if isinstance(kind, sa.Float):
        return "DOUBLE"
    if isinstance(kind, sa.Numeric):
        precision, scale = kind.precision, kind.scale or 0
        return f"DECIMAL({precision},{scale})" if precision and precision <= 38 else None
    if isinstance(kind, sa.DateTime):
        return "TIMESTAMPTZ" if kind.timezone or type(kind).__name__ == "TIMESTAMPTZ" else "TIMESTAMP"
    if isinstance(kind, sa.Date):
        return "DATE"
    if isinstance(kind, sa.types._Binary) or type(kind).__name__ == "BYTEA":
        return "BLOB"
    return "VARCHAR" if isinstance(kind, sa.String | sa.Time | sa.Uuid | sa.JSON | sa.Enum) else None


def _over_adbc(url: str, select: str) -> pa.RecordBatchReader:
    """PostgreSQL through binary COPY into Arrow."""
    import adbc_driver_postgresql.dbapi as adbc

    connection = adbc.connect(url)
    cursor = connection.cursor()
    cursor.execute(f"SELECT * FROM ({select}\n) AS q LIMIT 0")
    fields = list(cursor.fetch_record_batch().schema)
    cells = []
    for arrow in fields:
        name = '"' + arrow.name.replace('"', '""') + '"'
        kind = (arrow.metadata or {}).get(b"POSTGRESQL:type", b"").decode()
        cells.append(name if kind in _EXACT_IN_ARROW else f"{name}::text AS {name}")
    cursor.execute(f"SELECT {', '.join(cells)} FROM ({select}\n) AS q")
    return _owning(cursor.fetch_record_batch(), cursor, connection)


def _owning(reader: pa.RecordBatchReader, cursor: Any, connection: Any) -> pa.RecordBatchReader:
    """The same stream, which closes its connection when it ends or breaks. A cursor that is let go ends its stream."""

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from reader
        finally:
            reader.close()
            cursor.close()
            connection.close()

    return pa.RecordBatchReader.from_batches(reader.schema, batches())


def _over_connectorx(url: str, select: str) -> pa.RecordBatchReader:
    import connectorx

    return pa.RecordBatchReader.from_stream(connectorx.read_sql(url, select, return_type="arrow_stream", batch_size=_BATCH))


def _over_cursor(engine: sa.Engine, select: str) -> pa.RecordBatchReader:
    """Any SQLAlchemy dialect, its values as text except bytes."""
    connection = engine.connect().execution_options(stream_results=True, max_row_buffer=_BATCH)
    result = connection.exec_driver_sql(select)
    names = list(result.keys())
    first = result.fetchmany(_BATCH)
    kinds = [pa.binary() if _bytes_only(row[n] for row in first) else pa.string() for n in range(len(names))]
    schema = pa.schema(list(zip(names, kinds, strict=True)))

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            rows = first
            while rows:
                columns = zip(*rows, strict=True)
                arrays = [pa.array(map(_TEXT[kind], cells), kind) for kind, cells in zip(kinds, columns, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)
                rows = result.fetchmany(_BATCH)
        finally:
            connection.close()

    return pa.RecordBatchReader.from_batches(schema, batches())


def _bytes_only(cells: Iterator[Any]) -> bool:
    kinds = {type(cell) for cell in cells} - {type(None)}
    return kinds == {bytes}


def _text(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    return cell.hex() if isinstance(cell, bytes) else str(cell)


def _bytes(cell: Any) -> bytes | None:
    return cell if cell is None or isinstance(cell, bytes) else str(cell).encode()


_TEXT = {pa.string(): _text, pa.binary(): _bytes}


def _split(table: str) -> tuple[str | None, str]:
    schema, _, name = table.rpartition(".")
    return schema or None, name


def _message(error: Exception) -> str:
    original = getattr(error, "orig", None)
    arguments: tuple[Any, ...] = getattr(original, "args", ()) if original else ()
    if len(arguments) > 1 and isinstance(arguments[1], str):  # pymysql: (code, message)
        return f"{' '.join(arguments[1].split())} ({arguments[0]})"
    text = re.sub(r"^Unknown error: cx writer failed: |\. Detail: .*", "", first_line(original or error))  # ConnectorX
    return re.sub(r"^.*?(ERROR|FATAL): +", "", text)  # libpq
