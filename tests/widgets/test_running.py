"""A run that is watched: in a real browser to its end, and stopped in the middle of its work."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from boathouse.workbench import Workbench
from tests.query.lakes import opened
from tests.widgets.jupyter import FRONT_ENDS, write

SLOW = "import pathlib, time\n\n\ndef step(batch):\n    pathlib.Path({here!r}).touch()\n    time.sleep(300)\n    return batch\n"


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
def test_a_run_is_watched_to_its_end(front_end: str, wb: Workbench, open_page):
    write(wb, "run", f"import boathouse\nboathouse.open({str(wb.root)!r}).watch('orders')")
    page = open_page(front_end, wb, "run")
    page.get_by_role("cell", name="quarantined").or_(page.get_by_role("columnheader", name="quarantined")).wait_for(
        timeout=60_000
    )
    assert page.get_by_role("table").last.locator("td").all_inner_texts() == ["orders", "published", "3", "2", "1", "0", "0"]
    assert len(wb["orders"]) == 2


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_the_button_stops_it_and_the_next_run_completes_it(front_end: str, wb: Workbench, open_page):
    here, step = wb.root / "asleep", wb.root / "pipelines" / "orders.py"
    step.write_text(SLOW.format(here=str(here)), encoding="utf-8")
    write(wb, "run", f"import boathouse\nboathouse.open({str(wb.root)!r}).watch('orders')")
    page = open_page(front_end, wb, "run")
    page.get_by_role("progressbar", name="clean orders.csv").wait_for(timeout=60_000)
    wait_for(here)  # it is asleep in the analyst's own step
    found = Axe().run(page, context=".bh-view").response["violations"]
    assert not [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("alert").filter(has_text="stopped").wait_for(timeout=20_000)
    assert wb.datasets() == []
    step.unlink()
    [record] = wb.run("orders")
    counts = [record.total(f"rows_{one}") for one in ("read", "published", "quarantined", "deduplicated", "rejected")]
    assert counts == [3, 2, 1, 0, 0]


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_what_is_wrong_is_a_sentence(front_end: str, wb: Workbench, open_page):
    write(wb, "run", f"import boathouse\nboathouse.open({str(wb.root)!r}).watch('ordres')")
    open_page(front_end, wb, "run").get_by_role("alert").filter(has_text="did you mean 'orders'").wait_for(timeout=60_000)


def wait_for(file: Path, seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not file.exists():
        assert time.monotonic() < until, f"{file.name} does not come"
        time.sleep(0.05)
