"""The house's side of the jail: a keeper that has PandasAI loaded, and a locked process of its own for each question."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from boathouse.ask.jail.environment import JailError, cache, interpreter
from boathouse.ask.jail.inside import frames
from boathouse.errors import LimitError, QueryError

SECONDS = 30.0  # for which a question's own process may work
_START = 120.0  # seconds that the keeper may take to load PandasAI
_AT_ONCE = 4
_WAIT = 60.0  # seconds for which a question waits for a place
_WORDS = "import sys; sys.path.append(sys.argv[1]); from inside.warm import main; main(int(sys.argv[2]))"


class Jail:
    """The keeper. It ends with this process. Raises JailError where it does not start."""

    def __init__(self, python: Path):
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [str(python), "-s", "-P", "-c", _WORDS, str(Path(__file__).parent), str(theirs.fileno())], pass_fds=[theirs.fileno()],
                    env=_environment(), cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                    start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                ours.close()
                raise JailError(f"its Python does not start: {error}") from error
        self._control, self._lock, self._places = ours, threading.Lock(), threading.BoundedSemaphore(_AT_ONCE)
        ours.settimeout(_START)
        try:
            started = ours.recv(1)
        except TimeoutError:
            started = b""
        if not started:
            self.close()
            said = self._process.stderr.read().decode(errors="replace").strip().splitlines()  # type: ignore[union-attr]
            raise JailError(f"it does not load: {said[-1] if said else 'it says nothing'}")
        self._process.stderr.close()  # type: ignore[union-attr]

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def cell(self) -> Cell:
        """A locked process for one question. Raises JailError where a layer of the jail does not hold here."""
        if not self._places.acquire(timeout=_WAIT):
            raise QueryError("too many questions are being worked on", hint="ask again in a minute")
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            self._places.release()
            raise QueryError(f"the question has no place: {error}", hint="ask again in a minute") from None
        try:
            with theirs, self._lock:
                socket.send_fds(self._control, [b"?"], [theirs.fileno()])
                _, given, _, _ = socket.recv_fds(self._control, 1, 1)
            if not given:
                raise JailError("its keeper has ended")
            return Cell(ours, given[0], self._places.release)
        except BaseException as error:
            self._places.release()
            self.close()  # what it says next would be taken for the next question's
            if isinstance(error, OSError):
                raise JailError(f"its keeper has ended: {error}") from error
            raise

    def close(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()


class Cell:
    """One question's process, from the outside. Leaving it, as a context, ends the process."""

    def __init__(self, wall: socket.socket, process: int, freed: Any):
        self._wall, self._process, self._freed, self._left = wall, process, freed, SECONDS

    def __enter__(self) -> Cell:
        try:
            self._wall.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            said = self.hear()
            if "broken" in said:
                raise JailError(f"a layer of its jail does not hold: {said['broken']}")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, signal.SIGKILL)
            gone = select.poll()
            gone.register(self._process, select.POLLIN)
            gone.poll(5_000)
        finally:
            os.close(self._process)
            self._wall.close()
            self._freed()

    def say(self, head: dict[str, Any], body: bytes = b"") -> None:
        """Raises QueryError where nobody listens."""
        self._in_time(lambda sock: frames.send(sock.send, head, body))

    def hear(self) -> dict[str, Any]:
        """What the process says next. Raises LimitError where it takes too long, QueryError where it is no more or babbles."""
        try:
            return self._in_time(lambda sock: frames.receive(sock.recv, frames.LARGEST_OUT))[0]  # type: ignore[no-any-return]
        except ValueError as error:
            raise QueryError(f"the model's Python said what nobody can use: {error}", hint="ask in other words") from None

    def _in_time(self, talk: Any) -> Any:
        begun = time.monotonic()
        try:
            return talk(_Timed(self._wall, begun + self._left))
        except TimeoutError:
            raise LimitError(f"the model's Python was stopped after {SECONDS:g} s", hint="ask for less") from None
        except (EOFError, OSError):
            raise QueryError(
                "the model's Python ended its own process", hint="it asked for too much memory or time: ask for less"
            ) from None
        finally:
            self._left -= time.monotonic() - begun


class _Timed:
    """A socket that is done at a moment, however slowly the other side drips."""

    def __init__(self, sock: socket.socket, end: float):
        self._sock, self._end = sock, end

    def recv(self, size: int) -> bytes:
        self._wait()
        return self._sock.recv(size)

    def send(self, data: memoryview) -> int:
        self._wait()
        return self._sock.send(data)

    def _wait(self) -> None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)


_jails: dict[int, Jail] = {}  # by process: one that is forked has none
_starting = threading.Lock()


def jail() -> Jail:
    """This process's jail, started when it is first wanted. Raises JailError where there can be none."""
    with _starting:
        found = _jails.get(os.getpid())
        if found is None or not found.alive:
            found = _jails[os.getpid()] = Jail(interpreter())
        return found


def _environment() -> dict[str, str]:
    """All that the keeper and its children have of an environment: nothing of ours."""
    drawing = cache() / "matplotlib"
    with contextlib.suppress(OSError):
        drawing.mkdir(parents=True, exist_ok=True)
    return {"SCARF_NO_ANALYTICS": "true", "DO_NOT_TRACK": "true", "MPLBACKEND": "Agg", "MPLCONFIGDIR": str(drawing), "TZ": "UTC",
            "ARROW_DEFAULT_MEMORY_POOL": "system", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
