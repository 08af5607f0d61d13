"""The chat in a real browser, in JupyterLab and in Voilà: asked, answered, asked back, by keyboard alone, and judged."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from boathouse.workbench import Workbench
from tests.query.lakes import opened, publish
from tests.widgets.jupyter import FRONT_ENDS, write

SCRIPT = "<script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    made = opened(tmp_path_factory.mktemp("chat") / "workbench")
    publish(made, "orders", "order_id: BIGINT, region: VARCHAR, note: VARCHAR, amount: BIGINT",
            f"1,West,{SCRIPT},10\n2,East,b,5\n3,West,c,1\n")  # fmt: skip
    write(made, "chat", f"import boathouse\nboathouse.open({str(made.root)!r}).chat()")
    return made


@pytest.fixture(params=FRONT_ENDS)
def page(request: pytest.FixtureRequest, wb: Workbench, open_page) -> Page:
    made = open_page(request.param, wb, "chat")
    made.get_by_role("textbox", name="Question").wait_for(timeout=60_000)
    return made


def ask(page: Page, question: str) -> None:
    box = page.get_by_role("textbox", name="Question")
    box.fill(question)
    box.press("Enter")


def test_a_conversation(page: Page, wb: Workbench):
    ask(page, "total amount by region")
    page.get_by_role("cell", name="11", exact=True).wait_for()
    page.locator(".bh-chat svg, .bh-chat canvas").first.wait_for()  # the chart
    assert "receipt" in page.locator(".bh-chat").inner_text()
    page.get_by_role("button", name="SQL", exact=True).click()
    page.get_by_text("GROUP BY").wait_for()
    page.get_by_role("button", name="As a cell").click()
    page.get_by_text("wb.sql(").first.wait_for()
    if "/lab/" in page.url:
        page.locator(".jp-Cell .cm-content", has_text="wb.sql(").wait_for()

    ask(page, "how many ordrs")  # a question back: its buttons ask again
    page.get_by_role("button", name="how many orders", exact=True).click()
    page.get_by_text("count 3.").wait_for()

    page.get_by_role("button", name="Wrong").last.focus()  # by keyboard alone
    page.keyboard.press("Enter")
    reason = page.get_by_placeholder("Why?").last
    reason.fill("not what I meant")
    reason.press("Enter")
    page.get_by_text("kept for review").wait_for()
    assert "not what I meant" in [thumb.reason for thumb in wb.thumbs()]

    ask(page, "list the notes")
    page.get_by_role("cell", name=SCRIPT).wait_for()  # text stays text
    assert page.title() != "owned"
    found = Axe().run(page, context=".bh-chat").response["violations"]
    assert not [one["id"] for one in found if one["impact"] in ("serious", "critical")], found
