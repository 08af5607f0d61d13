"""`boathouse lab` in a real browser: its kernel has the magics, and one Ctrl-C ends it and its kernels."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser

from tests.dashboards.served import free_port
from tests.query.lakes import opened, publish

posix = pytest.mark.skipif(os.name != "posix", reason="the interrupt is sent as POSIX has it")


@posix
def test_jupyterlab_with_our_kernel(tmp_path: Path, browser: Browser):
    wb = opened(tmp_path / "workbench")
    publish(wb, "orders", "order_id: BIGINT, amount: BIGINT", "1,10\n2,5\n")
    log = (tmp_path / "log").open("w+")
    lab = subprocess.Popen(
        [sys.executable, "-m", "boathouse.cli", "lab", "--no-browser", "--port", "18888"], cwd=wb.root, stdout=log, stderr=log,
        start_new_session=True, env=os.environ | {"JUPYTER_CONFIG_DIR": str(tmp_path / "config")},
    )  # fmt: skip
    try:
        address = _address(tmp_path / "log")
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        away: list[str] = []
        page.on("request", lambda request: away.append(request.url) if not re.match(r"(https?|wss?)://(localhost|127\.0\.0\.1)|data:|blob:", request.url) else None)  # fmt: skip
        page.goto(address)
        page.locator(".jp-LauncherCard[title^='Boathouse']").first.click(timeout=60_000)
        page.get_by_text("| Idle").wait_for(timeout=60_000)
        page.locator(".jp-Cell .cm-content").first.click()
        page.keyboard.type("%%sql\nSELECT sum(amount) AS s FROM orders")
        page.keyboard.press("Control+Enter")
        page.locator("table.dataTable").get_by_role("cell", name="15").wait_for(timeout=60_000)
        page.keyboard.press("Control+Shift+L")
        for card in ("New source", "Dashboard", "Explore"):
            page.locator(".jp-LauncherCard", has_text=card).first.wait_for()
        assert page.get_by_text("Jupyter news").count() == 0
        page.locator(".jp-LauncherCard", has_text="Explore").first.click()
        page.get_by_role("heading", name="Explore the lake").wait_for()
        assert not away
        page.close()
        every = psutil.Process(lab.pid).children(recursive=True)
        assert len(every) > 1
        os.killpg(lab.pid, signal.SIGINT)
        assert lab.wait(90) == 0  # a kernel that is still starting is awaited, on a busy machine for long
        _, alive = psutil.wait_procs(every, 10)
        assert not alive
    finally:
        lab.kill()


@posix
def test_nothing_outlives_a_kill(tmp_path: Path):
    wb = opened(tmp_path / "workbench")
    log = (tmp_path / "log").open("w+")
    lab = subprocess.Popen(
        [sys.executable, "-m", "boathouse.cli", "lab", "--no-browser", "--port", str(free_port())], cwd=wb.root, stdout=log, stderr=log,
        env=os.environ | {"JUPYTER_CONFIG_DIR": str(tmp_path / "config")},
    )  # fmt: skip
    _address(tmp_path / "log")
    every = psutil.Process(lab.pid).children(recursive=True)
    assert every
    lab.kill()
    lab.wait()
    _, alive = psutil.wait_procs(every, 20)
    assert not alive


def _address(log: Path) -> str:
    for _ in range(120):
        if found := re.search(r"http://(localhost|127\.0\.0\.1):\d+/lab\?token=\w+", log.read_text()):
            return found[0]
        time.sleep(0.5)
    raise AssertionError(log.read_text())
