"""A run as a process of its own: what it tells, how it is stopped, and that nothing is left half done."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from boathouse.run.process import RunProcess
from boathouse.workbench import Workbench

SLEEPS = """import os, pathlib, time


def step(batch):
    part = pathlib.Path({here!r} + ".part")
    part.write_text(str(os.getpid()))
    part.rename({here!r})
    time.sleep({seconds})
    return batch
"""


@pytest.fixture
def orders(wb: Workbench) -> Workbench:
    (wb.root / "orders.csv").write_text("order_id,amount\n1,5\n2,x\n3,7\n", encoding="utf-8")
    (wb.root / "pipelines" / "orders.yml").write_text(
        "source: {type: csv, location: orders.csv}\ncolumns: {order_id: BIGINT, amount: BIGINT}\nquarantine_limit: 0.5\n",
        encoding="utf-8",
    )
    return wb


def asleep(wb: Workbench, seconds: int = 300) -> Path:
    """Has the pipeline sleep in a step of its own; the file that then says which process it is."""
    here = wb.root / "asleep"
    (wb.root / "pipelines" / "orders.py").write_text(SLEEPS.format(here=str(here), seconds=seconds), encoding="utf-8")
    return here


def follow(run: RunProcess) -> threading.Thread:
    following = threading.Thread(target=lambda: list(run.events()), daemon=True)
    following.start()
    return following


def wait_for(file: Path) -> int:
    until = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < until, f"{file.name} does not come"
        time.sleep(0.05)
    return int(file.read_text())


def test_its_steps_and_its_records_are_told(orders: Workbench):
    run = RunProcess(orders.root, ("orders",))
    told = [(name, event.step, event.state) for name, event in run.events()]
    assert told[0] == ("orders", "land", "running")
    assert ("orders", "publish", "done") in told
    [record] = run.records
    assert [record[f"rows_{one}"] for one in ("read", "published", "quarantined", "deduplicated", "rejected")] == [3, 2, 1, 0, 0]
    assert run.error is None


def test_a_stop_ends_its_kernel_and_the_next_run_completes_it(orders: Workbench):
    here = asleep(orders)
    run = RunProcess(orders.root, ("orders",))
    following = follow(run)
    kernel = wait_for(here)
    began = time.monotonic()
    run.stop()
    following.join(20)
    assert not following.is_alive()
    assert time.monotonic() - began < 8
    assert run.stopped
    assert run.records == []
    assert "stopped" in (run.error or "")
    if sys.platform == "linux":
        until = time.monotonic() + 8
        while Path(f"/proc/{kernel}").exists():
            assert time.monotonic() < until, "its kernel lives on"
            time.sleep(0.1)
    assert orders.datasets() == []
    (orders.root / "pipelines" / "orders.py").unlink()
    assert [record.total("rows_published") for record in orders.run("orders")] == [2]


def test_one_that_was_published_before_keeps_its_version(orders: Workbench):
    orders.run("orders")
    (orders.root / "orders.csv").write_text("order_id,amount\n4,5\n", encoding="utf-8")
    here = asleep(orders)
    run = RunProcess(orders.root, ("orders",))
    following = follow(run)
    wait_for(here)
    run.stop()
    following.join(20)
    assert sorted(row["order_id"] for row in orders.sql("SELECT order_id FROM orders").rows()) == [1, 3]


def test_what_is_wrong_is_a_sentence(orders: Workbench):
    run = RunProcess(orders.root, ("ordres",))
    assert list(run.events()) == []
    assert "did you mean 'orders'" in (run.error or "")


def test_stopped_before_it_began_or_after_it_ended(orders: Workbench):
    run = RunProcess(orders.root, ("orders",))
    run.stop()
    list(run.events())
    assert "stopped" in (run.error or "")
    run = RunProcess(orders.root, ("orders",))
    list(run.events())
    run.stop()
    assert run.error is None
    assert len(run.records) == 1


@pytest.mark.skipif(os.name != "posix", reason="a pipe's end is told otherwise")
def test_one_that_nobody_listens_to_goes_on_to_its_end(orders: Workbench):
    here = asleep(orders, seconds=2)
    run = RunProcess(orders.root, ("orders",))
    wait_for(here)
    assert run._process.stdout is not None
    run._process.stdout.close()
    run._process.wait(30)
    assert [record["rows_published"] for record in orders.runs("orders")] == [2]
