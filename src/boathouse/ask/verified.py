"""questions/verified.yml: questions that somebody answered for good, each with its SQL. Only the very same question is answered by
one: the nearest is often the opposite."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from boathouse.ask.knowledge import Knowledge
from boathouse.config.load import read_yaml_as

FILE = "questions/verified.yml"


class Verified(BaseModel):
    """A question, its SQL, and who stands for it."""

    model_config = ConfigDict(extra="forbid")

    ask: str
    sql: str
    author: str
    date: datetime.date = Field(description="When it was verified.")


def read(root: Path) -> list[Verified]:
    """The verified questions. Raises UsageError where the file is wrong."""
    path = root / FILE
    return read_yaml_as(list[Verified], path, "each has ask, sql, author and date") if path.is_file() else []


def verified(root: Path, question: str, known: Knowledge, reads: Callable[[str], list[str]]) -> Verified | None:
    """The verified question with just these words, where all that it `reads` is known."""
    words = [token.word for token in known.lexicon.tokens(question)]
    found = (one for one in read(root) if [token.word for token in known.lexicon.tokens(one.ask)] == words)
    return next((one for one in found if set(reads(one.sql)) <= set(known.datasets)), None)
