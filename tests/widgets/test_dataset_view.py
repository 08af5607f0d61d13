"""A dataset's view opened by itself: every tab, in a real browser, without a finding and without a request to elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from boathouse.workbench import Workbench
from tests.query.lakes import opened, publish
from tests.widgets.jupyter import FRONT_ENDS, Watched, write

SCRIPT = "<script>document.title='owned'</script>"
ODD = "<b>odd</b>"
SUITE = """{"expectations": [
  {"type": "expect_column_values_to_be_between", "kwargs": {"column": "amount", "min_value": 0}, "severity": "critical"}]}"""
TABS = {  # by its name, what is there once it has been filled
    "Columns": "svg .mark-rect path", "Rows": "table.dataTable tbody tr", "Quality": "svg .mark-rect path",
    "Versions": "table", "Lineage": ".bh-road", "Quarantine": "input[type=checkbox]",
}  # fmt: skip


@pytest.fixture
def wb(tmp_path: Path) -> Workbench:
    made = opened(tmp_path / "workbench")
    (made.root / "expectations" / "orders.json").write_text(SUITE, encoding="utf-8")
    for more in (0, 20):
        rows = "".join(f"{n},{n}.5,2026-01-{n % 28 + 1:02},{SCRIPT},x\n" for n in range(40 + more))
        publish(made, "orders", f"order_id: BIGINT, amount: 'DECIMAL(12,2)', day: DATE, note: VARCHAR, \"{ODD}\": VARCHAR",
                f"{rows}900,-1,2026-01-01,{SCRIPT},y\n")  # fmt: skip
    file = made.root / "pipelines" / "orders.yml"
    told = f'order_id: {{type: BIGINT, description: "{SCRIPT}"}}'
    file.write_text(file.read_text(encoding="utf-8").replace("order_id: BIGINT", told), encoding="utf-8")
    (made.root / "queries" / "by_day.sql").write_text(
        "SELECT day, sum(amount) AS total FROM orders GROUP BY day\n", encoding="utf-8"
    )
    write(made, "orders", f'import boathouse\nboathouse.open({str(made.root)!r})["orders"].show()')
    return made


def look(page: Page, tab: str) -> None:
    """Opens a tab, waits until it is filled, and has its accessibility checked."""
    page.get_by_role("tab", name=tab, exact=True).click()
    page.locator(".bh-view .lm-TabPanel-stackedPanel, .bh-view .widget-tab-contents").locator(TABS[tab]).locator(
        "visible=true"
    ).first.wait_for()
    found = Axe().run(page, context=".bh-view").response["violations"]
    assert not [(tab, one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_every_tab(front_end: str, wb: Workbench, browser: Browser, open_page):
    watched = Watched(browser)
    page = open_page(front_end, wb, "orders", cast(Browser, watched))
    page.get_by_role("heading", name="orders").wait_for(timeout=60_000)
    for tab in TABS:
        look(page, tab)
    page.get_by_text("1 rows are kept out").wait_for()
    page.get_by_label("amount: must be at least").check()
    page.get_by_text("1 of 1 rows would pass").wait_for()
    page.get_by_role("tab", name="Columns", exact=True).click()
    page.get_by_role("cell", name=SCRIPT, exact=True).first.wait_for()  # a column's description
    page.get_by_role("cell", name=ODD, exact=True).wait_for()
    for column in ("amount", "day", ODD):
        page.get_by_role("combobox", name="Shape of").select_option(column)
        page.get_by_label(f"how often {column} has each value").first.wait_for()
    page.get_by_role("tab", name="Lineage", exact=True).click()
    page.get_by_role("list", name="where it comes from and goes to").get_by_text("by_day").wait_for()
    assert page.title() != "owned"
    assert watched.elsewhere(page) == set()
