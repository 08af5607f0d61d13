"""The chat in a real browser, in JupyterLab and in Voilà: asked, answered, asked back, by keyboard alone, and judged."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from boathouse.workbench import Workbench
from tests.query.lakes import opened, publish

SCRIPT = "<script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    made = opened(tmp_path_factory.mktemp("chat") / "workbench")
    publish(made, "orders", "order_id: BIGINT, region: VARCHAR, note: VARCHAR, amount: BIGINT",
            f"1,West,{SCRIPT},10\n2,East,b,5\n3,West,c,1\n")  # fmt: skip
    code = f"import boathouse\nboathouse.open({str(made.root)!r}).chat()"
    cell = {"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}, "outputs": [], "source": code}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (made.root / "chat.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return made


def _serving(wb: Workbench, arguments: list[str], path: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", *[part.format(port=port) for part in arguments]]
    log = (wb.root / "server.log").open("wb")
    server = subprocess.Popen(
        command, cwd=wb.root, env=os.environ | {"JUPYTER_CONFIG_DIR": str(wb.root / "config")}, stdout=log, stderr=log
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            time.sleep(0.5)
            try:
                urllib.request.urlopen(f"{url}/static/favicon.ico", timeout=1)
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                assert server.poll() is None, (wb.root / "server.log").read_text()
        yield url + path
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(params=["voila", "lab"])
def page(request: pytest.FixtureRequest, wb: Workbench, browser: Browser) -> Iterator[Page]:
    if request.param == "voila":
        pytest.importorskip("voila", reason="voila is not installed: pip install 'boathouse[lab]'")
        serving = _serving(wb, ["voila", "chat.ipynb", "--no-browser", "--port={port}"], "/")
    else:
        root = ["--allow-root"] if sys.platform == "linux" and os.getuid() == 0 else []
        serving = _serving(wb, ["jupyterlab", "--no-browser", "--ServerApp.port={port}", "--IdentityProvider.token=t", *root],
                           "/lab/tree/chat.ipynb?token=t&reset")  # fmt: skip
    url = next(serving)
    made = browser.new_page(viewport={"width": 1200, "height": 1000})
    made.goto(url)
    if request.param == "lab":
        made.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
        made.get_by_text("Python 3 (ipykernel)").first.wait_for(timeout=60_000)
        made.get_by_text("| Idle").wait_for(timeout=60_000)  # a cell that is run before its kernel is there is forgotten
        made.locator(".jp-Cell .cm-content").first.click()
        made.keyboard.press("Control+Enter")
    made.get_by_role("textbox", name="Question").wait_for(timeout=60_000)
    yield made
    made.close()
    next(serving, None)


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
