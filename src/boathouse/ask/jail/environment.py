"""PandasAI's own Python environment: its pins would hold back everything else. Built once, in the user's cache, where the running
interpreter does not have it."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

from boathouse.errors import BoathouseError

_PINS = Path(__file__).with_name("requirements.txt")
_TOLD = ("pandasai", "pandas", "numpy")
_WANTED = "3.11"  # PandasAI 3 runs on no newer one
_RUNS_HERE = sys.version_info[:2] == (3, 11)
_AGAIN = 600.0  # seconds after which a build that failed is tried again
_PATIENCE = 900  # seconds that a step of the build may take


class JailError(BoathouseError):
    """The jail cannot be had here, and the reason."""

    def __init__(self, reason: str):
        super().__init__(f"pandasai cannot start here: {reason}", hint="ask with --answerer sql, or --answerer offline")
        self.reason = reason


def interpreter() -> Path:
    """The Python that has PandasAI; makes its environment where there is none. Raises JailError."""
    if sys.platform != "linux":
        raise JailError("its jail needs Linux")
    if _has_it():
        return Path(sys.executable)
    folder = _folder()
    python = folder / "bin" / "python"
    if not _is_made(folder):
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.with_suffix(".lock")):
                _make(folder, python)
        except OSError as error:
            raise JailError(f"its environment cannot be made: {error}") from error
    return python


def is_made() -> bool:
    """Whether nothing has to be built, or nothing could."""
    return sys.platform != "linux" or _has_it() or _is_made(_folder())


def _has_it() -> bool:
    return _RUNS_HERE and importlib.util.find_spec("pandasai") is not None


def _folder() -> Path:
    return cache() / f"pandasai-{hashlib.sha256(_PINS.read_bytes()).hexdigest()[:12]}"


def _is_made(folder: Path) -> bool:
    return (folder / "ready").exists() and (folder / "bin" / "python").exists()


def _make(folder: Path, python: Path) -> None:
    """Makes the environment, unless somebody has done so meanwhile, or has failed a little while ago."""
    failed = folder.with_suffix(".failed")
    if _is_made(folder):
        return
    if failed.exists() and time.time() - failed.stat().st_mtime < _AGAIN:
        raise JailError(failed.read_text(encoding="utf-8"))
    shutil.rmtree(folder, ignore_errors=True)
    try:
        _build(folder, python)
    except JailError as error:
        failed.write_text(error.reason, encoding="utf-8")
        raise
    (folder / "ready").touch()


def versions() -> str:
    """What runs the Python that a model writes: the results of another version may differ."""
    if _has_it():
        return ", ".join(f"{name} {version(name)}" for name in _TOLD)
    pins = dict(line.split("==") for line in _PINS.read_text(encoding="utf-8").split() if "==" in line)
    return ", ".join(f"{name} {pins[name]}" for name in _TOLD)


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "boathouse"


def _build(folder: Path, python: Path) -> None:
    """With uv where there is one, else with the standard library's venv and pip."""
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if uv:
        _step(uv, "venv", "--quiet", "--python", _WANTED, folder)
        _step(uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, "-r", _PINS)
        return
    found = sys.executable if _RUNS_HERE else shutil.which(f"python{_WANTED}")
    if not found:
        raise JailError(f"it needs Python {_WANTED}, and none is at hand")
    _step(found, "-m", "venv", folder)
    _step(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", _PINS)


def _step(*command: str | Path) -> None:
    try:
        ran = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=_PATIENCE,
                             env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"})  # fmt: skip
    except subprocess.TimeoutExpired:
        raise JailError(f"its environment was not made within {_PATIENCE} s") from None
    if ran.returncode:
        said = [line for line in (ran.stderr or ran.stdout).splitlines() if line.strip()]
        raise JailError(f"its environment cannot be made: {said[0].strip() if said else f'{command[0]} failed'}")
