"""Questions on the catalog's own page: answered with bars, gone on with, chosen among, for each caller as they may see."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from boathouse.serve.app import create
from boathouse.workbench import Workbench
from tests.serve.test_pages import page, serious, site  # noqa: F401

pytestmark = pytest.mark.usefixtures("_now")


@pytest.fixture
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOATHOUSE_NOW", "2026-11-22T06:00:00")


def asked(page: Page, question: str) -> str:  # noqa: F811
    page.locator("#question").fill(question)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return page.locator(".answer").inner_text()


def test_a_question_by_keyboard_and_what_follows(page: Page):  # noqa: F811
    assert "3 rows, first West" in asked(page, "total amount by region")
    assert page.locator("td.bar rect").count() == 3
    assert "receipt" in page.inner_text("main")
    assert serious(page) == []
    assert "127.50" in asked(page, "only West")
    assert "a follow-up of" in page.inner_text("main")
    page.get_by_text("How it was found").click()
    assert "SELECT" in page.locator("pre").inner_text()


def test_a_question_back_has_its_replies(page: Page):  # noqa: F811
    asked(page, "orders")
    assert page.locator("tbody").count() == 0
    with page.expect_navigation():
        page.get_by_role("button", name="how many orders").click()
    assert page.locator(".answer").inner_text() == "count 4."
    assert "I do not know what 'hats' means" in asked(page, "how many hats were sold?")


def test_the_page_offers_what_it_answers(page: Page, site: str):  # noqa: F811
    page.goto(f"{site}/question")
    with page.expect_navigation():
        page.locator(".option button").first.click()
    assert page.locator("tbody tr").count() >= 1
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_script_in_a_question_stays_text(page: Page):  # noqa: F811
    asked(page, "<script>document.title = 'bad'</script>")
    assert "bad" not in page.title().split("·")[-1]
    assert "<script>" in page.inner_text("main")


def test_a_caller_is_answered_from_what_they_may_see(shop: Workbench):
    (shop.root / "boathouse.toml").write_text(
        "[api]\nanonymous = ['west']\n[roles.west]\ndatasets = ['orders']\nrows = {orders = \"region = 'West'\"}\n"
    )
    with TestClient(create(Workbench(shop.root)), base_url="http://localhost") as client:
        told = client.post("/question", data={"question": "how many orders are there"}).text
        assert "count 2." in told
        assert "You see only some of the rows of orders" in told
        assert (
            client.post("/question", data={"question": "how many"}, headers={"Origin": "http://elsewhere.test"}).status_code
            == 403
        )
        forgotten = client.post("/question", data={"question": "how many orders are there", "conversation": "gone"})
        assert "count 2." in forgotten.text
