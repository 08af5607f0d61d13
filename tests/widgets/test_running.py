"""A run that is watched: in a real browser to its end, and stopped in the middle of its work."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from boathouse.run.process import RunProcess
from boathouse.workbench import Workbench
from tests.query.lakes import opened
from tests.widgets.jupyter import FRONT_ENDS, shown, write

SLOW = "import time\n\n\ndef transform(batch):\n    time.sleep(60)\n    return batch\n"


@pytest.fixture
def wb(tmp_path: Path) -> Workbench:
    made = opened(tmp_path / "workbench")
    (made.root / "orders.csv").write_text("order_id,amount\n1,5\n2,x\n3,7\n", encoding="utf-8")
    (made.root / "pipelines" / "orders.yml").write_text(
        "source: {type: csv, location: orders.csv}\ncolumns: {order_id: BIGINT, amount: BIGINT}\nquarantine_limit: 0.5\n",
        encoding="utf-8",
    )
    return made


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_a_run_is_watched_to_its_end(front_end: str, wb: Workbench, browser: Browser):
    write(wb, "run", f"import boathouse\nboathouse.open({str(wb.root)!r}).watch('orders')")
    pages = shown(front_end, wb, "run", browser)
    page = next(pages)
    page.get_by_role("cell", name="quarantined").or_(page.get_by_role("columnheader", name="quarantined")).wait_for(
        timeout=60_000
    )
    assert page.get_by_role("table").last.locator("td").all_inner_texts() == ["orders", "published", "3", "2", "1", "0", "0"]
    assert len(wb["orders"]) == 2
    next(pages, None)


def test_what_is_stopped_is_completed_by_the_next_run(wb: Workbench):
    step = wb.root / "pipelines" / "orders.py"
    step.write_text(SLOW, encoding="utf-8")
    run = RunProcess(wb.root, ("orders",))
    for _, event in run.events():
        if event.step == "clean":  # it is asleep in the analyst's own step
            run.stop()
    assert run.stopped
    assert run.error is not None
    assert "stopped" in run.error
    assert wb.datasets() == []
    step.unlink()
    assert [record.total("rows_published") for record in wb.run("orders")] == [2]


def test_what_is_wrong_is_a_sentence(wb: Workbench):
    run = RunProcess(wb.root, ("ordres",))
    assert list(run.events()) == []
    assert run.error is not None
    assert "did you mean 'orders'" in run.error
