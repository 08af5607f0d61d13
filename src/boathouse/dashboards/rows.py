"""The rows that a page is over: what is chosen of them, and what each tile finds in them."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

import duckdb
import pyarrow as pa

from boathouse import viewer
from boathouse.config import QueryLimits
from boathouse.dashboards import draw, sql
from boathouse.dashboards.cube import Cube
from boathouse.dashboards.parts import Metric, Table, Tile
from boathouse.engine import quote
from boathouse.errors import BoathouseError, UsageError
from boathouse.query import Result
from boathouse.query.result import within_python
from boathouse.query.system import TABLES
from boathouse.workbench import Workbench

_POINTS = 5_000
_KEPT, _SMALL = 100, 1_000_000  # answers, and the bytes of one that is kept
_SLOW = 0.2  # seconds that answers take from which on the rows are added up for the next choice
_OVERDUE = 60.0  # seconds between looks for what is overdue


@dataclass
class Found:
    """What a tile found: its rows and their receipt, or what went wrong. A tile of Python's has no receipt."""

    schema: pa.Schema = field(default_factory=lambda: pa.schema([]))
    rows: list[dict[str, Any]] = field(default_factory=list)
    result: Result | None = None
    trend: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    tz: tzinfo | None = None
    wrong: str = ""

    @property
    def foot(self) -> str:
        """How fresh it is, as HTML."""
        return draw.fresh(self.result.receipt, self.warnings, self.tz) if self.result else ""


@dataclass
class _Known:
    """What has been read since the lake was last seen to change."""

    answers: dict[tuple[str, str, int | None], Result] = field(default_factory=dict)
    first: dict[str, Result] = field(default_factory=dict)  # by what was asked, whatever was chosen
    seconds: float = 0.0
    adding: bool = False
    cube: Cube | None = None


