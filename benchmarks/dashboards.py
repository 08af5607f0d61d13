"""Dashboards in a real browser: how soon a page is there, how soon it follows a filter over 10M rows, what twenty viewers take, and
how soon JupyterLab opens with us and without. Needs chromium."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import orders, workbench
from benchmarks.measure import once, python

_ROWS, _ROUNDS, _VIEWERS = 10_000_000, 5, 20
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_PAGE = """
from boathouse.dashboards import chart, filter, metric, page, table
page(
    "Sales", filter("region"), filter("paid"), filter("day"),
    metric("Orders", "count(*)"), metric("Revenue", "sum(price * quantity)"),
    chart("By month", "date_trunc('month', day)::DATE", "sum(price * quantity)"), chart("By region", "region", "sum(price * quantity)"),
    rows="orders",
)
"""


def dashboards(data: Path) -> str:
    root = _lake(data)
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=_QUIET)
        lines = [*_paints(root, browser), *_filters(root, browser), *_viewers(root, browser), *_labs(root, browser)]
        browser.close()
    return "\n".join([f"Dashboards over {_ROWS:,} rows", *lines, ""])


def _lake(data: Path) -> Path:
    root = data / "dashboards"
    if not (root / "lake" / "curated" / "orders").is_dir():
        workbench.make(root, orders.csv(data, _ROWS))
        once([sys.executable, "-m", "boathouse.cli", "-C", str(root), "run", "orders"])
    cell = {"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}, "outputs": [], "source": _PAGE}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    for file in (root / "dashboards").glob("*.ipynb"):
        file.unlink()
    (root / "dashboards" / "sales.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return root


def _paints(root: Path, browser: Browser) -> Iterator[str]:
    """First contentful paint as the browser has it, the moment at which the figures are there, and that at which all of it is."""
    for name, heated in (("preheated", 1), ("cold", 0)):
        (root / "boathouse.toml").write_text(f"[dashboards]\nheated = {heated}\n", encoding="utf-8")
        with _serving(root, "dashboards") as url:
            firsts, figures, everything = [], [], []
            for _ in range(_ROUNDS):
                time.sleep(8)  # until the next kernel is heated, and this one's predecessor has gone
                page = browser.new_page()
                began = time.perf_counter()
                page.goto(f"{url}/dashboards/sales", wait_until="commit")
                page.locator(".bh-figure").first.wait_for(timeout=60_000)
                figures.append(time.perf_counter() - began)
                page.get_by_text(re.compile("painted at")).wait_for(timeout=60_000)
                everything.append(time.perf_counter() - began)
                paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
                firsts.append(page.evaluate(paint) / 1000)
                page.close()
        paint, figure, all_ = map(statistics.median, (firsts, figures, everything))
        yield f"  {name:10} first paint {paint:5.2f} s   figures {figure:5.2f} s   charts and filters {all_:5.2f} s"


def _filters(root: Path, browser: Browser) -> Iterator[str]:
    (root / "boathouse.toml").write_text("", encoding="utf-8")
    with _serving(root, "dashboards") as url:
        page = browser.new_page()
        _painted(page, f"{url}/dashboards/sales")
        first = _changed(page, "North")
        time.sleep(6)  # somebody looks at it: meanwhile the rows are added up
        # each is chosen, then let go again, so that one region is looked at and then all of them
        ours = [_changed(page, name) for name in ("South", "East", "West") for _ in ("chosen", "let go")]
        page.close()
    rival = once(python(Path(__file__).parent / "rivals" / "filter_by_pandas.py", root), BOATHOUSE_RIVAL="1")
    theirs = float((root / "pandas-seconds").read_text())
    yield f"  a filter is followed in {statistics.median(ours[::2]):.2f} s ({first:.2f} s where it is chosen as soon as the page is there), its removal in {statistics.median(ours[1::2]):.2f} s (of all tiles); the same four by pandas, in memory: {theirs:.2f} s, {rival.megabytes:,.0f} MB"


def _changed(page: Page, name: str) -> float:
    """Seconds from a click on a value to the last tile."""
    turned = page.evaluate(
        """async (name) => {
            const figure = () => [...document.querySelectorAll('.bh-figure')].map(one => one.textContent).join();
            const charts = () => [...document.querySelectorAll('.bh-tile svg')].map(one => one.innerHTML.length + one.textContent).join();
            const chip = [...document.querySelectorAll('.bh-filter button')].find(one => one.textContent.startsWith(name));
            const before = [figure(), charts()], began = performance.now();
            chip.click();
            while (figure() === before[0] || charts() === before[1]) {
                if (performance.now() - began > 20000) return NaN;
                await new Promise(done => setTimeout(done, 5));
            }
            let last = performance.now(), seen = charts();
            while (performance.now() - last < 1500) {
                await new Promise(done => setTimeout(done, 5));
                if (charts() !== seen) { seen = charts(); last = performance.now(); }
            }
            return last - began;
        }""",
        name,
    )
    return float(turned) / 1000


def _viewers(root: Path, browser: Browser) -> Iterator[str]:
    with _serving(root, "dashboards") as url:
        pages = []
        for _ in range(_VIEWERS):
            pages.append(browser.new_context().new_page())
            _painted(pages[-1], f"{url}/dashboards/sales")
        server = next(one for one in psutil.process_iter() if "boathouse.cli" in _typed(one) and str(root) in _typed(one))
        used = sum(one.memory_full_info().pss for one in [server, *server.children(recursive=True)])
        for page in pages:
            page.context.close()
    yield f"  {_VIEWERS} viewers at once take {used / 1e9:.1f} GB, the server and Voilà among it"


def _labs(root: Path, browser: Browser) -> Iterator[str]:
    plain = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={root}",
        "--no-browser",
        *(["--allow-root"] if os.name == "posix" and os.getuid() == 0 else []),
    ]
    ours = [sys.executable, "-m", "boathouse.cli", "-C", str(root), "lab", "--no-browser"]
    seconds: dict[str, list[float]] = {"jupyter lab": [], "boathouse lab": []}
    for _ in range(3):
        for name, command in (
            ("jupyter lab", [*plain, "--ServerApp.port={port}"]),
            ("boathouse lab", [*ours, "--port", "{port}"]),
        ):
            seconds[name].append(_opened(command, browser))
    both = {name: statistics.median(found) for name, found in seconds.items()}
    yield f"  jupyter lab opens in {both['jupyter lab']:.1f} s, boathouse lab in {both['boathouse lab']:.1f} s"


def _opened(command: list[str], browser: Browser) -> float:
    """Seconds from the command to the launcher in the browser."""
    port, began = _port(), time.perf_counter()
    server = subprocess.Popen(
        [part.format(port=port) for part in command],
        env=os.environ | {"JUPYTER_TOKEN": "t"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    page = browser.new_page()
    try:
        _until(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/api"))
        page.goto(f"http://127.0.0.1:{port}/lab?token=t&reset")
        page.locator(".jp-LauncherCard").first.wait_for(timeout=60_000)
        return time.perf_counter() - began
    finally:
        page.close()
        server.terminate()
        server.wait(20)


def _painted(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_text(re.compile("painted at")).wait_for(timeout=120_000)


@contextmanager
def _serving(root: Path, command: str) -> Iterator[str]:
    port = _port()
    server = subprocess.Popen(
        [sys.executable, "-m", "boathouse.cli", "-C", str(root), command, "--port", str(port)], stderr=subprocess.DEVNULL
    )
    try:
        _until(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/health"))
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def _until(works: Callable[[], Any]) -> None:
    for _ in range(300):
        try:
            works()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("it did not come up")


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _typed(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
