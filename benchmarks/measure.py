"""Whole processes, timed from outside: seconds and the peak memory of the largest process."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

WARM, READY = "warm", "ready"


@dataclass(frozen=True)
class Timing:
    seconds: float
    megabytes: float


def once(command: list[str], **environment: str) -> Timing:
    """Runs a command to its end; one that was told to be `warm` says READY when it has imported all it needs, and is timed
    from there. Raises RuntimeError where it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if command[-1] == WARM:
        assert process.stdin is not None
        assert process.stdout is not None
        while (line := process.stdout.readline()) and line.strip() != READY:
            pass
        began = time.perf_counter()
        with contextlib.suppress(BrokenPipeError):  # it has failed already
            print("go", file=process.stdin, flush=True)
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    output = process.communicate()[0]
    seconds = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{command} failed:\n{output[-2000:]}")
    return Timing(seconds, peak[0])


def _watch(pid: int, peak: list[float]) -> None:
    """The largest resident size among the process and its children, 50 times a second."""
    try:
        root = psutil.Process(pid)
        while True:
            for process in [root, *root.children(recursive=True)]:
                try:
                    peak[0] = max(peak[0], process.memory_info().rss / 1e6)
                except psutil.Error:
                    continue
            time.sleep(0.02)
    except psutil.Error:
        return


def side_by_side(
    candidates: dict[str, list[str]], rounds: int = 3, before: Callable[[], None] = lambda: None
) -> dict[str, Timing]:
    """Medians of several rounds, in each of which every candidate runs once, so that a slow moment hits all. What is done
    `before` each is not timed."""
    seen: dict[str, list[Timing]] = {name: [] for name in candidates}
    for number in range(rounds):
        for name, command in candidates.items():
            before()
            timing = once(command)
            seen[name].append(timing)
            print(f"  round {number + 1}: {name:46} {timing.seconds:7.2f} s {timing.megabytes:7.0f} MB", flush=True)
    return {
        name: Timing(statistics.median(t.seconds for t in timings), max(t.megabytes for t in timings))
        for name, timings in seen.items()
    }


def python(script: Path, *arguments: object) -> list[str]:
    return [sys.executable, str(script), *map(str, arguments)]


def table(title: str, timings: dict[str, Timing], base: str) -> str:
    """Markdown, with ratios to `base`."""
    lines = [f"### {title}", "", "| | seconds | ratio | peak MB |", "|---|---:|---:|---:|"]
    for name, timing in timings.items():
        ratio = timing.seconds / timings[base].seconds
        lines.append(f"| {name} | {timing.seconds:.2f} | {ratio:.2f} | {timing.megabytes:.0f} |")
    return "\n".join(lines) + "\n"
