"""A result as a table in a real browser: it sorts and searches, shows its receipt, and what is text stays text."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.query.lakes import opened, publish
from tests.widgets.jupyter import FRONT_ENDS, write

SCRIPT = "<script>document.title='owned'</script>"


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_a_cell_of_sql(front_end: str, tmp_path: Path, open_page):
    wb = opened(tmp_path / "workbench")
    more = "".join(f"{number},c,{number}\n" for number in range(3, 31))
    publish(
        wb,
        "orders",
        "order_id: BIGINT, note: VARCHAR, amount: BIGINT",
        f"1,{SCRIPT},10\n2,<img src=x onerror=alert(1)>,5\n{more}",
    )
    write(wb, "look", "%load_ext boathouse.lab", "%%sql\nSELECT order_id, note, amount FROM orders ORDER BY order_id")
    page = open_page(front_end, wb, "look")
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    table = page.locator("table.dataTable").first
    table.get_by_role("cell", name=SCRIPT).wait_for(timeout=60_000)
    assert page.title() != "owned"
    assert "receipt" in page.locator("small", has_text="orders v").first.inner_text()

    for _ in range(2):
        table.get_by_role("button", name="amount").click()
    page.wait_for_function("document.querySelector('table.dataTable tbody td:last-child').textContent.trim() === '30'")
    page.get_by_role("searchbox").first.fill("img")
    page.wait_for_function("document.querySelectorAll('table.dataTable tbody tr').length === 1")
    assert not said
    found = Axe().run(page, context=".jupyter-widgets table.dataTable").response["violations"]
    assert not [one["id"] for one in found if one["impact"] in ("serious", "critical")], found
