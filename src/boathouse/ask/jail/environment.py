"""PandasAI's own Python environment: its pins would hold back everything else. Built once, in the user's cache, where the running
interpreter does not have it."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from filelock import FileLock

from boathouse.errors import QueryError

_PINS = Path(__file__).with_name("requirements.txt")
_WANTED = "3.11"  # PandasAI 3 runs on no newer one
_AGAIN = 600.0  # seconds after which a build that failed is tried again
_PATIENCE = 900  # seconds that a step of the build may take


class JailError(QueryError):
    """The jail cannot be had here."""

    def __init__(self, message: str):
        super().__init__(f"pandasai cannot start here: {message}", hint="ask with --answerer sql, or --answerer offline")


def interpreter() -> Path:
    """The Python that has PandasAI; makes its environment where there is none. Raises JailError."""
    if sys.platform != "linux":
        raise JailError("its jail needs Linux")
    if _runs(sys.executable) and importlib.util.find_spec("pandasai"):
        return Path(sys.executable)
    folder = cache() / f"pandasai-{hashlib.sha256(_PINS.read_bytes()).hexdigest()[:12]}"
    python, ready, failed = folder / "bin" / "python", folder / "ready", folder.with_suffix(".failed")
    if ready.exists() and python.exists():
        return python
    if failed.exists() and time.time() - failed.stat().st_mtime < _AGAIN:
        raise JailError(failed.read_text(encoding="utf-8"))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if not (ready.exists() and python.exists()):
                shutil.rmtree(folder, ignore_errors=True)
                _build(folder, python)
                ready.touch()
    except JailError as error:
        with contextlib.suppress(OSError):
            failed.write_text(error.message.removeprefix("pandasai cannot start here: "), encoding="utf-8")
        raise
    except OSError as error:
        raise JailError(f"its environment cannot be made: {error}") from error
    return python


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "boathouse"


def _build(folder: Path, python: Path) -> None:
    """With uv where there is one, else with the standard library's venv and pip."""
    uv = next(
        (found for found in (Path(sys.executable).with_name("uv"), shutil.which("uv")) if found and Path(found).exists()), None
    )
    if uv:
        _step(uv, "venv", "--quiet", "--python", _WANTED, folder)
        _step(uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, "-r", _PINS)
        return
    found = next((one for one in (sys.executable, shutil.which(f"python{_WANTED}")) if one and _runs(one)), None)
    if not found:
        raise JailError(f"it needs Python {_WANTED}, and none is at hand")
    _step(found, "-m", "venv", folder)
    _step(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", _PINS)


def _runs(python: str) -> bool:
    if python == sys.executable:
        return f"{sys.version_info.major}.{sys.version_info.minor}" == _WANTED
    told = subprocess.run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, check=False
    )
    return told.stdout.strip() == _WANTED


def _step(*command: str | Path) -> None:
    try:
        ran = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=_PATIENCE,
                             env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"})  # fmt: skip
    except subprocess.TimeoutExpired:
        raise JailError(f"its environment was not made within {_PATIENCE} s") from None
    if ran.returncode:
        said = [line for line in (ran.stderr or ran.stdout).splitlines() if line.strip()]
        raise JailError(f"its environment cannot be made: {said[0].strip() if said else f'{command[0]} failed'}")
