"""From a question to an answer: what is known, an answerer's draft, the guarded run, and what must be said beside it."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from boathouse import clock
from boathouse.ask.answer import Answer, Draft
from boathouse.ask.conversation import Conversation
from boathouse.ask.glossary import FILE
from boathouse.ask.intent import UnclearError
from boathouse.ask.jail import JailError
from boathouse.ask.knowledge import Knowledge
from boathouse.ask.meanings import Dataset
from boathouse.ask.protocol import Context, Step, answerer
from boathouse.ask.verified import verified
from boathouse.config import QueryLimits
from boathouse.errors import QueryError
from boathouse.query import Result
from boathouse.query.policy import Policy
from boathouse.schedule import overdue

if TYPE_CHECKING:
    from boathouse.workbench import Workbench

Run = Callable[[str, QueryLimits, dict[str, int] | None], Result]
_LONGEST = 2_000  # characters of a question
_KEPT = 20
_GROUPS, _SUGGESTED = 20, 5


@dataclass(frozen=True)
class Asking:
    """A question and all that goes with it: who asks, what they may see, what was said before, and how a query is run."""

    question: str
    policy: Policy
    answerer: str | None  # unset: offline without a model, else pandasai where its jail holds, else sql
    conversation: Conversation
    limits: QueryLimits
    step: Step
    run: Run
    caller: str


class Asker:
    """Asks over one workbench, for many callers at once. What is known is kept until a dataset or a pipeline changes."""

    def __init__(self, wb: Workbench):
        self.wb = wb
        self._known: OrderedDict[Any, Knowledge] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, asking: Asking) -> Answer:
        """The answer, as the caller's policy has it. What goes wrong is an answer too."""
        name = asking.answerer or ("pandasai" if self.wb.config.ask.model else "offline")
        policy = hashlib.sha256(repr(asking.policy).encode()).hexdigest()[:12]
        asking = replace(asking, question=asking.conversation.chosen(asking.question, name, policy))
        try:
            made = self._said(asking, name, [])
        except JailError as error:
            if asking.answerer:
                made = Answer("failed", asking.question, error.render(), name)
            else:
                made = self._said(asking, "sql", [f"{error.message}; so sql answered"])
        asking.conversation.add(made, policy)
        return made

    def _said(self, asking: Asking, name: str, notes: list[str]) -> Answer:
        """What an answerer comes to. Raises JailError."""
        try:
            return self._answer(asking, name, notes)
        except UnclearError as problem:
            text = problem.text if problem.text.endswith("?") else f"{problem.text}."
            status = "clarify" if problem.asks else "refused"
            return Answer(status, asking.question, text[:1].upper() + text[1:], name, assumptions=notes, options=problem.options)  # type: ignore[arg-type]
        except QueryError as error:
            return Answer("failed", asking.question, error.render(), name, assumptions=notes)

    def _answer(self, asking: Asking, name: str, notes: list[str]) -> Answer:
        question, conversation = asking.question, asking.conversation
        if not question.strip():
            raise UnclearError("What would you like to know", asks=True)
        if len(question) > _LONGEST:
            raise UnclearError(f"That is {len(question):,} characters; a question has at most {_LONGEST:,}")
        asking.step("looking at what there is")
        known = self.known(asking.policy)

        def run(sql: str, versions: dict[str, int] | None = None) -> Result:
            return asking.run(sql, asking.limits, versions)

        context = Context(self.wb, asking.policy, known, run, asking.limits, conversation, asking.caller, asking.step)
        begins = known.lexicon.phrases.get((question.split(maxsplit=1)[0].lower(),))
        fragment = bool(conversation.turns) and begins in ("and", "only", "by")
        proven = None if fragment else verified(self.wb.root, question, known, self.wb.reader.reads)
        if proven is not None:
            conversation.intent = None
            name, draft = "verified", Draft(proven.sql, [f"verified by {proven.author}, {proven.date}"])
        else:
            draft = answerer(name).draft(question, context)
            draft.assumptions += notes
        asking.step("running the query")
        result = draft.result or context.run(draft.sql)
        return Answer.of(question, name, draft, result, self._warnings(result, known.schedules))

    def known(self, policy: Policy) -> Knowledge:
        """What is known as a policy shows it, read again when a table, a pipeline or the day has changed."""
        names = self.wb.tables.names()
        tables = [(name, self.wb.tables.newest(name)) for name in policy.visible(names)]
        versions = tuple((name, table.version, table.delta and str(table.delta.metadata().id)) for name, table in tables)
        saved = tuple((path.name, path.stat().st_mtime_ns) for path in sorted((self.wb.root / "pipelines").glob("*.yml")))
        glossary = self.wb.root / FILE
        key = (repr(policy), versions, saved, glossary.stat().st_mtime_ns if glossary.exists() else 0, Knowledge.day(self.wb))
        with self._lock:
            if (found := self._known.get(key)) is not None:
                self._known.move_to_end(key)
                return found
        made = Knowledge.of(self.wb, policy)
        with self._lock:
            self._known[key] = made
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return made

    def suggestions(self, policy: Policy, about: Collection[str] = ()) -> list[str]:
        """A few questions that can be answered here, those `about` some datasets first."""
        known, found = self.known(policy), []
        for metric in [one for one in known.metrics if not about or one.dataset in about][:2]:
            dataset = known.datasets[metric.dataset]
            found += [f"{metric.name} by {part}" for part in _parts(dataset)[:1]]
            found += [f"{metric.name} last month"] if dataset.time else []
        for dataset in [known.datasets[name] for name in about if name in known.datasets and not found]:
            sums = [c.name for c in dataset.measures if known.lexicon.is_added(c.name)]
            found += [f"total {sums[0]} by {part}".replace("_", " ") for part in _parts(dataset)[:1] if sums]
            found += [f"{dataset.name} by month".replace("_", " ")] if dataset.time else []
        found += [
            f"how many {name.replace('_', ' ')} are there" for name in sorted(known.datasets, key=lambda name: name not in about)
        ]
        return found[:_SUGGESTED]

    def _warnings(self, result: Result, schedules: dict[str, str]) -> list[str]:
        """What an answer must not leave unsaid: rows that a policy hides, datasets whose latest run published nothing, and those
        that should have run since."""
        said = []
        for applied in result.asked.policies:
            if applied.rows_filtered:
                said.append(f"You see only some of the rows of {applied.dataset}: others may be there.")
        for table in result.asked.tables:
            runs = self.wb.run_records.read(dataset=table.name)
            day = f"{table.committed_at:%Y-%m-%d %H:%M}"
            if runs and runs[0]["status"] in ("failed", "rejected"):
                said.append(f"The latest run of {table.name} was {runs[0]['status']}, so this is as of {day} UTC.")
            elif table.name in schedules:
                last = datetime.fromisoformat(runs[0]["started_at"]) if runs else None
                if due := overdue(schedules[table.name], last, clock.now(self.wb.tz)):
                    said.append(
                        f"{table.name} was due at {due:%Y-%m-%d %H:%M} and has not run since, so this is as of {day} UTC."
                    )
        return said


def _parts(dataset: Dataset) -> list[str]:
    """The columns that part its rows into a few groups."""
    return [column.name for column in dataset.columns.values() if column.kind == "text" and 1 < column.size <= _GROUPS]
