"""questions/verified.yml: questions that somebody answered for good, each with its SQL. Only the very same question is answered by
one: the nearest is often the opposite."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from boathouse.ask.knowledge import Knowledge
from boathouse.errors import UsageError

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
    import yaml

    path = root / FILE
    if not path.is_file():
        return []
    try:
        return TypeAdapter(list[Verified]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")) or [])
    except yaml.YAMLError as error:
        raise UsageError(f"not YAML: {error}", where=str(path)) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", where=str(path),
                         hint="each has ask, sql, author and date") from error  # fmt: skip


def verified(root: Path, question: str, known: Knowledge, reads: Callable[[str], list[str]]) -> Verified | None:
    """The verified question with just these words, where all that it `reads` is known."""
    words = [token.word for token in known.lexicon.tokens(question)]
    found = (one for one in read(root) if [token.word for token in known.lexicon.tokens(one.ask)] == words)
    return next((one for one in found if set(reads(one.sql)) <= set(known.datasets)), None)
