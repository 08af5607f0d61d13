"""A worker's own side, as a process: jobs come in on stdin, answers go out on stdout, until stdin ends."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
from typing import Any, BinaryIO

from boathouse.config.workbench import in_bytes
from boathouse.errors import BoathouseError, QueryError
from boathouse.serve.answers import Head, told
from boathouse.serve.workers import READY, RECEIPT, Job
from boathouse.workbench import Workbench


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints does not get among the answers
    with contextlib.suppress(EOFError, OSError):
        root, environment, config = pickle.load(sys.stdin.buffer)
        _bound_memory(2 * in_bytes(config.limits.memory) + (1 << 30))
        wb = Workbench(root, environment=environment)
        wb.config = config
        wb.tables.max_age = 0.5
        wb.reader.cursor().close()  # its engine is there
        _say(out, READY)
        while True:
            _answer(wb, pickle.load(sys.stdin.buffer), out)
    os._exit(0)


def _answer(wb: Workbench, job: Job, out: BinaryIO) -> None:
    """The pieces of an answer, then None; or an error."""
    try:
        result = wb.sql(job.sql, job.parameters, versions=job.versions, limits=job.limits, role=job.policy)
        pieces: Any = [result.receipt] if job.form == RECEIPT else told(result, job.form, job.known, job.policy)
        for piece in pieces:
            _say(out, piece.without_files() if isinstance(piece, Head) else piece)
        _say(out, None)
    except BoathouseError as error:
        _say(out, error)
    except MemoryError:
        spent = QueryError("the query asks for more memory than there is", hint="ask for less")
        spent.spent = True
        _say(out, spent)


def _say(out: BinaryIO, piece: Any) -> None:
    """A piece, pickled; a view arrives as bytes, and is not copied before it is sent."""
    pickle.dump(pickle.PickleBuffer(piece) if isinstance(piece, memoryview) else piece, out, protocol=5)
    out.flush()


def _bound_memory(ceiling: int) -> None:
    """A ceiling over what the engine counts itself, so that a query that takes more ends its own process, not the machine."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (ceiling, ceiling))


if __name__ == "__main__":
    main()
