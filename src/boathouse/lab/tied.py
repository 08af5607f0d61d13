"""`python -m boathouse.lab.tied MODULE …` runs a server that ends with its parent, however that ends: its input ends then."""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any


def start(module: str, *arguments: str, cwd: Path, env: dict[str, str], output: Any = None) -> subprocess.Popen[bytes]:
    """Starts one, in a group of its own: Ctrl-C is for the parent, which then ends it."""
    command = [sys.executable, "-m", "boathouse.lab.tied", module, *arguments]
    return subprocess.Popen(
        command, cwd=cwd, env=env, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends one: it has ten seconds to end what it runs."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _watch() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_watch, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
