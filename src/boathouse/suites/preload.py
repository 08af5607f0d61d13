"""Great Expectations takes seconds to import: begin it in a thread, while the engine reads the source."""

from __future__ import annotations

import gc
import sys
import threading
from importlib import import_module
from importlib.util import LazyLoader, find_spec, module_from_spec

_PARTS = ("great_expectations", "boathouse.suites.judge", "boathouse.suites.conditions", "boathouse.suites.metrics",
          "boathouse.suites.build", "boathouse.suites.docs")  # fmt: skip


def load() -> None:
    """Imports it, with what judging needs."""
    _put_off("scipy.stats")  # a third of the time, for four expectations
    # jsonschema, which altair pulls in, which GX pulls in, would build a grammar of web addresses for a whole second
    grammar = "rfc3987_syntax"
    absent = grammar not in sys.modules
    if absent:
        sys.modules[grammar] = None  # type: ignore[assignment]
    gc.disable()  # it would look again and again through what is there to stay
    try:
        for name in _PARTS:
            import_module(name)
        gc.freeze()
    finally:
        gc.enable()
        if absent:
            del sys.modules[grammar]


def _put_off(name: str) -> None:
    """Has a module imported when something of it is first used, through the package that it is in."""
    spec = None if name in sys.modules else find_spec(name)
    if spec is None or spec.loader is None:
        return
    spec.loader = loader = LazyLoader(spec.loader)
    module = sys.modules[name] = module_from_spec(spec)
    loader.exec_module(module)
    package, _, attribute = name.rpartition(".")
    setattr(sys.modules[package], attribute, module)


def begin() -> None:
    """`load`, in the background; whoever imports it meanwhile waits for it."""
    if "great_expectations" not in sys.modules:
        threading.Thread(target=_load_giving_way, name="import-gx", daemon=True).start()


def _load_giving_way() -> None:
    """`load` by a thread that yields to others ten times as often: those that copy and count need the lock but briefly."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(interval / 10)
    try:
        load()
    finally:
        sys.setswitchinterval(interval)
