"""Great Expectations takes seconds to import: begin it in a thread, while the engine reads the source."""

from __future__ import annotations

import sys
import threading
from importlib import import_module

_PARTS = ("great_expectations", "boathouse.suites.judge", "boathouse.suites.conditions", "boathouse.suites.metrics",
          "boathouse.suites.build", "boathouse.suites.docs")  # fmt: skip


def load() -> None:
    """Imports it, with what judging needs."""
    # jsonschema, which altair pulls in, which GX pulls in, would build a grammar of web addresses for a whole second
    grammar = "rfc3987_syntax"
    absent = grammar not in sys.modules
    if absent:
        sys.modules[grammar] = None  # type: ignore[assignment]
    try:
        for name in _PARTS:
            import_module(name)
    finally:
        if absent:
            del sys.modules[grammar]


def begin() -> None:
    """`load`, in the background; whoever imports it meanwhile waits for it."""
    if "great_expectations" not in sys.modules:
        threading.Thread(target=load, name="import-gx", daemon=True).start()
