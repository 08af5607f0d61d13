"""The API against datasette and ROAPI on the same table, a stream of 10M rows, and the start with 200 datasets."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.client import rate
from boathouse.init import create
from boathouse.workbench import Workbench

SALES = """SELECT i AS id, 'customer ' || (i * 7919 % 50000) AS customer, ['North', 'South', 'East', 'West'][i % 4 + 1] AS region,
  (i * 31 % 100000) / 100.0 AS amount, DATE '2020-01-01' + (i % 2000)::INT AS day, i % 100 AS quantity FROM range({rows}) t(i)"""


def sales(data: Path, rows: int) -> Workbench:
    """A dataset `sales`, published from one Parquet file."""
    root = data / f"sales-{rows}"
    if not (root / "lake").exists():
        shutil.rmtree(root, ignore_errors=True)
        create(root)
        duckdb.sql(f"COPY ({SALES.format(rows=rows)}) TO '{root}/sales.parquet'")
        (root / "pipelines" / "sales.yml").write_text(
            "source: {type: parquet, location: sales.parquet}\nkey: id\nmode: replace\n"
        )
        [record] = Workbench(root).run("sales")
        assert record.status == "published", record.error
    return Workbench(root)


@contextlib.contextmanager
def served(command: list[str | Path], port: int, path: str) -> Iterator[psutil.Process]:
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until and process.poll() is None:
                try:
                    if _get(port, path).status == 200:
                        break
                except OSError:
                    time.sleep(0.01)
            else:
                raise RuntimeError(f"{command[0]} does not answer")
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            process.kill()


def boathouse(wb: Workbench, port: int) -> list[str | Path]:
    return [sys.executable, "-m", "boathouse.cli", "-C", wb.root, "serve", "--port", str(port)]


def points(data: Path, rounds: int = 3) -> str:
    """Single rows by key and pages of 100 rows, 1M rows, 8 connections."""
    wb, tools = sales(data, 1_000_000), _rivals(data)
    file, database = wb.root / "sales.parquet", data / "sales.db"
    if not database.exists():
        _as_sqlite(file, database)
    ports = [_free() for _ in range(3)]
    sides = {
        "Boathouse": (boathouse(wb, ports[0]), "/datasets/sales/rows?id={id}&limit=1", "/datasets/sales/rows?id__gte={id}&limit=100"),
        "datasette": ([tools / "datasette", "serve", database, "--port", str(ports[1])], "/sales/sales/{id}.json?_shape=array", "/sales/sales.json?_shape=array&_size=100&_nocount=1&_nofacet=1&_next={id}"),
        "ROAPI": ([tools / "roapi", "--table", f"sales={file}", "--addr-http", f"127.0.0.1:{ports[2]}", "--addr-postgres", f"127.0.0.1:{_free()}", "--addr-flight-sql", f"127.0.0.1:{_free()}"], "/api/tables/sales?filter%5Bid%5D={id}&limit=1", "/api/tables/sales?filter%5Bid%5Dgte={id}&sort=id&limit=100"),
    }  # fmt: skip
    seen: dict[str, list[list[tuple[float, float, float]]]] = {name: [[], []] for name in sides}
    chance = random.Random(4)
    for number in range(rounds):
        for port, (name, (command, *paths)) in zip(ports, sides.items(), strict=True):
            with served(command, port, paths[0].format(id=1)):
                for kind, pattern in enumerate(paths):
                    rate(port, lambda n, p=pattern: p.format(id=n % 900_000), seconds=2)  # warm
                    seen[name][kind].append(rate(port, lambda n, p=pattern: p.format(id=chance.randrange(900_000))))
                    print(f"  round {number + 1}: {name:10} {('point', 'page')[kind]:6} {seen[name][kind][-1]}", flush=True)
    lines = ["### Rows over HTTP, 1M rows, 8 connections", "", "| | points/s | p50 ms | p99 ms | pages/s | p50 ms | p99 ms |", "|---|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
    best = {name: [sorted(found)[len(found) // 2] for found in kinds] for name, kinds in seen.items()}
    for name, ((pr, p5, p9), (gr, g5, g9)) in best.items():
        lines.append(f"| {name} | {pr:.0f} | {p5:.1f} | {p9:.1f} | {gr:.0f} | {g5:.1f} | {g9:.1f} |")
    for rival in ("datasette", "ROAPI"):
        ratios = [best["Boathouse"][kind][0] / best[rival][kind][0] for kind in (0, 1)]
        lines += ["", f"Boathouse to {rival}: points {ratios[0]:.2f}, pages {ratios[1]:.2f}"]
    return "\n".join(lines) + "\n"


def stream(data: Path, rounds: int = 3) -> str:
    """10M rows as an Arrow stream, against reading the Parquet file into Arrow in process."""
    wb, port = sales(data, 10_000_000), _free()
    [file] = wb.lake.dataset("sales").urls()
    (wb.root / "boathouse.toml").write_text("[api.limits]\nseconds = 600\n")
    ours, theirs, peaks = [], [], []
    with served(boathouse(wb, port), port, "/health") as server:
        _get(port, "/datasets/sales/rows?limit=1")
        processes = [server, *server.children()]
        for _ in range(rounds):
            began = time.perf_counter()
            rows = pq.read_table(file).num_rows
            theirs.append(time.perf_counter() - began)
            began = time.perf_counter()
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("POST", "/sql?format=arrow", json.dumps({"sql": "SELECT * FROM sales"}), {"Content-Type": "application/json"})  # fmt: skip
            got = peak = 0
            for batch in pa.ipc.open_stream(connection.getresponse()):
                got += batch.num_rows
                peak = max(peak, sum(each.memory_info().rss for each in processes))
            ours.append(time.perf_counter() - began)
            peaks.append(peak / 1e6)
            assert got == rows
            print(f"  read_table {theirs[-1]:.2f} s, stream {ours[-1]:.2f} s, server {peaks[-1]:.0f} MB", flush=True)
    base, mine = sorted(theirs)[rounds // 2], sorted(ours)[rounds // 2]
    return (f"### 10M rows as Arrow\n\n| | seconds | rows/s |\n|---|---:|---:|\n| pyarrow reads the file, in process | {base:.2f} | {rows / base:,.0f} |\n"
            f"| Boathouse, over HTTP | {mine:.2f} | {rows / mine:,.0f} |\n\nRate: {base / mine:.2f} of reading the file. The server and its workers held at most {max(peaks):.0f} MB.\n")  # fmt: skip


def start(data: Path, rounds: int = 5) -> str:
    """Until the catalog of 200 datasets is answered, and until a commit is seen."""
    wb, port = sales(data, 1_000_000), _free()
    root = data / "many"
    if not root.exists():
        create(root)
        for number in range(200):
            shutil.copytree(
                wb.root / "lake" / "curated" / "sales", root / "lake" / "curated" / f"sales_{number:03}", copy_function=_link
            )
    ready, listed, seen = [], [], []
    for _ in range(rounds):
        began = time.perf_counter()
        with served(boathouse(Workbench(root), port), port, "/health"):
            ready.append(time.perf_counter() - began)
            assert len(json.loads(_get(port, "/datasets").read())["datasets"]) == 200
            listed.append(time.perf_counter() - began)
            table = Workbench(root).lake.dataset("sales_000").delta
            table.alter.set_table_properties({"boathouse.measured": str(time.time())}, raise_if_not_exists=False)
            wanted = table.version()
            began_commit = time.perf_counter()
            while json.loads(_get(port, "/datasets/sales_000").read())["version"] < wanted:
                time.sleep(0.01)
            seen.append(time.perf_counter() - began_commit)
    middle = rounds // 2
    return (f"### The start, 200 datasets\n\n| | seconds |\n|---|---:|\n| until it answers | {sorted(ready)[middle]:.2f} |\n"
            f"| until the catalog of all is there | {sorted(listed)[middle]:.2f} |\n| until a new commit is seen | {sorted(seen)[middle]:.2f} |\n")  # fmt: skip


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def _get(port: int, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    return connection.getresponse()


def _free() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _rivals(data: Path) -> Path:
    """datasette and ROAPI, in an environment of their own."""
    folder = data / "rivals"
    if not folder.exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", folder / "bin" / "python", "datasette", "roapi", "setuptools"],
            check=True,
        )
    return folder / "bin"


def _as_sqlite(file: Path, database: Path) -> None:
    with sqlite3.connect(database) as con:
        con.execute(
            "CREATE TABLE sales (id INTEGER PRIMARY KEY, customer TEXT, region TEXT, amount REAL, day TEXT, quantity INTEGER)"
        )
        rows = duckdb.connect().execute(f"SELECT id, customer, region, amount::DOUBLE, day::VARCHAR, quantity FROM '{file}'")
        while batch := rows.fetchmany(50_000):
            con.executemany("INSERT INTO sales VALUES (?, ?, ?, ?, ?, ?)", batch)
