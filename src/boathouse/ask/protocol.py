"""What an answerer is: it turns a question into a query, or says why not. It registers as an entry point `boathouse.answerers`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Protocol

from boathouse.ask.answer import Draft
from boathouse.ask.conversation import Conversation
from boathouse.ask.knowledge import Knowledge
from boathouse.config import QueryLimits
from boathouse.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from boathouse.query import Result
    from boathouse.query.policy import Policy
    from boathouse.workbench import Workbench

Step = Callable[[str], None]
LIMITS = QueryLimits(seconds=60, rows=100_000)  # of the queries of an answer, where nobody sets others


class RunQuery(Protocol):
    """Runs one guarded query as the caller, on the versions that are named."""

    def __call__(self, sql: str, versions: dict[str, int] | None = None) -> Result: ...


@dataclass
class Context:
    """What an answerer may use: what is known as the caller sees it, one way to run a query, and the talk so far."""

    wb: Workbench
    policy: Policy
    known: Knowledge
    run: RunQuery
    limits: QueryLimits
    conversation: Conversation
    caller: str
    step: Step = field(default=lambda _: None)


class Answerer(Protocol):
    """`draft` raises UnclearError for what it cannot answer."""

    name: str

    def draft(self, question: str, context: Context) -> Draft: ...


def answerer(name: str) -> Answerer:
    """The answerer of this name. Raises UsageError where there is none."""
    known = {entry.name: entry for entry in entry_points(group="boathouse.answerers")}
    if name not in known:
        raise UsageError(f"no answerer {name!r}{did_you_mean(name, known)}", hint=f"the answerers are {', '.join(sorted(known))}")
    made: Answerer = known[name].load()()
    return made
