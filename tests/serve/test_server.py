"""`boathouse serve` as a process."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from boathouse.workbench import Workbench


def command(wb: Workbench, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "boathouse.cli", "-C", str(wb.root), "serve", *arguments]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_it_does_not_serve_others_without_authentication(shop: Workbench, host: str):
    done = subprocess.run(command(shop, "--host", host), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "nobody has a key" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_it_serves_until_it_is_stopped(shop: Workbench, tmp_path: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(command(shop, "--port", str(port)), stderr=log) as server:
        try:
            assert _get(port, "/sales/West?format=csv") == b'"id","amount"\n2,120.00\n3,7.50\n'
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=30) in (0, -signal.SIGTERM)
        finally:
            server.kill()


def _get(port: int, path: str) -> bytes:
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.read()
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer within 20 s")
