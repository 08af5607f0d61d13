"""The catalog widget by keyboard alone: nothing leaves the machine, and what is text in a description stays text."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Browser

from tests.query.lakes import opened, publish
from tests.widgets.jupyter import FRONT_ENDS, Watched, write

SCRIPT = "<script>document.title='owned'</script>"


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_a_dataset_is_found_and_opened_by_keyboard(front_end: str, tmp_path: Path, browser: Browser, open_page):
    wb = opened(tmp_path / "workbench")
    publish(wb, "orders", "order_id: BIGINT, region: VARCHAR", "1,West\n")
    publish(wb, "stock", "sku: VARCHAR, pieces: BIGINT", "a,1\n")
    with (wb.root / "pipelines" / "stock.yml").open("a", encoding="utf-8") as file:
        file.write(f'description: "What lies in the hall {SCRIPT}"\n')
    write(wb, "catalog", f"import boathouse\nboathouse.open({str(wb.root)!r}).browse()")
    watched = Watched(browser)
    page = open_page(front_end, wb, "catalog", cast(Browser, watched))
    search = page.get_by_role("textbox", name="Search")
    search.wait_for(timeout=60_000)
    search.fill("hall")
    page.get_by_role("button", name="orders").wait_for(state="detached")
    page.get_by_text(f"What lies in the hall {SCRIPT}").wait_for()
    search.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="stock").wait_for()
    page.get_by_role("button", name="Back to all").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="stock").wait_for()
    assert page.title() != "owned"
    assert watched.elsewhere(page) == set()


def test_an_empty_lake_says_what_to_do(tmp_path: Path):
    """Without a browser: what the widget was given."""
    said = opened(tmp_path / "workbench").browse().found.children[0].value
    assert "boathouse add" in said
    assert "boathouse run" in said
