"""Runs that the API starts: each is a process of its own, one at a time for a pipeline."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import uuid
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from boathouse.errors import MissingError
from boathouse.query.catalog import run_shown
from boathouse.query.policy import Policy
from boathouse.run.process import RunProcess
from boathouse.workbench import Workbench

_KEPT = 1_000
_AT_ONCE = 2  # runs; further ones wait
_LONGEST = 600.0


@dataclass
class Launch:
    """A run that was asked for. `options` are those of the workbench's `run`."""

    id: str
    pipeline: str
    options: dict[str, Any]
    state: Literal["waiting", "running", "done", "failed"] = "waiting"
    runs: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    future: Future[None] | None = None

    def shown(self, policy: Policy) -> dict[str, Any]:
        """What a caller may know of it."""
        error = self.error if self.error is None or policy.unlimited else "the run failed"
        runs = [run_shown(run, policy) for run in self.runs]
        return {"id": self.id, "pipeline": self.pipeline, "state": self.state, "runs": runs, "error": error}

    async def ended(self) -> None:
        """Waits for its end, for ten minutes at most."""
        if self.future:
            with contextlib.suppress(TimeoutError, asyncio.TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self.future)), _LONGEST)


class Launches:
    """What was launched lately. For many threads."""

    def __init__(self, wb: Workbench):
        self.wb = wb
        self._kept: OrderedDict[str, Launch] = OrderedDict()
        self._lock = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}
        self._pool = ThreadPoolExecutor(16, thread_name_prefix="launch")
        self._room = threading.Semaphore(_AT_ONCE)
        self._running: set[RunProcess] = set()
        self._closed = False

    def start(self, pipeline: str, **options: Any) -> Launch:
        """A run of a pipeline; one that waits already, with the same options, will do."""
        options = {name: value for name, value in options.items() if value}
        with self._lock:
            for launch in self._kept.values():
                if (launch.pipeline, launch.options, launch.state) == (pipeline, options, "waiting"):
                    return launch
            launch = Launch(uuid.uuid4().hex[:12], pipeline, options)
            self._kept[launch.id] = launch
            for old in [one.id for one in self._kept.values() if one.state in ("done", "failed")][
                : max(0, len(self._kept) - _KEPT)
            ]:
                del self._kept[old]
            turn = self._turns.setdefault(pipeline, threading.Lock())
            launch.future = self._pool.submit(self._run, launch, turn)
        return launch

    def get(self, name: str) -> Launch:
        """Raises MissingError where there is none."""
        if name not in self._kept:
            raise MissingError(f"no launch {name!r}", hint="the server keeps the latest; GET /runs has all runs")
        return self._kept[name]

    def _run(self, launch: Launch, turn: threading.Lock) -> None:
        with turn, self._room:
            with self._lock:
                if self._closed:
                    return
                launch.state = "running"
                process = RunProcess(self.wb.root, (launch.pipeline,), self.wb.environment, **launch.options)
                self._running.add(process)
            for _ in process.events():
                pass  # who started it looks at its end
            self._running.discard(process)
            launch.runs, launch.error = process.records, process.error
            launch.state = "done" if process.error is None else "failed"

    def close(self) -> None:
        """Ends what runs: a run that is ended publishes whole batches or none."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in list(self._running):
            process.stop()
        for process in list(self._running):
            process.wait()
