"""Scores an answerer on questions whose answer is known: by what comes out, not by how it was asked."""

from __future__ import annotations

import datetime
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, model_validator

from boathouse.config.load import read_yaml_as
from boathouse.errors import BoathouseError, UsageError

if TYPE_CHECKING:
    from boathouse.ask.answer import Answer
    from boathouse.workbench import Workbench

Rows = list[tuple[Any, ...]]
_PERMUTATIONS = 5_000  # orders of columns that are tried
_WHOLE_ROWS = re.compile(r"\s*SELECT\s+(\w+\.)?\*\s+FROM", re.IGNORECASE)
_OUTCOMES = ("right", "wrong", "refused", "asked", "failed")


class Question(BaseModel):
    """A question and what must come of it: `sql` or `rows` that the answer holds, or `refuse` or `ask_back` with the reason
    why there is none. With `ordered` the rows' order counts."""

    model_config = ConfigDict(extra="forbid")

    ask: str
    sql: str | None = None
    rows: list[list[Any]] | None = None
    refuse: str | None = None
    ask_back: str | None = None
    ordered: bool = False
    ask_back_ok: bool = False
    half: str | None = None
    kind: str | None = None
    author: str | None = None
    date: datetime.date | None = None

    @model_validator(mode="after")
    def _one_expectation(self) -> Question:
        given = [name for name in ("sql", "rows", "refuse", "ask_back") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"{self.ask!r} needs one of sql, rows, refuse and ask_back, and has {', '.join(given) or 'none'}")
        return self

    @property
    def answerable(self) -> bool:
        return self.sql is not None or self.rows is not None


@dataclass
class Evaluation:
    """What became of each question. One that must not be answered is right where it is not."""

    cases: list[dict[str, Any]] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        return sum(case["outcome"] == outcome for case in self.cases)

    def share_answered(self) -> float | None:
        """Of the questions that can be answered."""
        asked = [case for case in self.cases if case["answerable"]]
        return sum(case["status"] == "answered" for case in asked) / len(asked) if asked else None

    def share_right(self) -> float | None:
        """Of everything that was answered."""
        answered = [case for case in self.cases if case["status"] == "answered"]
        return sum(case["outcome"] == "right" for case in answered) / len(answered) if answered else None

    def to_json(self) -> dict[str, Any]:
        counts = {outcome: self.count(outcome) for outcome in _OUTCOMES}
        return {**counts, "share_answered": self.share_answered(), "share_right": self.share_right(), "cases": self.cases}


def evaluate(wb: Workbench, path: Path, answerer: str | None, half: str | None, step: Callable[[str], None]) -> Evaluation:
    """Asks every question of a file, each on its own. Raises UsageError for a file that is none."""
    made = Evaluation()
    for question in questions(path):
        if half is None or question.half == half:
            step(question.ask)
            answer = wb.ask(question.ask, answerer=answerer)
            case = {"ask": question.ask, "outcome": _outcome(wb, question, answer), "status": answer.status, "answer": answer.text,
                    "answerable": question.answerable, "expected": question.sql or question.refuse or question.ask_back,
                    "sql": answer.sql, "kind": question.kind}  # fmt: skip
            made.cases.append(case)
    return made


def questions(path: Path) -> list[Question]:
    try:
        return read_yaml_as(list[Question], path, "each has ask, and one of sql, rows, refuse and ask_back")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="boathouse eval questions/NAME.yml") from error


def _outcome(wb: Workbench, question: Question, answer: Answer) -> str:
    if answer.status == "failed":
        return "failed"
    if not question.answerable:
        return "wrong" if answer.status == "answered" else "right"
    if answer.status != "answered":
        return "refused" if answer.status == "refused" else "asked"
    assert answer.sql is not None
    try:
        expected = [tuple(row) for row in question.rows] if question.rows is not None else _rows(wb, str(question.sql))
    except BoathouseError as error:
        raise UsageError(f"the expected SQL of {question.ask!r} does not run: {error.message}", hint=error.hint) from error
    found = [tuple(row.values()) for row in answer.rows] if answer.made_by_python else _rows(wb, answer.sql)
    if _WHOLE_ROWS.match(question.sql or ""):  # whoever lists rows need not show all that is in them
        expected, found = found, expected
    return "right" if same(expected, found, ordered=question.ordered) else "wrong"


def _rows(wb: Workbench, sql: str) -> Rows:
    table = wb.sql(sql).arrow()
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def same(expected: Rows, found: Rows, *, ordered: bool = False) -> bool:
    """Whether the rows found hold the expected ones: in any order of columns, further columns aside, rows in any order
    unless `ordered`. Numbers agree to 6 digits."""
    if len(expected) != len(found):
        return False
    if not expected:
        return True
    left, right = [[_plain(cell) for cell in row] for row in expected], [[_plain(cell) for cell in row] for row in found]
    wanted = list(zip(*left, strict=True))
    given = list(zip(*right, strict=True))
    choices = [[n for n, column in enumerate(given) if Counter(column) == Counter(want)] for want in wanted]
    rows = [tuple(row) for row in left]
    for picked in itertools.islice(_choices(choices), _PERMUTATIONS):
        chosen = [tuple(row[n] for n in picked) for row in right]
        if chosen == rows or (not ordered and Counter(chosen) == Counter(rows)):
            return True
    return False


def _choices(choices: list[list[int]]) -> Iterator[tuple[int, ...]]:
    return (picked for picked in itertools.product(*choices) if len(set(picked)) == len(picked))


def _plain(cell: Any) -> Any:
    """A cell so that equal answers are equal: numbers to 6 digits, a day at midnight as a day."""
    if isinstance(cell, bool) or cell is None:
        return cell
    if isinstance(cell, int | float | Decimal):
        return float(f"{float(cell):.6g}")
    if isinstance(cell, datetime.datetime):
        return cell.date() if not (cell.hour or cell.minute or cell.second) else cell.replace(tzinfo=None)
    return cell if isinstance(cell, datetime.date) else str(cell)
