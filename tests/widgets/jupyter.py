"""A notebook in a browser, by JupyterLab and by Voilà."""

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
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from boathouse.workbench import Workbench

FRONT_ENDS = ("voila", "lab")
FONTS = "cdn.jsdelivr.net"  # the icons that Voilà's own template asks for; no widget does


class Watched:
    """A browser whose pages keep the hosts that they ask, from their first request on."""

    def __init__(self, browser: Browser):
        self.browser, self.hosts = browser, set[str]()

    def new_page(self, **options: Any) -> Page:
        page = self.browser.new_page(**options)
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname or "127.0.0.1"))  # data: has no host
        return page

    def elsewhere(self, page: Page) -> set[str]:
        return self.hosts - {"127.0.0.1"} - (set() if "/lab/" in page.url else {FONTS})


def write(wb: Workbench, name: str, *cells: str) -> None:
    """A notebook of these cells, beside boathouse.toml."""
    made = [{"cell_type": "code", "execution_count": None, "id": f"c{n}", "metadata": {}, "outputs": [], "source": cell}
            for n, cell in enumerate(cells)]  # fmt: skip
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (wb.root / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


@contextmanager
def shown(front_end: str, wb: Workbench, name: str, browser: Browser) -> Iterator[Page]:
    """Its page, in JupyterLab after all cells have been told to run."""
    if front_end == "voila":
        pytest.importorskip("voila", reason="voila is not installed: pip install 'boathouse[lab]'")
        serving = _serving(wb, ["voila", f"{name}.ipynb", "--no-browser", "--port={port}"], "/")
    else:
        root = ["--allow-root"] if sys.platform == "linux" and os.getuid() == 0 else []
        serving = _serving(wb, ["jupyterlab", "--no-browser", "--ServerApp.port={port}", "--IdentityProvider.token=t", *root],
                           f"/lab/tree/{name}.ipynb?token=t&reset")  # fmt: skip
    with serving as url:
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.goto(url)
        if front_end == "lab":
            page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
            page.get_by_text("Python 3 (ipykernel)").first.wait_for(timeout=60_000)
            page.get_by_text("| Idle").wait_for(timeout=60_000)  # a cell that is run before its kernel is there is forgotten
            page.locator(".jp-Cell .cm-content").first.click()
            for _ in range(page.locator(".jp-Cell").count() - 1):
                page.keyboard.press("Shift+Enter")
            page.keyboard.press("Control+Enter")
        yield page
        page.close()


@contextmanager
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
