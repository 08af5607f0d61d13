"""Python that a model wrote, at work in the jail: the queries it may run, the table that it makes, and the proof of that."""

from __future__ import annotations

import ast
import math
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, FailFast, Field

from boathouse.ask.jail import Cell, jail, versions
from boathouse.ask.model import ModelError
from boathouse.ask.protocol import LIMITS, RunQuery
from boathouse.config import QueryLimits
from boathouse.errors import LimitError, MissingError, QueryError
from boathouse.names import distinct
from boathouse.query import Result
from boathouse.query.policy import Policy
from boathouse.query.read import Reader
from boathouse.query.receipt import Asked, Receipt

_QUERIES = 20
_SECONDS = 60.0  # of all queries together
_BYTES = 256 << 20  # of all rows that a piece of code reads
_CHANGING = {"random", "default_rng", "sample", "shuffle", "uuid1", "uuid4", "urandom", "secrets", "now", "today", "utcnow", "time_ns",
             "strftime", "gmtime", "localtime", "perf_counter", "monotonic", "time", "uuid", "id", "hash", "getpid"}  # fmt: skip
_COLUMNS = {"time", "uuid", "id", "hash"}  # as attributes they are more likely a dataframe's columns
AskModel = Callable[[str, "Problem | None"], str]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Problem(_Said):
    """Why the last code did not do."""

    kind: str = Field(max_length=200)
    message: str = Field(max_length=10_000)


class _Prompt(_Said):
    prompt: str = Field(max_length=4_000_000)
    problem: Problem | None


class _Query(_Said):
    sql: str = Field(max_length=20_000)


class _Column(_Said):
    name: str = Field(max_length=1_000)
    kind: Literal["boolean", "integer", "number", "timestamp", "date", "text"]


class Made(_Said):
    """What the code came to: a table, or the word that it drew one."""

    made: Literal["number", "string", "dataframe", "plot"]
    columns: Annotated[list[_Column], FailFast(), Field(max_length=1_000)]
    rows: Annotated[list[Annotated[list[bool | int | float | str | None], FailFast()]], FailFast(), Field(max_length=10_000)]

    def table(self) -> pa.Table:
        """Raises ModelError where the cells are not of the kinds that they are said to be."""
        try:
            cells = list(zip(*self.rows, strict=True)) if self.rows else [()] * len(self.columns)
            arrays = [_array(column.kind, values) for column, values in zip(self.columns, cells, strict=True)]
        except (ValueError, TypeError, OverflowError, pa.ArrowException) as error:
            raise ModelError(f"the model's Python made no table that can be used: {str(error)[:200]}") from None
        return pa.table(arrays, names=distinct([column.name for column in self.columns]))


class _Failed(_Said):
    failed: str = Field(max_length=200)
    message: str = Field(max_length=10_000)


_FRAMES: dict[str, type[_Prompt | _Query | Made | _Failed]] = {"prompt": _Prompt, "sql": _Query, "made": Made, "failed": _Failed}


class Queries:
    """The door to the data: each query guarded, planned before it runs, and on the versions that the first one saw."""

    def __init__(self, run: RunQuery, versions: dict[str, int] | None = None, seen: Callable[[list[str]], None] | None = None):
        self._run, self._versions, self._seen = run, dict(versions or {}), seen
        self.results: list[Result] = []
        self._asked_for, self._spent, self._bytes = 0, 0.0, 0

    def begin(self) -> None:
        """Forgets the rows of code that came to nothing; the versions stay."""
        self.results.clear()
        self._bytes = 0

    def answer(self, cell: Cell, sql: str) -> None:
        """Runs a query and hands in its rows, or why there are none. Raises LimitError where it takes too long."""
        self._asked_for += 1
        if self._asked_for > _QUERIES:
            raise ModelError(f"the model's Python ran more than {_QUERIES} queries", hint="ask in other words")
        if self._spent > _SECONDS:
            raise LimitError(f"the queries of the model's Python took more than {_SECONDS:g} s", hint="ask for less")
        begun = time.monotonic()
        try:
            self._answer(cell, sql)
        finally:
            self._spent += time.monotonic() - begun

    def _answer(self, cell: Cell, sql: str) -> None:
        try:
            planned = self._run(f"SELECT * FROM ({sql.strip().rstrip(';')}\n) LIMIT 0", self._versions)
            planned.close()
            if self._seen:
                self._seen(list(planned.versions))  # from here on an error may quote cells
            result = self._run(sql, self._versions)
            table = _bounded(result, _BYTES - self._bytes)
        except LimitError:
            raise
        except (QueryError, MissingError) as error:
            cell.say({"problem": error.message})
            return
        if result.cut or table is None:
            cell.say({"problem": f"more than {result.limits.rows or 0:,} rows, or {_BYTES >> 20} MB in all: aggregate in SQL"})
            return
        self._versions |= result.versions
        self._bytes += table.nbytes
        self.results.append(Result.of(table, result.asked, result.limits))
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        cell.say({"rows": table.num_rows}, sink.getvalue())

    def proven(self, made: Made, code: str, limits: QueryLimits) -> Result:
        """The rows that the code made, with its proof; a query's own where the code handed them on as they were, or drew them.
        Raises ModelError where it read nothing."""
        if not any(result.versions for result in self.results):
            raise ModelError("the model's Python read no data, so its answer would be a guess", hint="ask in other words")
        if made.made == "plot":
            if not self.results[-1].versions:
                raise ModelError("the model's Python drew what it did not read", hint="ask in other words")
            return self.results[-1]
        own = Result.of(made.table(), self._asked(code), limits)
        shape, rows = (own.schema.names, own.arrow().num_rows), _alike(own)
        same = [one for one in self.results if (one.schema.names, one.arrow().num_rows) == shape and _alike(one) == rows]
        return same[0] if len(same) == 1 and same[0].versions else own

    def _asked(self, code: str) -> Asked:
        every = [result.asked for result in self.results]
        changing = {word for asked in every for word in asked.changing} | {f"Python: {word}" for word in _changing(code)}
        if any(not one.asked.ordered and one.arrow().num_rows > 1 for one in self.results):
            changing.add("Python: rows without ORDER BY")
        tables = {table.name: table for asked in every for table in asked.tables}
        policies = {policy.dataset: policy for asked in every for policy in asked.policies}
        return replace(
            every[-1], ordered=all(asked.ordered for asked in every), changing=sorted(changing), tables=list(tables.values()),
            policies=list(policies.values()), at=datetime.now(UTC), python=code, runs=versions(),
        )  # fmt: skip


