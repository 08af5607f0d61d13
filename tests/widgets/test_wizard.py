"""The wizard in a real browser: a dropped CSV becomes a dataset without code; what is wrong is said where it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from boathouse.errors import UsageError
from boathouse.workbench import Workbench
from tests.query.lakes import opened
from tests.widgets.jupyter import FRONT_ENDS, shown, write

SCRIPT = "<img src=x onerror=\"document.title='owned'\">"
CSV = (
    "Order ID;Region;Amount;Note\n"
    + "".join(f"{n};{'West' if n % 2 else 'East'};{n},50;x\n" for n in range(1, 41))
    + f"41;West;nothing;{SCRIPT}\n"
)


@pytest.fixture(params=FRONT_ENDS)
def made(request: pytest.FixtureRequest, tmp_path: Path, browser: Browser) -> Iterator[tuple[Workbench, Page]]:
    wb = opened(tmp_path / "workbench")
    write(wb, "wizard", f"import boathouse\nboathouse.open({str(wb.root)!r}).wizard()")
    pages = shown(request.param, wb, "wizard", browser)
    page = next(pages)
    page.get_by_role("button", name="Look at it").wait_for(timeout=60_000)
    yield wb, page
    next(pages, None)


def test_a_dropped_file_becomes_a_dataset(made: tuple[Workbench, Page], tmp_path: Path):
    wb, page = made
    file = tmp_path / "Shop orders.csv"
    file.write_text(CSV, encoding="utf-8")
    page.get_by_role("textbox", name="Location").fill("silos/nothing.csv")
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("alert").filter(has_text="does not exist").wait_for()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a file").click()
    chooser.value.set_files(file)
    page.get_by_text("kept as silos/Shop orders.csv").wait_for()
    page.get_by_role("textbox", name="Name").fill("orders")
    page.get_by_role("button", name="Look at it").click()
    page.get_by_text("What was assumed of 41 rows").wait_for()
    assert page.get_by_role("combobox", name="amount").input_value() == "DECIMAL(18,2)"  # one cell is none
    page.get_by_role("combobox", name="order_id").select_option("VARCHAR")
    page.get_by_role("combobox", name="note").select_option("(leave out)")
    page.get_by_role("button", name="Look again").click()
    page.get_by_role("combobox", name="note").wait_for(state="detached")
    page.get_by_text("as it was said").wait_for()
    page.get_by_label("region: must be in set").uncheck()
    found = Axe().run(page, context=".bh-view").response["violations"]
    assert not [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
    page.get_by_role("button", name="Add and run it").click()
    page.get_by_text("orders is in the lake").wait_for(timeout=60_000)
    assert wb["orders"].schema == {"order_id": "VARCHAR", "region": "VARCHAR", "amount": "DECIMAL(18,2)"}
    assert len(wb["orders"]) == 40
    assert [row["reasons"] for row in wb.quarantine("orders")] == [["amount: 'nothing' is not a DECIMAL(18,2)"]]
    suite = (wb.root / "expectations" / "orders.json").read_text(encoding="utf-8")
    assert "must_not_be_null" not in suite
    assert "be_in_set" not in suite
    page.get_by_role("button", name="Make a dashboard of it").click()
    page.get_by_text("dashboards/orders.ipynb").wait_for()
    page.get_by_role("button", name="Look at it").last.click()
    page.get_by_role("heading", name="orders", exact=True).wait_for()
    assert page.title() != "owned"


def test_a_file_is_not_written_over(tmp_path: Path):
    wb = opened(tmp_path / "workbench")
    assert wb.take("a.csv", b"x\n1\n") == wb.take("a.csv", b"x\n1\n") == "silos/a.csv"
    with pytest.raises(UsageError, match="other content"):
        wb.take("a.csv", b"x\n2\n")
    for name in ("../a.csv", "/etc/a.csv", ".a.csv", "a/b.csv"):
        with pytest.raises(UsageError, match="cannot name"):
            wb.take(name, b"")
