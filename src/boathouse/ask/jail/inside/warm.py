"""The jail's keeper: it has PandasAI loaded, runs no model's code, and forks a locked process for each question."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import sys
import types
from collections.abc import Callable
from functools import partial

from inside import frames, lockdown


def main(control: int) -> None:
    """Takes a socket for each question, on the socket `control`, and gives back a descriptor of the process that has it."""
    house = socket.socket(fileno=control)
    sys.modules["duckdb"] = types.ModuleType("duckdb")  # PandasAI imports it; no engine is wanted in here
    import dotenv

    dotenv.load_dotenv = lambda *_, **__: False  # it would look for secrets
    from inside import agent

    agent.rehearse()
    gc.freeze()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    house.send(b".")
    while True:
        _, given, _, _ = socket.recv_fds(house, 1, 1)
        if not given:
            return  # the house has ended
        [question] = given
        with contextlib.suppress(ChildProcessError):  # none is left that has ended
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        pid = os.fork()
        if pid == 0:
            _cell(question, agent.work)
        os.close(question)
        process = os.pidfd_open(pid)
        socket.send_fds(house, [b"."], [process])
        os.close(process)


def _cell(question: int, work: Callable[[int], None]) -> None:
    """The forked process: locks itself, says so, and works."""
    try:
        try:
            lockdown.lock(question)
        except lockdown.BrokenError as error:
            frames.send(partial(os.write, question), {"broken": str(error)})
            return
        frames.send(partial(os.write, question), {"ready": True})
        work(question)
    finally:
        os._exit(0)
