"""The catalog in a real browser: found, read, followed, logged in; nothing fetched from elsewhere, accessible."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from boathouse.serve.app import create
from boathouse.workbench import Workbench


@pytest.fixture
def site(shop: Workbench, go: Callable) -> Iterator[str]:
    """A served shop; one of its cells holds a script."""
    with (shop.root / "orders.csv").open("a") as file:
        file.write("4,<script>document.title='bad'</script>,1.00,\n")
    assert go("orders").status == "published"
    yield from serving(shop)


def serving(wb: Workbench) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create(wb), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=20)


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page that complains of what is wrong in the console, and of requests that leave this machine."""
    made, wrong = browser.new_page(), []
    made.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on("request", lambda request: wrong.append(request.url) if not request.url.startswith((site, "data:")) else None)
    made.goto(site)
    yield made
    made.close()
    assert wrong == []


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['help']}" for one in found if one["impact"] in ("serious", "critical")]


def test_a_business_user_finds_a_dataset_and_reads_it(page: Page):
    page.get_by_label("Search datasets, columns and queries").fill("sold")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="orders").click()
    assert page.get_by_role("heading", level=1).inner_text() == "orders"
    text = page.inner_text("main")
    for told in ("What was sold", "passed", "just now", "region", "DECIMAL(9,2)", "120.00", "receipt", "published"):
        assert told in text
    drawing = page.get_by_role("img", name="Lineage: from csv by the pipeline orders into orders, read by sales")
    assert drawing.is_visible()
    assert page.get_by_role("img", name="Rows of the latest").is_visible()
    assert serious(page) == []


def test_a_saved_query_is_a_form_with_its_answer(page: Page):
    page.get_by_role("link", name="Sales of a region").click()
    page.get_by_label("region").fill("West")
    page.get_by_role("button", name="Show").click()
    assert page.locator("tbody tr").count() == 2
    page.get_by_label("least").fill("100")
    page.get_by_role("button", name="Show").click()
    assert page.locator("tbody td").all_inner_texts() == ["2", "120.00"]
    page.get_by_label("least").fill("much")
    page.get_by_role("button", name="Show").click()
    assert "'much' is not a DECIMAL(9,2)" in page.get_by_role("alert").inner_text()
    assert serious(page) == []


def test_a_script_in_the_data_stays_text(page: Page, site: str):
    page.goto(f"{site}/catalog/orders")
    assert "<script>document.title='bad'</script>" in page.inner_text("main")
    assert page.title().startswith("orders")


def test_a_search_that_finds_nothing_says_so(page: Page, site: str):
    page.goto(f"{site}/?search=nothing")
    assert "No dataset has these words." in page.inner_text("main")
    assert serious(page) == []


def test_the_page_of_the_addresses_is_whole(page: Page, site: str):
    page.goto(f"{site}/docs")
    page.get_by_text("/datasets/{name}/rows").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    page.get_by_text("Response body").first.wait_for()
    assert "120.00" in page.inner_text("body")


@pytest.mark.parametrize("width", [360, 1200])
def test_no_page_is_wider_than_its_screen(page: Page, site: str, width: int):
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/", "/catalog/orders", "/catalog/queries/sales?region=West", "/login"):
        page.goto(site + path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_somebody_with_a_key_logs_in_and_out(browser: Browser, shop: Workbench):
    (shop.root / "boathouse.toml").write_text(
        "[api]\nanonymous = []\n[roles.west]\ndatasets = ['orders']\nrows = { orders = \"region = 'West'\" }\n"
    )
    guarded = Workbench(shop.root)
    _, token = guarded.create_key("ana", ["west"])
    for site in serving(guarded):
        page = browser.new_page()
        page.goto(f"{site}/catalog/orders")
        assert page.url == f"{site}/login?next=/catalog/orders"
        page.get_by_label("Your key").fill("bh_wrong_key")
        page.get_by_role("button", name="Log in").click()
        assert "this key does not open" in page.get_by_role("alert").inner_text()
        assert serious(page) == []
        page.get_by_label("Your key").fill(token)
        page.get_by_role("button", name="Log in").click()
        assert page.url == f"{site}/catalog/orders"
        assert "A policy applies" in page.inner_text("main")
        assert "North" not in page.inner_text("main")
        assert token not in page.evaluate("document.cookie")
        assert serious(page) == []
        page.goto(f"{site}/catalog/nothing")
        assert "no dataset 'nothing'" in page.inner_text("main")
        page.get_by_role("button", name="Log out").click() if page.get_by_role("button", name="Log out").count() else None
        page.goto(site)
        page.get_by_role("button", name="Log out").click()
        page.goto(site)
        assert page.url.startswith(f"{site}/login")
        page.close()


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_after_the_login_nobody_is_sent_elsewhere(shop: Workbench, target: str):
    from fastapi.testclient import TestClient

    with TestClient(create(shop), base_url="http://localhost", follow_redirects=False) as client:
        _, token = shop.create_key("ana", ["everything"])
        assert client.post("/login", data={"key": token, "next": target}).headers["location"] == "/"


def test_a_runs_notebook_is_a_page(page: Page, shop: Workbench, site: str):
    (shop.root / "orders.csv").write_text("id,region,amount,tags\n1,<b>North</b>,19.90,\n")
    [record] = shop.run("orders")
    page.goto(f"{site}/runs/{record.run_id}/notebook")
    page.get_by_role("heading", name="One run of a pipeline").wait_for()
    assert page.get_by_text("<b>North</b>").count()
    with page.expect_download() as download:
        page.get_by_role("link", name="As a notebook").click()
    assert json.loads(download.value.path().read_text())["nbformat"] == 4
