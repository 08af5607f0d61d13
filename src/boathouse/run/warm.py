"""A warm kernel server: a process that has imported what every run needs and forks a kernel whenever it is asked.

Linux only; elsewhere kernels start as usual. The parent talks to it over its stdin and stdout, a line of JSON each. When
the parent dies, its stdin ends, and it takes its kernels with it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from typing import Any

# ---- the server: `python -m boathouse.run.warm` ----

_LIGHT = ("ipykernel.kernelapp", "ipykernel.ipkernel", "pyarrow.parquet", "boathouse.ingest", "boathouse.workbench")


def serve(many: bool) -> None:
    """Imports, then forks a kernel for every request until stdin ends."""
    import gc
    import importlib

    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what imports print is not an answer
    for name in _LIGHT:
        importlib.import_module(name)
    if many:  # a single run has its kernel import the rest while the engine reads its source
        from boathouse.suites import preload

        preload.load()
    gc.freeze()
    children: set[int] = set()
    lock = threading.Lock()

    def answer(message: dict[str, Any]) -> None:
        with lock:
            out.write(json.dumps(message) + "\n")

    # no thread may live in a process that forks: dead children are collected between requests, by a signal
    def collect(*_: Any) -> None:
        while children:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            children.discard(pid)
            os.write(out.fileno(), (json.dumps({"exited": pid, "code": os.waitstatus_to_exitcode(status)}) + "\n").encode())

    signal.signal(signal.SIGCHLD, collect)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answer({"ready": os.getpid()})
    for line in sys.stdin:
        request = json.loads(line)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            _become_kernel(request)
        children.add(pid)
        answer({"request": request["request"], "pid": pid})
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    for pid in list(children):
        os.kill(pid, signal.SIGKILL)
    os._exit(0)  # an orderly end of the libraries takes a second and serves nobody


def _become_kernel(request: dict[str, Any]) -> None:
    code = 1
    try:
        os.setpgid(0, 0)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.clear()
        os.environ.update(request["env"])
        os.chdir(request["cwd"])
        if request["cwd"] not in sys.path:
            sys.path.insert(0, "")
        from ipykernel.kernelapp import IPKernelApp

        # the handle makes it end when the server does, and keeps it from explaining itself to a terminal
        IPKernelApp.launch_instance(["-f", request["connection_file"], f"--IPKernelApp.parent_handle={os.getppid()}"])
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    finally:
        os._exit(code)


# ---- the parent's side ----


class WarmKernels:
    """The server's client, for `many` kernels or for one. Use as a context manager; any thread may call `start`."""

    def __init__(self, many: bool) -> None:
        # a group of its own: Ctrl-C is for the parent, which then ends the runs in their order
        self._server = subprocess.Popen(
            [sys.executable, "-m", "boathouse.run.warm", "many" if many else "one"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            bufsize=1, start_new_session=True,
        )  # fmt: skip
        self._lock = threading.Lock()
        self._asked: dict[int, Future[int]] = {}
        self._exits: dict[int, Future[int]] = {}
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def __enter__(self) -> WarmKernels:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the server, and with it every kernel that is running. Once is enough."""
        assert self._server.stdin is not None
        try:
            self._server.stdin.close()
            self._server.wait(5)
        except (subprocess.TimeoutExpired, OSError):
            self._server.kill()
            self._server.wait()

    def start(self, connection_file: str, env: dict[str, str], cwd: str) -> ForkedKernel:
        """A kernel on this connection file. Raises OSError where the server has died."""
        assert self._server.stdin is not None
        answer: Future[int] = Future()
        with self._lock:
            number = len(self._asked)
            self._asked[number] = answer
            request = {"request": number, "connection_file": connection_file, "env": env, "cwd": cwd}
            self._server.stdin.write(json.dumps(request) + "\n")
            self._server.stdin.flush()
        pid = answer.result(120)
        return ForkedKernel(pid, self._exit(pid))

    def _exit(self, pid: int) -> Future[int]:
        with self._lock:
            return self._exits.setdefault(pid, Future())

    def _listen(self) -> None:
        assert self._server.stdout is not None
        for line in self._server.stdout:
            message = json.loads(line)
            if "pid" in message:
                self._asked[message["request"]].set_result(message["pid"])
            elif "exited" in message:
                self._exit(message["exited"]).set_result(message["code"])
        gone = OSError("the warm kernel server has ended")
        for future in (*self._asked.values(), *self._exits.values()):
            if not future.done():
                future.set_exception(gone)


class ForkedKernel:
    """A forked kernel with as much of subprocess.Popen as jupyter_client needs."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, exit_code: Future[int]):
        self.pid, self._exit = pid, exit_code

    def poll(self) -> int | None:
        if not self._exit.done():
            return None
        return 1 if self._exit.exception() else self._exit.result()

    def wait(self) -> int:
        return 1 if self._exit.exception() else self._exit.result()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    serve(sys.argv[1] == "many")
