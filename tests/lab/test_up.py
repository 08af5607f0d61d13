"""`boathouse up`: one page leads everywhere, what dies is started again, and nothing outlives its end."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.dashboards.served import free_port
from tests.query.lakes import opened, publish

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


def _until(true: Callable[[], object], seconds: float = 60) -> object:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if found := true():
                return found
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.2)
    raise AssertionError("it did not come to be so")


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read().decode()


@pytest.fixture
def up(tmp_path: Path):
    wb = opened(tmp_path / "workbench")
    publish(wb, "orders", "order_id: BIGINT, amount: BIGINT", "1,10\n")
    wb.add_dashboard("orders", "orders")
    log = (wb.root / "up.log").open("wb")
    command = [
        sys.executable,
        "-m",
        "boathouse.cli",
        "-C",
        str(wb.root),
        "up",
        "--port",
        str(free_port()),
        "--lab-port",
        str(free_port()),
    ]
    server = subprocess.Popen([*command, "--no-browser"], stdout=log, stderr=log)
    _until(lambda: "Ctrl-C" in (wb.root / "up.log").read_text())
    yield server, (wb.root / "up.log").read_text()
    if server.poll() is None:
        server.kill()
        server.wait()


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _typed(process: psutil.Process) -> list[str]:
    """Its command line; nothing of one that has just ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _children(server: subprocess.Popen[bytes], module: str) -> list[psutil.Process]:
    return [one for one in psutil.Process(server.pid).children(recursive=True) if module in _typed(one)]


def test_one_page_leads_everywhere_and_one_ctrl_c_ends_it(up):
    server, said = up
    url, lab, token = re.search(r"API: (\S+)\n.*?(http\S+?)/lab\?token=(\S+)", said).groups()
    page = _get(url)
    assert "/dashboards/orders" in page
    assert "/catalog/orders" in page
    assert f"{lab}/lab" in page
    assert token not in page
    assert "kernelId" in _get(f"{url}/dashboards/orders")
    assert '"version"' in str(_until(lambda: _get(f"{lab}/api?token={token}")))
    everyone = psutil.Process(server.pid).children(recursive=True)
    assert token not in " ".join(part for one in everyone for part in _typed(one))
    server.send_signal(signal.SIGINT)
    assert server.wait(40) in (0, 130)
    _until(lambda: not [one for one in everyone if _lives(one)], 20)


def test_voila_is_started_again_and_nothing_outlives_a_kill(up):
    server, said = up
    url = re.search(r"API: (\S+)\n", said)[1]
    [first] = _children(server, "voila")
    first.kill()
    _until(lambda: [one for one in _children(server, "voila") if one.pid != first.pid])
    _until(lambda: "kernelId" in _get(f"{url}/dashboards/orders"))
    everyone = psutil.Process(server.pid).children(recursive=True)
    server.kill()
    _until(lambda: not [one for one in everyone if _lives(one)], 30)


def test_jupyterlab_is_started_again(up):
    server, said = up
    lab, token = re.search(r"(http\S+?)/lab\?token=(\S+)", said).groups()
    _until(lambda: _get(f"{lab}/api?token={token}"))
    [first] = _children(server, "jupyterlab")
    first.kill()
    _until(lambda: [one for one in _children(server, "jupyterlab") if one.pid != first.pid])
    _until(lambda: _get(f"{lab}/api?token={token}"))


def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path):
    wb = opened(tmp_path / "workbench")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "boathouse.cli", "-C", str(wb.root), "up", "--no-browser", "--port", str(free_port())]
        port = str(taken.getsockname()[1])
        done = subprocess.run([*command, "--lab-port", port], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert f"JupyterLab cannot listen on port {port}" in done.stderr
    assert "--lab-port" in done.stderr
