"""Runs the SQL of callers in processes of their own: one that does not stop in time is killed, and the server stays up."""

from __future__ import annotations

import contextlib
import itertools
import logging
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

import pyarrow as pa

from boathouse.config import QueryLimits
from boathouse.errors import BoathouseError, BusyError, LimitError, QueryError
from boathouse.query import Result
from boathouse.query.alarm import ALARM
from boathouse.query.policy import EVERYTHING, Policy
from boathouse.query.receipt import Receipt
from boathouse.serve.answers import Head, Told
from boathouse.workbench import Workbench

RECEIPT, READY = "receipt", "ready"
_log = logging.getLogger("boathouse.serve")
_PATIENCE = 30.0  # seconds for which a job waits for a worker
_PIPE = 1 << 20
_QUEUE = 200  # jobs that may wait at once
_GRACE = 0.7  # seconds for which a query that was told to stop may take


@dataclass(frozen=True)
class Job:
    """A query and the form of its answer; the form `receipt` is its receipt alone."""

    sql: str
    parameters: Any = None
    versions: dict[str, int] | None = None
    limits: QueryLimits = field(default_factory=QueryLimits)
    policy: Policy = EVERYTHING
    form: str = "json"
    known: list[str] = field(default_factory=list)


class Workers:
    """A few processes, each with a locked engine of its own; a job waits for one that is free."""

    def __init__(self, wb: Workbench, count: int):
        self.wb = wb
        self._free: SimpleQueue[_Worker] = SimpleQueue()
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._waiting = threading.Semaphore(_QUEUE)
        self._closed = False
        for _ in range(count):
            self._start()

    def _start(self) -> None:
        threading.Thread(target=self._admit, daemon=True).start()

    def _admit(self) -> None:
        """Starts a worker and waits until it takes jobs; one that cannot start is tried again."""
        for seconds in itertools.chain((0.0, 1.0, 5.0), itertools.repeat(30.0)):
            time.sleep(seconds)
            with self._lock:
                if self._closed:
                    return
                try:
                    worker = _Worker(self.wb)
                except OSError as error:
                    _log.error("no worker can be started: %s", error)
                    continue
                self._all.add(worker)
            if worker.ready():
                self._free.put(worker)
                return
            _log.error("a worker ended before it could work")
            self._drop(worker)

    def _drop(self, worker: _Worker) -> None:
        with self._lock:
            self._all.discard(worker)
        worker.kill()

    def run(self, job: Job) -> Told:
        """What `told` makes of the job, from a worker. Raises what the query raises; LimitError where it had to be killed,
        BusyError where no worker became free."""
        if not self._waiting.acquire(blocking=False):
            raise BusyError("the server is busy with other queries", seconds=5)
        try:
            worker = self._free.get(timeout=_PATIENCE)
        except Empty:
            raise BusyError("the server is busy with other queries", seconds=5) from None
        finally:
            self._waiting.release()
        try:
            yield from worker.run(job)
        finally:
            if worker.idle:
                self._free.put(worker)
            else:  # it was killed, taken to a limit, or its caller went away in the middle
                self._drop(worker)
                self._start()

    def result(self, sql: str, limits: QueryLimits, policy: Policy, versions: dict[str, int] | None = None) -> Result:
        """A query's rows, as a result: one row more than is wanted says whether it was cut."""
        wanted = limits.model_copy(update={"rows": limits.rows + 1 if limits.rows else None})
        pieces = self.run(Job(sql, None, versions, wanted, policy, "arrow"))
        head = next(pieces)
        assert isinstance(head, Head)
        table = pa.ipc.open_stream(b"".join(piece for piece in pieces if isinstance(piece, bytes))).read_all()
        cut = bool(limits.rows) and table.num_rows > (limits.rows or 0)
        return Result.of(table.slice(0, limits.rows) if cut else table, head.asked, limits, cut=cut)

    def receipt(self, job: Job) -> Receipt:
        """The receipt of a query, from its run."""
        [receipt] = self.run(job)
        assert isinstance(receipt, Receipt)
        return receipt

    def free(self) -> int:
        """How many wait for a job."""
        return self._free.qsize()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for worker in self._all:
                worker.kill()


class _Worker:
    """One process, and what is said to it."""

    def __init__(self, wb: Workbench):
        command = [sys.executable, "-m", "boathouse.serve.worker"]
        size = _PIPE if sys.platform == "linux" else -1  # wide, so that a long answer changes hands less often
        self.process: Any = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pipesize=size)
        self.idle = True
        self._say((wb.root, wb.environment, wb.config))

    def _say(self, what: Any) -> None:
        pickle.dump(what, self.process.stdin)
        self.process.stdin.flush()

    def ready(self) -> bool:
        """Waits until it takes jobs; false where it died first."""
        try:
            return pickle.load(self.process.stdout) == READY
        except (EOFError, OSError, ValueError):
            return False

    def run(self, job: Job) -> Iterator[Any]:
        self.idle, seconds, late = False, job.limits.seconds, threading.Event()

        def end() -> None:
            late.set()
            self.process.kill()

        cancel = ALARM.after(seconds + _GRACE, end) if seconds is not None else None
        try:
            self._say(job)
            while (piece := pickle.load(self.process.stdout)) is not None:
                if isinstance(piece, BoathouseError):
                    self.idle = not (
                        isinstance(piece, QueryError) and piece.spent
                    )  # an allocation that failed may have left a lock behind
                    raise piece
                yield piece
            self.idle = True
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            if late.is_set():
                raise LimitError.after(seconds) from error
            hint = "it asked for more memory than there is: ask for less"
            raise QueryError("the query ended its process", hint=hint) from error
        finally:
            if cancel:
                cancel()
            if late.is_set():  # it was killed at the very end
                self.idle = False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
