"""What a step says while it works: one event type, carried as a MIME message out of a kernel."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

MIME = "application/vnd.boathouse.progress+json"
RESULT_MIME = "application/vnd.boathouse.run+json"


@dataclass
class Event:
    """A step of a run on one item: `share` is from 0 to 1, None where it cannot be known."""

    step: str
    item: str
    share: float | None = None
    note: str = ""
    seconds: float = 0.0
    state: str = "running"  # running, done, failed

    def __str__(self) -> str:
        share = "" if self.share is None or self.state != "running" else f" {self.share:.0%}"
        note = f" · {self.note}" if self.note else ""
        return f"{self.step:9}{self.item}{share} · {self.state} in {self.seconds:.1f} s{note}"


Reporter = Callable[[Event], None]


def silent(event: Event) -> None:
    """The reporter where nobody looks."""


@contextmanager
def step(report: Reporter, name: str, item: str) -> Iterator[Event]:
    """Times one step and reports its beginning and its end; the body may set `share` and `note` and report."""
    began, event = time.perf_counter(), Event(name, item)
    report(event)
    try:
        yield event
        event.state, event.share = "done", 1.0
    except BaseException:
        event.state = "failed"
        raise
    finally:
        event.seconds = time.perf_counter() - began
        report(event)


class KernelReporter:
    """Shows events in the running cell, at most five a second, each step on a line of its own."""

    def __init__(self) -> None:
        self._handles: dict[tuple[str, str], Any] = {}
        self._last = 0.0

    def __call__(self, event: Event) -> None:
        from IPython.display import display

        now = time.monotonic()
        if event.state == "running" and now - self._last < 0.2 and (event.step, event.item) in self._handles:
            return
        self._last = now
        bundle = {MIME: asdict(event), "text/plain": str(event)}
        handle = self._handles.get((event.step, event.item))
        if handle is None:
            self._handles[event.step, event.item] = display(bundle, raw=True, display_id=True)
        else:
            handle.update(bundle, raw=True)


def in_kernel() -> bool:
    """Whether this process is a Jupyter kernel."""
    import sys

    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


def default_reporter() -> Reporter:
    """Cell output inside a kernel, silence elsewhere."""
    return KernelReporter() if in_kernel() else silent
