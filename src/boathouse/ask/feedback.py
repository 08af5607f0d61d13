"""Thumbs: what people thought of an answer, kept in the lake until somebody looks at them."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from boathouse.ask import periods
from boathouse.ask.answer import Answer
from boathouse.ask.lexicon import lexicon
from boathouse.ask.verified import FILE, read
from boathouse.errors import MissingError, UsageError
from boathouse.lake import Lake

_FOLDER = "runs/feedback"


@dataclass(frozen=True)
class Thumb:
    """Up or down on an answer, and why."""

    id: str
    at: str
    who: str
    good: bool
    reason: str
    question: str
    answer: str
    sql: str | None


def give(lake: Lake, answer: Answer, who: str, *, good: bool, reason: str) -> Thumb:
    made = Thumb(uuid.uuid4().hex[:8], datetime.now(UTC).isoformat(timespec="seconds"), who, good, reason[:2_000], answer.question,
                 answer.text, None if answer.python else answer.sql)  # fmt: skip
    lake.prepare()
    lake.store.put_bytes(json.dumps(asdict(made), ensure_ascii=False).encode(), f"{_FOLDER}/{made.id}.json")
    return made


def every(lake: Lake) -> list[Thumb]:
    """The thumbs there are, the oldest first."""
    found = [Thumb(**lake.store.read_json(path)) for path in lake.store.files(_FOLDER)]
    return sorted(found, key=lambda thumb: thumb.at)


def verify(lake: Lake, root: Path, name: str, author: str, today: date) -> Path:
    """Makes a thumb's question a verified one. Raises MissingError where there is none, UsageError for one without SQL or one
    that is verified already."""
    import yaml

    thumb = next((one for one in every(lake) if one.id == name), None)
    if thumb is None:
        raise MissingError(f"no thumb {name!r}", hint="boathouse ask review lists them")
    if not thumb.sql:
        raise UsageError(
            f"{thumb.question!r} was not answered by a query alone, so there is no SQL to stand for", hint=f"write it into {FILE}"
        )
    if _moves(thumb.question, today):
        raise UsageError(f"{thumb.question!r} speaks of a period that moves on, and its SQL does not",
                         hint=f"write it into {FILE} with current_date in its SQL")  # fmt: skip
    if any(one.ask == thumb.question for one in read(root)):
        raise UsageError(f"{thumb.question!r} is verified already", where=FILE)
    path = root / FILE
    path.parent.mkdir(exist_ok=True)
    entry = yaml.safe_dump(
        [{"ask": thumb.question, "sql": thumb.sql, "author": author, "date": today}], sort_keys=False, allow_unicode=True
    )
    path.write_text((path.read_text(encoding="utf-8") if path.is_file() else "") + entry, encoding="utf-8")
    return path


def _moves(question: str, today: date) -> bool:
    """Whether a question names a period by today: `last month`, `October`."""
    words = [token.word for token in lexicon().tokens(question)]
    found = (periods.find(words[place:], lexicon(), today) for place in range(len(words)))
    return any(one is not None and one[1].words for one in found)
