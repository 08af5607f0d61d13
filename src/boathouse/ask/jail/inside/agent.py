"""PandasAI's agent in the jail. It has two doors: to ask the model, and to run a guarded query. Code, charts and errors stay in here;
what comes out is one table, or a text."""

from __future__ import annotations

import contextlib
import io
import json
import os
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import matplotlib.figure
import matplotlib.pyplot  # so that the code's own import finds it loaded
import numpy as np
import pandas as pd
import pandasai
import pyarrow as pa
from inside import frames
from pandasai.agent.state import AgentState
from pandasai.core.response.parser import ResponseParser
from pandasai.data_loader.semantic_layer_schema import SemanticLayerSchema, Source
from pandasai.exceptions import InvalidOutputValueMismatch
from pandasai.llm.base import LLM

_ROWS = 10_000  # rows of an answer
_TEXT = 2_000  # characters of a cell of it
_RETRIES = 9  # the house ends it sooner
_REHEARSED = """
import pandas as pd
d = execute_sql_query("SELECT n FROM d").groupby("n").size()
plt.plot(d)
result = {"type": "dataframe", "value": d}
"""


class ShutError(BaseException):
    """The house has ended the question."""


class Doors:
    """The two ways out, over one socket."""

    def __init__(self, socket: int):
        self._read, self._write = partial(os.read, socket), partial(os.write, socket)

    def hear(self) -> tuple[dict[str, Any], bytes]:
        try:
            return frames.receive(self._read, frames.LARGEST_IN)
        except (EOFError, OSError):
            raise ShutError from None

    def say(self, head: dict[str, Any]) -> None:
        try:
            frames.send(self._write, head)
        except OSError:
            raise ShutError from None

    def model(self, prompt: str, problem: dict[str, str] | None) -> str:
        self.say({"prompt": prompt, "problem": problem})
        return str(self.hear()[0]["text"])

    def sql(self, query: str) -> pd.DataFrame:
        self.say({"sql": str(query)})
        head, body = self.hear()
        if "problem" in head:
            raise RuntimeError(head["problem"])
        return _pandas(pa.ipc.open_stream(io.BytesIO(body)).read_all())


class _Model(LLM):
    """The model, through its door."""

    def __init__(self, doors: Doors):
        super().__init__()
        self.doors, self.problem = doors, None

    @property
    def type(self) -> str:
        return "boathouse"

    def call(self, instruction: Any, context: Any = None) -> str:
        return self.doors.model(str(instruction), self.problem)


class _Dataset(pandasai.DataFrame):
    """A dataset as the model is told of it: what the house says, and no rows."""

    def serialize_dataframe(self) -> str:
        return f"<table>\n{self.schema.description}\n</table>\n"

    def get_dialect(self) -> str:
        return "duckdb"


class _Agent(pandasai.Agent):
    """PandasAI's agent, its queries through the door."""

    def __init__(self, doors: Doors, datasets: list[dict[str, Any]]):
        AgentState._configure = lambda _: None  # it would make a folder for charts
        pandasai.config.set({"llm": _Model(doors), "save_logs": False, "max_retries": _RETRIES})
        super().__init__([_dataset(told) for told in datasets])
        self.doors, self._response_parser = doors, _Parser()
        self._code_generator._code_cleaner._clean_sql_query = lambda sql: sql  # the house's guard judges, which knows the dialect

    def _execute_sql_query(self, query: str) -> pd.DataFrame:
        return self.doors.sql(query)

    def _regenerate_code_after_error(self, code: str, error: Exception) -> str:
        cause = error.__cause__ or error
        self._state.config.llm.problem = {"kind": type(cause).__name__, "message": str(cause)[:_TEXT]}
        return super()._regenerate_code_after_error(code, error)


class _Parser(ResponseParser):
    """What the code calls its result, as it goes out."""

    def parse(self, result: Any, last_code_executed: str | None = None) -> dict[str, Any]:
        if isinstance(result, dict) and isinstance(result.get("value"), Decimal):
            return {"made": "number", **_table(pd.DataFrame({"answer": [result["value"]]}))}
        self._validate_response(result)
        kind, value = result["type"], result["value"]
        if kind == "plot":
            return {"made": "plot", "columns": [], "rows": []}
        if kind not in ("number", "string", "dataframe"):
            raise InvalidOutputValueMismatch(f"Invalid output type: {kind}")
        return {"made": kind, **_table(_frame(value) if kind == "dataframe" else pd.DataFrame({"answer": [value]}))}


def work(socket: int) -> None:
    """One question, or code that is run again, and what becomes of it."""
    doors = Doors(socket)
    try:
        job, _ = doors.hear()
        doors.say(made(job, doors))
    except ShutError:
        return


