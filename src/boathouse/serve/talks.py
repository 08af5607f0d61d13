"""Conversations with callers: each its caller's own, the latest kept in memory."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field

from boathouse.ask import Conversation
from boathouse.errors import MissingError
from boathouse.serve.identity import Caller

_KEPT = 1_000


@dataclass
class Talk:
    """One conversation; its lock keeps two questions at once from mixing."""

    name: str
    owner: tuple[str, str | None]
    conversation: Conversation = field(default_factory=Conversation)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Talks:
    """For many threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Talk] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str | None, caller: Caller) -> Talk:
        """The conversation of this name, or a new one for none. Raises MissingError where this caller has no such."""
        owner = caller.name, caller.key
        with self._lock:
            if name is None:
                found = Talk(uuid.uuid4().hex, owner)
                self._kept[found.name] = found
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
                return found
            there = self._kept.get(name)
            if there is None or there.owner != owner:
                raise MissingError(f"no conversation {name!r}", hint="ask without one: the answer names a new one")
            self._kept.move_to_end(name)
            return there