class Rows:
    """A dataset, a saved query or a SELECT, and the values that are chosen in its columns."""

    def __init__(self, wb: Workbench, rows: str):
        self.wb, self.rows = wb, rows
        self.chosen: sql.Chosen = {}
        self._runs = -1
        self._wrong: dict[str, str | None] = {}  # by dataset
        self._looks = 0.0
        self.columns: dict[str, str] = {}  # that can be chosen of, each with what is chosen of it
        self._known = _Known()

    def warm(self) -> None:
        """Gets ready before there is a viewer: it reads no row, and nothing of it is kept."""
        from boathouse.query.policy import EVERYTHING

        over = self.rows if sql.is_query(self.rows) else f"FROM {quote(self.rows)}"
        with contextlib.suppress(BoathouseError):
            self.wb.reader.sql(f"SELECT * FROM ({over}\n) LIMIT 0", policy=EVERYTHING).arrow()

    def begin(self) -> pa.Schema:
        """Finds out what the rows are; their columns. Raises UsageError where they are none."""
        self.rows = _select(self.wb, self.rows)
        self.newer({})
        return self.wb.sql(f"SELECT * FROM ({self.rows}\n) LIMIT 0").schema

    def asked(self, select: str, limits: QueryLimits, also: dict[str, Any] | None = None) -> Result:
        """A SELECT over what is chosen of the rows; `also` are expressions and their values."""
        query, parameters = sql.over(self.rows, self.chosen, select, also)
        return self.wb.sql(query, parameters or None, limits=limits)

    def _answer(self, select: str, limits: QueryLimits, without: str | None = None) -> Result:
        """What `asked` gives, read whole. A choice that is made again, or let go, has its answers already."""
        chosen = {column: wanted for column, wanted in self.chosen.items() if column != without}
        query, given = sql.over(self.rows, chosen, select)
        parameters, known = given or None, self._known
        key = (query, repr(parameters), limits.rows)
        if key in known.answers:
            return known.answers[key]
        result = self._added_up(known, select, chosen, limits, query, parameters)
        if result is None:
            began = time.monotonic()
            result = self.wb.sql(query, parameters, limits=limits)
            # a role's rows may be those of today
            if result.arrow().nbytes > _SMALL or result.asked.changing or result.asked.policies:
                return result
            known.first.setdefault(select, result)
            known.seconds += time.monotonic() - began
        if len(known.answers) >= _KEPT:
            known.answers.clear()
        known.answers[key] = result
        return result

    def _added_up(
        self, known: _Known, select: str, chosen: sql.Chosen, limits: QueryLimits, query: str, parameters: dict[str, Any] | None
    ) -> Result | None:
        """An answer from what was added up, as if the rows had been asked: its receipt is of that query."""
        cube, first = known.cube, known.first.get(select)
        if cube is None or first is None or first.versions != {table.name: table.version for table in cube.tables}:
            return None
        found = cube.find(select, chosen, first.schema)
        if found is None or found.num_rows > (limits.rows or _POINTS):
            return None
        asked = replace(first.asked, sql=query, parameters=parameters, tables=cube.tables, at=datetime.now(UTC))
        with viewer.noted(self.wb, "SHOW", query) as told:
            told(asked)
        return Result.of(found, asked, limits)

    def ahead(self) -> None:
        """Adds up the rows for the next choice, where it takes long to ask them; in a thread of its own."""
        known = self._known
        if self.columns and known.seconds > _SLOW and not known.adding:
            known.adding = True
            threading.Thread(target=self._add_up, args=(known,), daemon=True).start()

    def _add_up(self, known: _Known) -> None:
        with contextlib.suppress(BoathouseError, duckdb.Error, pa.ArrowException):  # the rows are asked as before
            known.cube = Cube.of(self.wb, self.rows, self.columns, [*known.first])

    def find(self, part: Tile) -> Found:
        """What a tile shows. Raises nothing: what goes wrong is told."""
        try:
            if isinstance(part, Table) and callable(part.columns):
                return _of_python(part.columns)
            result = self._answer(sql.select(part), QueryLimits(rows=part.rows if isinstance(part, Table) else _POINTS))
            found = Found(result.schema, result.rows(), result, warnings=self.warnings(result.versions), tz=self.wb.tz)
            if isinstance(part, Metric) and part.over:
                found.trend = self._answer(sql.trend(part), QueryLimits(rows=_POINTS)).rows()
        except BoathouseError as error:
            return Found(wrong=error.render())
        return found

    def values(self, column: str, limit: int) -> list[dict[str, Any]]:
        """What there is to choose in a column under the other filters, with its counts."""
        with within_python():
            return self._answer(sql.values(column, limit), QueryLimits(), without=column).rows()

    def newer(self, read: dict[str, int]) -> bool:
        """Whether there was a run since the last look, one of the tables that were `read` has another version now, or what was
        wrong with one is something else: it is overdue by now."""
        runs = self.wb.lake.records().version or 0  # a batch that was rejected makes no version of its dataset
        if runs != self._runs:
            self._runs, self._wrong = runs, {}
        else:
            seen = {*read.items(), *(one for answer in self._known.answers.values() for one in answer.versions.items())}
            if all(name in TABLES or self.wb.tables.newest(name).version == version for name, version in seen):
                return self._changed_by_time()
        self._known = _Known()
        return True

    def _changed_by_time(self) -> bool:
        if time.monotonic() < self._looks:
            return False
        before = self._wrong
        self._wrong = {name: _wrong(self.wb.dataset(name)) for name in before}
        self._looks = time.monotonic() + _OVERDUE
        return self._wrong != before

    def warnings(self, datasets: Iterable[str]) -> list[str]:
        """What is wrong with datasets: those that are overdue, and those whose latest run did not get in."""
        return [f"{name} {wrong}" for name in datasets if name not in TABLES and (wrong := self._warning(name))]

    def _warning(self, name: str) -> str | None:
        if name not in self._wrong:
            self._wrong[name] = _wrong(self.wb.dataset(name))
        return self._wrong[name]


def _of_python(rows: Callable[[], list[dict[str, Any]]]) -> Found:
    try:
        made = pa.Table.from_pylist(rows())
    except Exception as error:  # an analyst's own code
        return Found(wrong=f"{type(error).__name__}: {error}")
    return Found(made.schema, made.to_pylist())


def _select(wb: Workbench, rows: str) -> str:
    """What a page is over, as a SELECT."""
    if sql.is_query(rows):
        return rows.strip().rstrip(";")
    saved = {query.name: query for query in wb.queries() if wb.viewer.may_ask(query)}
    if rows not in saved or rows in wb.viewer.visible(wb.tables.names()):
        return f"SELECT * FROM {quote(rows)}"
    from boathouse.query.saved import bound

    text, values = bound(saved[rows], {}, wb.reader.cursor())
    if values:
        raise UsageError(f"the saved query {rows} has parameters", hint="write its SELECT as the page's rows, with filters")
    return text


def _wrong(known: dict[str, Any]) -> str | None:
    if known["quality"]["last_run"] in ("rejected", "failed"):
        return f"is of {known['updated_at'][:10]}: its latest run was {known['quality']['last_run']}"
    due = known["freshness"]["overdue_since"]
    return f"is overdue since {due[:16].replace('T', ' ')}" if due else None
