"""Stops queries when their time is up: one thread for all of them, since most end long before."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Alarm:
    """Calls what was set for a moment, unless it was cancelled. What it calls must not block."""

    def __init__(self) -> None:
        self._set: list[tuple[float, int, list[Callable[[], object]]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def after(self, seconds: float, call: Callable[[], object]) -> Callable[[], None]:
        """Sets a call; what is returned cancels it."""
        kept = [call]
        with self._changed:
            heapq.heappush(self._set, (time.monotonic() + seconds, next(self._numbers), kept))
            if self._thread is None:
                self._thread = threading.Thread(target=self._ring, name="alarm", daemon=True)
                self._thread.start()
            elif self._set[0][2] is kept:
                self._changed.notify()
        return kept.clear

    def _ring(self) -> None:
        with self._changed:
            while True:
                if not self._set:
                    self._changed.wait()
                    continue
                moment, _, kept = self._set[0]
                if not kept:
                    heapq.heappop(self._set)
                elif (left := moment - time.monotonic()) > 0:
                    self._changed.wait(left)
                else:
                    heapq.heappop(self._set)
                    for call in tuple(kept):
                        call()


ALARM = Alarm()
