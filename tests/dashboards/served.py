"""Dashboards as they are served, and a browser that looks at them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from boathouse.workbench import Workbench

REPOSITORY = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(wb: Workbench, command: str = "dashboards", *options: str) -> Iterator[str]:
    """The address of `boathouse dashboards`, until the end of the block."""
    port, log = free_port(), wb.root / "server.log"
    with log.open("wb") as out:
        arguments = ["-C", str(wb.root), command, "--port", str(port), *options]
        server = subprocess.Popen(
            [sys.executable, "-m", "boathouse.cli", *arguments], stdout=out, stderr=out, env=os.environ | {"BROWSER": "true"}
        )
    try:
        until = time.monotonic() + 60
        while "Ctrl-C" not in log.read_text(encoding="utf-8"):
            assert server.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < until, log.read_text(encoding="utf-8")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def ours(wb: Workbench) -> None:
    """Puts this repository's dashboards into a workbench."""
    shutil.copytree(REPOSITORY / "dashboards", wb.root / "dashboards", dirs_exist_ok=True)


class Looker:
    """A page, and everything that went wrong on it."""

    def __init__(self, browser: Browser, **options: Any):
        self.context = browser.new_context(viewport={"width": 1280, "height": 1000}, **options)
        self.page: Page = self.context.new_page()
        self.wrong: list[str] = []
        self.page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self._leaves(request.url))

    def _leaves(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")):
            self.wrong.append(f"asks {url}")

    def open(self, url: str) -> Page:
        """A dashboard, once it has been painted."""
        self.page.goto(url)
        self.page.get_by_text("painted at").wait_for(timeout=180_000)
        return self.page

    def figure(self, title: str) -> str:
        return (
            self.page.locator(".bh-tile", has=self.page.get_by_role("heading", name=title, exact=True))
            .locator(".bh-figure")
            .inner_text()
        )