def _bounded(result: Result, most: int) -> pa.Table | None:
    """The rows, or None where they are larger; no more of them is held."""
    batches, size = [], 0
    for batch in result.batches():
        size += batch.nbytes
        if size > most:
            result.close()
            return None
        batches.append(batch)
    return pa.Table.from_batches(batches, result.schema)


def _alike(result: Result) -> list[list[Any]]:
    """The rows as pandas has them: decimals as floats, days as timestamps."""

    def plain(cell: Any) -> Any:
        if isinstance(cell, Decimal):
            return float(cell)
        return datetime(cell.year, cell.month, cell.day) if type(cell) is date else cell

    return [[plain(cell) for cell in row.values()] for row in result.rows()]


def _changing(code: str) -> set[str]:
    """What the code names that need not be the same twice: chance and the clock."""
    named: set[str] = set()
    try:
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Name):
                named |= {node.id} - {"time", "uuid"}  # of those, an import tells
            elif isinstance(node, ast.Attribute):
                named |= {node.attr} - _COLUMNS
            elif isinstance(node, ast.Import | ast.ImportFrom):
                modules = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
                named |= {part for module in modules for part in module.split(".")}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                named |= {node.value.strip().lower()} & {"now", "today"}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {"code that cannot be read"}
    return named & _CHANGING


def work(cell: Cell, job: dict[str, Any], queries: Queries, model: AskModel) -> Made:
    """Has the job done, answering at both doors meanwhile. Raises ModelError where it comes to nothing."""
    cell.say(job)
    while True:
        head = cell.hear()
        kind = next((frame for key, frame in _FRAMES.items() if key in head), None)
        try:
            if kind is None or len(head) > len(kind.model_fields):  # before pydantic looks at each of a million keys
                raise ValueError
            said = kind.model_validate(head)
        except ValueError:
            raise ModelError("the model's Python said what nobody can use", hint="ask in other words") from None
        match said:
            case _Prompt():
                queries.begin()  # the next code answers for what it reads itself
                cell.say({"text": model(said.prompt, said.problem)})
            case _Query():
                queries.answer(cell, said.sql)
            case _Failed():
                raise ModelError(f"the model's Python failed: {said.failed}: {said.message}"[:1_000], hint="ask in other words")
            case Made():
                return said


def again(receipt: Receipt, reader: Reader, policy: Policy) -> Receipt:
    """The receipt of another run of the same Python, on the same versions. Raises JailError, ModelError."""

    def run(sql: str, versions: dict[str, int] | None = None) -> Result:
        return reader.sql(sql, None, versions, LIMITS, policy)

    queries = Queries(run, {table.name: table.version for table in receipt.tables})
    datasets = [{"name": table.name, "columns": []} for table in receipt.tables]
    with jail().cell() as cell:
        made = work(cell, {"datasets": datasets, "code": receipt.python}, queries, _no_model)
    return queries.proven(made, str(receipt.python), LIMITS).receipt


def _no_model(prompt: str, problem: Problem | None) -> str:
    raise ModelError("code that is run again asks no model")


def _array(kind: str, values: tuple[Any, ...]) -> pa.Array:
    there = [value for value in values if value is not None]
    match kind:
        case "boolean":
            return pa.array(values, pa.bool_())
        case "integer":
            return pa.array(values, pa.int64())
        case "number":
            return pa.array([None if value is None or math.isnan(value) else float(value) for value in values], pa.float64())
        case "timestamp":
            zone = "UTC" if there and datetime.fromisoformat(str(there[0])).tzinfo else None
            return pa.array(
                [None if value is None else datetime.fromisoformat(str(value)) for value in values], pa.timestamp("us", zone)
            )
        case "date":
            return pa.array([None if value is None else date.fromisoformat(str(value)) for value in values], pa.date32())
    return pa.array([None if value is None else str(value) for value in values], pa.string())
