"""Servers that are kept: one that ends by itself is started again, and all of them end with their parent, however that ends.
`python -m boathouse.lab.tied MODULE …` is the inside: its input ends with the parent."""

from __future__ import annotations

import logging
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

_SOON, _LONG = 0.5, 60.0  # seconds: one that cannot start is tried ever more seldom
_log = logging.getLogger("boathouse.lab")


class Tied:
    """A server, in a group of its own: Ctrl-C is for the parent, which then ends it. What it says goes to a `log`."""

    def __init__(self, module: str, *arguments: str, cwd: Path, env: dict[str, str], log: Path):
        self._command = [sys.executable, "-m", "boathouse.lab.tied", module, *arguments]
        self._cwd, self._env, self.log = cwd, env, log
        self._stopped, self._turn = threading.Event(), threading.Lock()
        self._process = self._start()
        threading.Thread(target=self._keep, daemon=True).start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(self._command, cwd=self._cwd, env=self._env, stdin=subprocess.PIPE, stdout=log, stderr=log,
                                    start_new_session=True)  # fmt: skip

    def _keep(self) -> None:
        pause = _SOON
        while not self._stopped.is_set():
            began = time.monotonic()
            self._process.wait()
            pause = _SOON if time.monotonic() - began > _LONG else min(2 * pause, _LONG)
            if not self._stopped.wait(pause):
                _log.warning(
                    "%s has ended and is started again; the last that it said: %s", self._command[3], self.said()[-500:].strip()
                )
                with self._turn:
                    if not self._stopped.is_set():
                        self._process = self._start()

    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-2_000:]

    def close(self) -> None:
        """Ends it: it has ten seconds to end what it runs."""
        with self._turn:
            self._stopped.set()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _watch() -> None:
    while os.read(0, 1024):  # without Python's own lock on stdin, which its end would wait for
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_watch, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
