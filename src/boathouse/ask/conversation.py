"""What was asked before: follow-ups build on it. Kept apart from every other, in the lake where its user wants."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boathouse.errors import UsageError

if TYPE_CHECKING:
    from boathouse.ask.answer import Answer
    from boathouse.ask.intent import Intent
    from boathouse.lake import Lake

_KEPT, _LONGEST = 50, 2_000  # turns, characters of a question
_FOLDER = "runs/conversations"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


@dataclass
class Conversation:
    """Questions and answers in their order. `intent` is what the last answered one asked for."""

    turns: list[dict[str, Any]] = field(default_factory=list)
    intent: Intent | None = None
    known: Any = None  # the knowledge that the intent was made with

    def add(self, answer: Answer, policy: str) -> None:
        """Remembers a turn, without its rows, and under which policy it was; the oldest are forgotten."""
        said = {"asked_at": datetime.now(UTC).isoformat(), "question": answer.question[:_LONGEST], "status": answer.status,
                "answer": answer.text[:_LONGEST], "answerer": answer.answerer, "sql": answer.sql, "assumptions": answer.assumptions,
                "options": answer.options, "policy": policy,
                "receipt": answer.receipt.to_json() if answer.receipt else None, "python": answer.python}  # fmt: skip
        self.turns = [*self.turns, said][-_KEPT:]

    def chosen(self, reply: str, answerer: str, policy: str) -> str:
        """The question that a reply means: the option of that number where the last answer offered some, else itself. An option
        may hold a cell, so it is another answerer's, or another policy's, business."""
        last = self.turns[-1] if self.turns else {}
        options = last.get("options", []) if (last.get("answerer"), last.get("policy")) == (answerer, policy) else []
        number = reply.strip().rstrip(".)")
        return options[int(number) - 1] if number.isdecimal() and 1 <= int(number) <= len(options) else reply

    def save(self, lake: Lake, name: str) -> None:
        """Keeps it in the lake under a name. Raises UsageError for a name that cannot be one."""
        lake.prepare()
        lake.store.put_bytes(json.dumps(self.turns, ensure_ascii=False).encode(), _path(name))

    @classmethod
    def load(cls, lake: Lake, name: str) -> Conversation:
        """One that was kept, or a new one where none is. Raises LakeError for one that is damaged."""
        path = _path(name)
        return cls(lake.store.read_json(path)) if path in lake.store.files(_FOLDER) else cls()


def _path(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot name a conversation", hint="use letters, digits, _ and -")
    return f"{_FOLDER}/{name}.json"