def made(job: dict[str, Any], doors: Doors) -> dict[str, Any]:
    """What a job comes to: a table with the code that made it, or what failed."""
    matplotlib.figure.Figure.savefig = lambda *_, **__: None  # charts stay in here
    try:
        agent = _Agent(doors, job["datasets"])
        if "code" in job:
            code = agent._code_generator.validate_and_clean_code(job["code"])
            return agent._response_parser.parse(agent.execute_code(code))
        answer = agent.chat(job["question"])
        if isinstance(answer, dict):
            return answer
        return {"failed": "CodeExecutionError", "message": str(answer.error).strip().splitlines()[-1][:_TEXT]}
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        cause = error.__cause__ or error
        return {"failed": type(cause).__name__, "message": str(cause)[:_TEXT]}


def rehearse() -> None:
    """Loads what a question needs, so that the processes that are forked from this one have it."""
    told = made({"datasets": [{"name": "d", "columns": [{"name": "n"}]}], "question": "?"}, _Rehearsal(-1))
    matplotlib.pyplot.close("all")
    if "failed" in told:
        raise RuntimeError(f"PandasAI does not work here: {told['message']}")


class _Rehearsal(Doors):
    def model(self, prompt: str, problem: dict[str, str] | None) -> str:
        return _REHEARSED

    def sql(self, query: str) -> pd.DataFrame:
        return pa.table({"n": [1, 2]}).to_pandas(use_threads=False)


def _pandas(table: pa.Table) -> pd.DataFrame:
    """A query's rows as pandas computes with them: whole numbers stay whole, also where some are empty; decimals become floats,
    days timestamps."""
    nullable = {}
    for place, field in enumerate(table.schema):
        column, kind = table.column(place), field.type
        if pa.types.is_decimal(kind):
            with contextlib.suppress(pa.ArrowInvalid):  # the engine counts in 128 bits
                column = column.cast(pa.int64() if kind.scale == 0 else pa.float64())
        elif pa.types.is_date(kind):
            column = column.cast(pa.timestamp("ms"))
        if pa.types.is_integer(column.type) and column.null_count:
            nullable[column.type] = pd.Series([], dtype=str(column.type).replace("int", "Int").replace("uI", "UI")).dtype
        table = table.set_column(place, field.name, column)
    return table.to_pandas(use_threads=False, types_mapper=nullable.get)


def _dataset(told: dict[str, Any]) -> _Dataset:
    """Built past the schema's own check, which knows no capitals."""
    schema = SemanticLayerSchema.model_construct(
        name=told["name"],
        source=Source(type="parquet", path="none.parquet"),
        columns=[],
        description=json.dumps(told, ensure_ascii=False).replace("<", "\\u003c"),  # no cell closes the table
    )
    return _Dataset({column["name"]: [] for column in told["columns"]}, schema=schema)


def _frame(value: Any) -> pd.DataFrame:
    """What is called a dataframe as one; an index that says something becomes columns."""
    if isinstance(value, dict):
        value = pd.DataFrame(value if any(isinstance(v, list | pd.Series) for v in value.values()) else [value])
    if isinstance(value, pd.Series):
        value = value.to_frame(value.name or "value")
    says_nothing = value.index.name is None and value.index.nlevels == 1 and pd.api.types.is_integer_dtype(value.index)
    return value.reset_index(drop=says_nothing)


def _table(frame: pd.DataFrame) -> dict[str, Any]:
    """Columns with their kinds, and rows whose cells JSON can say."""
    if len(frame) > _ROWS:
        raise ValueError(f"the result has {len(frame):,} rows, {_ROWS:,} are allowed: aggregate further")
    names = [" ".join(map(str, name)).strip() if isinstance(name, tuple) else str(name) for name in frame.columns]
    columns = [_column(name, frame.iloc[:, n]) for n, name in enumerate(names)]
    return {
        "columns": [column for column, _ in columns],
        "rows": [list(row) for row in zip(*(cells for _, cells in columns), strict=True)],
    }


def _column(name: str, series: pd.Series) -> tuple[dict[str, str], list[Any]]:
    values = [None if _missing(value) else value.item() if isinstance(value, np.generic) else value for value in series.tolist()]
    there = [value for value in values if value is not None]
    for kind, wanted, written in (
        ("boolean", bool, bool), ("integer", int, int), ("number", (int, float, Decimal), lambda v: float(f"{v:.15g}")),
        ("date", date, lambda v: v.isoformat()[:10]), ("timestamp", datetime, lambda v: v.isoformat()),
    ):  # fmt: skip
        if there and all(isinstance(value, wanted) and (kind != "date" or _is_day(value)) for value in there):
            return {"name": name, "kind": kind}, [None if value is None else written(value) for value in values]
    return {"name": name, "kind": "text"}, [None if value is None else str(value)[:_TEXT] for value in values]


def _is_day(value: Any) -> bool:
    return not isinstance(value, datetime) or (value.tzinfo is None and value == datetime(value.year, value.month, value.day))


def _missing(value: Any) -> bool:
    try:
        return value is None or bool(pd.isna(value))
    except (TypeError, ValueError):
        return False
