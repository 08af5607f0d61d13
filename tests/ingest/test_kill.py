"""SIGKILL at random instants: the old version or the new one, never a part; the next run completes it, exactly once."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from boathouse.workbench import Workbench

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks a process to kill")
ROWS = 3_000


class Forks:
    """The road in processes of its own, that can be killed."""

    def __init__(self, folder: Path):
        script = Path(__file__).with_name("forks.py")
        self.server = subprocess.Popen([sys.executable, str(script), str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       text=True, bufsize=1)  # fmt: skip
        assert self._line() == "ready"

    def _line(self) -> str:
        assert self.server.stdout is not None
        return self.server.stdout.readline().strip()

    def run(self, pipeline: str, kill_after: float | None = None) -> int:
        """The exit code of a run; -9 where it was killed in time."""
        assert self.server.stdin is not None
        self.server.stdin.write(pipeline + "\n")
        pid = int(self._line())
        if kill_after is not None:
            time.sleep(kill_after)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return int(self._line().removeprefix("exit "))


@pytest.fixture
def forks(wb: Workbench) -> Iterator[Forks]:
    made = Forks(wb.root)
    yield made
    made.server.kill()
    made.server.wait()


def edition(number: int) -> tuple[str, dict[int, int], int]:
    """A delivery: its CSV, the rows that should be published, and how many should not."""
    good, lines, bad = {}, [], 0
    for n in range(ROWS):
        if n % 60 == number % 60:
            lines.append(f"{n},oops")
            bad += 1
        else:
            good[n] = n * number % 7919
            lines.append(f"{n},{good[n]}")
    return "id,amount\n" + "\n".join(lines) + "\n", good, bad


def pipeline(wb: Workbench, mode: str) -> None:
    """`mode` over a glob of two files, of which one changes with every edition."""
    (wb.root / "silo").mkdir()
    key = "key: id\n" if mode == "upsert" else ""
    (wb.root / "pipelines" / "sales.yml").write_text(
        f"source: {{type: csv, location: silo/*.csv}}\ncolumns: {{id: BIGINT, amount: BIGINT}}\nmode: {mode}\n{key}"
    )
    expectation = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "amount", "min_value": 0, "max_value": 7_700},
    }
    (wb.root / "expectations" / "sales.json").write_text(json.dumps({"name": "sales", "expectations": [expectation]}))
    (wb.root / "silo" / "z.csv").write_text(
        "id,amount\n1000000,1\n1000001,oops\n" + "".join(f"{n},2\n" for n in range(2000000, 2000020))
    )


def content(wb: Workbench) -> dict[int, int]:
    rows = wb.sql("SELECT id, amount FROM sales").arrow().to_pydict()
    assert len(set(rows["id"])) == len(rows["id"])  # nothing twice
    return dict(zip(rows["id"], rows["amount"], strict=True))


def expected(good: dict[int, int]) -> dict[int, int]:
    held = {n: amount for n, amount in good.items() if amount <= 7_700}
    return held | {1000000: 1} | dict.fromkeys(range(2000000, 2000020), 2)


def kill_often(wb: Workbench, forks: Forks, mode: str, kills: int) -> int:
    pipeline(wb, mode)
    chance = random.Random(kills)
    file = wb.root / "silo" / "a.csv"
    text, good, bad = edition(1)
    file.write_text(text)
    began = time.perf_counter()
    assert forks.run("sales") == 0
    took = time.perf_counter() - began
    before, killed = content(wb), 0
    assert before == expected(good)
    for number in range(2, kills + 2):
        text, good, bad = edition(number)
        file.write_text(text)
        code = forks.run("sales", kill_after=chance.uniform(0, took))
        killed += code == -9
        after = expected(good) | ({n: before[n] for n in before if n not in expected(good)} if mode == "upsert" else {})
        assert content(wb) in (before, after), f"a part of edition {number} is visible"
        assert forks.run("sales") == 0
        assert content(wb) == after
        out = sum(amount > 7_700 for amount in good.values()) + bad + 1
        assert len(wb.quarantine("sales")) == out
        last = next(entry for entry in wb["sales"].history() if entry.get("item") == "a.csv")
        told = last["rows_quarantined"] + last["rows_deduplicated"] + last["inserted"] + last["updated"] + last["unchanged"]
        assert last["rows_read"] == told == ROWS
        before = after
    assert not list((wb.root / "lake" / "staging").glob("*")) or forks.run("sales") == 0
    return killed


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_ten_kills(wb: Workbench, forks: Forks, mode: str) -> None:
    assert kill_often(wb, forks, mode, 10) > 3


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_a_hundred_kills(wb: Workbench, forks: Forks, mode: str) -> None:
    killed = kill_often(wb, forks, mode, 100)
    print(f"{mode}: {killed} of 100 runs were killed in time")


def test_a_killed_command_leaves_its_work_to_the_next(wb: Workbench) -> None:
    """The whole command, its process group and so its kernels, as a scheduler would kill it."""
    pipeline(wb, "append")
    text, good, _ = edition(3)
    (wb.root / "silo" / "a.csv").write_text(text)
    command = [sys.executable, "-m", "boathouse.cli", "-C", str(wb.root), "run", "sales", "--json"]
    for wait in (2.5, 4.0):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(wait)
        process.kill()
        process.wait()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert content(wb) == expected(good)
