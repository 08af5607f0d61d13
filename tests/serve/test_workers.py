"""SQL that will not stop, takes too much, or whose caller goes away: the server stays up."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from fastapi.testclient import TestClient

from boathouse.config import QueryLimits
from boathouse.errors import QueryError
from boathouse.serve.app import create
from boathouse.serve.workers import Job, Workers
from boathouse.workbench import Workbench
from tests.query.bombs import STUBBORN

SECONDS = 1.0


@pytest.fixture
def brief(shop: Workbench) -> Iterator[TestClient]:
    (shop.root / "boathouse.toml").write_text(f"[limits]\nmemory = '400MB'\n[api]\nlimits = {{ seconds = {SECONDS} }}\n")
    with TestClient(create(Workbench(shop.root)), base_url="http://localhost", raise_server_exceptions=False) as made:
        assert made.post("/sql", json={"sql": "SELECT 1 AS one"}).json() == [{"one": 1}]
        yield made


def test_what_will_not_stop_is_stopped_within_a_second(shop: Workbench):
    """Queries that do not heed an interrupt, or that take memory which the engine does not count."""
    (shop.root / "boathouse.toml").write_text("[limits]\nmemory = '400MB'\n")
    workers, limits = Workers(Workbench(shop.root), 2), QueryLimits(seconds=0.5)
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            for child in psutil.Process().children():
                with contextlib.suppress(psutil.Error):
                    peak[0] = max(peak[0], child.memory_info().rss)

    def run(bomb: tuple[str, str]) -> tuple[str, float]:
        begun = time.monotonic()
        with pytest.raises(QueryError):
            list(workers.run(Job(bomb[1], limits=limits)))
        return bomb[0], time.monotonic() - begun

    threading.Thread(target=watch, daemon=True).start()
    try:
        with ThreadPoolExecutor(2) as pool:
            taken = dict(pool.map(run, STUBBORN))
        [head, *_] = workers.run(Job("SELECT count(*) AS n FROM orders"))
    finally:
        done.set()
        workers.close()
    assert head.asked.tables[0].name == "orders"
    late = {
        name: seconds for name, seconds in taken.items() if seconds > 0.5 + 20
    }  # a worker starts late on a busy machine; none of them ends by itself
    assert late == {}
    assert peak[0] < 3 << 30


def test_the_server_answers_on(brief: TestClient):
    answer = brief.post("/sql", json={"sql": "SELECT levenshtein(repeat('a', 300000), repeat('b', 300000))"})
    assert (answer.status_code, answer.json()["title"]) == (408, f"stopped after {SECONDS:g} s")
    assert brief.post("/sql", json={"sql": "SELECT count(*) AS n FROM orders"}).json() == [{"n": 3}]


def test_a_worker_that_dies_is_replaced(brief: TestClient):
    for worker in list(brief.app.state.site.workers._all):  # type: ignore[attr-defined]
        worker.process.kill()
        worker.process.wait()
    statuses = [brief.post("/sql", json={"sql": "SELECT 1 AS one"}).status_code for _ in range(4)]
    assert statuses[-1] == 200
    assert set(statuses) <= {200, 400}


@pytest.fixture
def process(shop: Workbench, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A real server, and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "boathouse.cli", "-C", str(shop.root), "serve", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as server:
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield server, port
        finally:
            server.terminate()
            server.wait(timeout=30)


def test_a_caller_who_hangs_up_frees_the_query(process: tuple[subprocess.Popen[bytes], int]):
    server, port = process
    query = b'{"sql": "SELECT a.range, repeat(\'x\', 100) AS t FROM range(100000000) a"}'
    head = b"POST /sql?format=csv HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    calls = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]  # as many as there are workers
    for call in calls:
        call.sendall(head % len(query) + query)
        assert call.recv(1000).startswith(b"HTTP/1.1 200")
        call.close()
    begun = time.monotonic()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/sql", b'{"sql": "SELECT 1 AS one"}', {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.read() == b'[\n{"one": 1}\n]\n'
    assert time.monotonic() - begun < 15  # and not the thirty seconds that those queries might have taken
    memory = sum(each.memory_info().rss for each in [psutil.Process(server.pid), *psutil.Process(server.pid).children()])
    assert memory < 2 << 30


def test_when_the_server_ends_its_workers_end(process: tuple[subprocess.Popen[bytes], int]):
    server, _ = process
    until = time.monotonic() + 20
    while len(children := psutil.Process(server.pid).children(recursive=True)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    assert len(children) == 2
    server.kill()
    server.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def test_two_hundred_ask_at_once(process: tuple[subprocess.Popen[bytes], int]):
    _, port = process
    together = threading.Barrier(200)

    def ask(n: int) -> bytes:
        together.wait()
        kind = n % 4
        path = ["/sales/West?format=csv", "/datasets/orders/rows?id=2&select=id&format=csv", "/datasets", "/sql?format=csv"][kind]
        body = b'{"sql": "SELECT count(*) AS n FROM orders"}' if kind == 3 else None
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(ask, range(200)))
    assert answers[0::4] == [b'"id","amount"\n2,120.00\n3,7.50\n'] * 50
    assert answers[1::4] == [b'"id"\n2\n'] * 50
    assert answers[3::4] == [b'"n"\n3\n'] * 50


def test_a_worker_that_dies_while_it_starts_is_tried_again(shop: Workbench):
    workers = Workers(Workbench(shop.root), 1)
    try:
        until = time.monotonic() + 20
        while not (begun := list(workers._all)) and time.monotonic() < until:
            time.sleep(0.005)
        begun[0].process.kill()
        [head, *_] = workers.run(Job("SELECT count(*) AS n FROM orders"))
        assert head.asked.tables[0].name == "orders"
    finally:
        workers.close()
