"""The demo company: what its silos hold arrives in the lake, its faults in quarantine, and a second run changes nothing."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import defaultdict
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest

import boathouse
from boathouse.lake.records import RunRecord
from boathouse.sources.database import connect
from boathouse.workbench import Workbench
from demo import company, servers, silos
from demo.__main__ import best_sold

TODAY = date(2026, 11, 22)
REPOSITORY = Path(__file__).parents[1]
PIPELINES = ["categories", "customers", "invoices", "orders", "products", "targets"]


@pytest.fixture
def copy(demo: Workbench, tmp_path: Path) -> Workbench:
    """A copy of that, to be changed."""
    return boathouse.open(shutil.copytree(demo.root, tmp_path / "demo"))


def go(wb: Workbench, name: str) -> RunRecord:
    road = wb.road(name)
    for step in (road.land, road.stage, road.clean, road.validate, road.publish, road.finish):
        step()
    return road.record


@pytest.fixture(scope="module")
def orders(demo: Workbench) -> dict[str, dict[str, str]]:
    """The orders that should be published, found by Python alone: the last good line of each."""
    found = {}
    for path in sorted((demo.root / "silos/shop").glob("*.csv")):
        header, *lines = csv.reader(path.open(encoding="utf-8"))
        good = [dict(zip(header, cells, strict=True)) for cells in lines if len(cells) == len(header)]
        found |= {order["order_id"]: order for order in good if is_good(order)}
    return found


def is_good(order: dict[str, str]) -> bool:
    try:
        date.fromisoformat(order["ordered_on"])
        return order["region"] in company.REGIONS and int(order["quantity"]) > 0 and Decimal(order["amount"]) >= 0
    except (ValueError, InvalidOperation):
        return False


def test_every_row_is_accounted_for(demo: Workbench) -> None:
    assert demo.pipelines() == PIPELINES
    for run in demo.runs():
        assert run["status"] == "published", run["error"]
        assert run["rows_read"] == sum(run[f"rows_{where}"] for where in ("published", "quarantined", "deduplicated", "rejected"))


def test_what_is_good_is_published(demo: Workbench, orders: dict) -> None:
    rows = demo.sql("SELECT order_id, quantity, amount FROM orders").rows()
    assert {row["order_id"]: (row["quantity"], row["amount"]) for row in rows} == {
        key: (int(order["quantity"]), Decimal(order["amount"])) for key, order in orders.items()
    }
    assert len(demo["customers"]) == company.CUSTOMERS
    assert len(demo["products"]) == len(company.PRODUCTS)
    assert len(demo["targets"]) == 24 * len(company.REGIONS)


def test_the_query_gives_what_python_finds_in_the_silos(demo: Workbench, orders: dict) -> None:
    best = demo.sql(best_sold(date(2026, 10, 1))).rows()
    assert len(best) == 8
    assert best == best_by_hand(demo.root / "silos", orders)


def best_by_hand(folder: Path, orders: dict) -> list[dict]:
    """The demo's query without the lake."""
    with sqlite3.connect(folder / "warehouse/products.db") as db:
        category = dict(db.execute("SELECT product_id, c.name FROM products JOIN categories c USING (category_id)"))
    lines = (folder / "crm/customers.jsonl").read_text(encoding="utf-8").splitlines()
    kind = {one["customer_id"]: one["kind"] for line in lines if line.endswith("}") for one in [json.loads(line)]}
    revenue: dict = defaultdict(Decimal)
    clubs: dict = defaultdict(Decimal)
    for order in orders.values():
        if order["ordered_on"].startswith("2026-10"):
            group = order["region"], category[int(order["product_id"])]
            revenue[group] += Decimal(order["amount"])
            if kind[order["customer_id"]] == "club":
                clubs[group] += Decimal(order["amount"])
    best = sorted(revenue, key=lambda group: -revenue[group])[:8]
    return [{"region": g[0], "category": g[1], "revenue": revenue[g], "from_clubs": clubs.get(g)} for g in best]


def test_each_fault_is_in_quarantine_with_its_reason(demo: Workbench) -> None:
    reasons = "\n".join(reason for row in demo.quarantine("orders") for reason in row["reasons"])
    for fault in (r"amount: '.*' is not a DECIMAL", r"ordered_on: '.*-32' is not a DATE", "region: must be one of", "quantity: must be at least",
                  "(?i)columns|cells"):  # fmt: skip
        assert re.search(fault, reasons), f"{fault} in\n{reasons}"
    for row in demo.quarantine("orders"):
        line = (demo.root / "silos/shop" / row["item"]).read_text(encoding="utf-8").splitlines()[row["line"] - 1]
        assert line.startswith(row["row"].get("order_id") or row["row"]["_text"])
    assert [row["line"] for row in demo.quarantine("customers")] == [101, 201]
    assert [row["row"]["invoice_id"] for row in demo.quarantine("invoices")] == ["Summe"]


def test_the_second_time_nothing_changes_and_a_month_later_one_file(copy: Workbench) -> None:
    silos.write(copy.root / "silos", date(2026, 11, 30))
    assert {name: go(copy, name).status for name in PIPELINES} == dict.fromkeys(PIPELINES, "unchanged")
    silos.write(copy.root / "silos", date(2026, 12, 1))
    batches = go(copy, "orders").batches
    assert [batch.item for batch in batches if batch.status != "unchanged"] == ["orders-2026-11.csv"]


def test_servers_hold_two_tables_more(copy: Workbench, postgres: str, mysql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_POSTGRES", postgres)
    monkeypatch.setenv("DEMO_MYSQL", mysql)
    for server, rows in servers.fill(copy.root, TODAY):
        copy.add(server.pipeline, f"${{{server.variable}}}", {"type": "database", "table": server.table.name})
        assert go(copy, server.pipeline).total("rows_published") == rows > 1000
        assert os.environ[server.variable] not in (copy.root / f"pipelines/{server.pipeline}.yml").read_text(encoding="utf-8")
    assert {"payments", "deliveries"} < set(copy.pipelines())
    monkeypatch.delenv("DEMO_POSTGRES")
    servers.fill(copy.root, TODAY)
    assert "payments" not in copy.pipelines()
    for server, url in ((servers.PAYMENTS, postgres), (servers.DELIVERIES, mysql)):
        server.table.drop(connect(url, copy.root))


def run_demo(wb: Workbench) -> subprocess.CompletedProcess:
    env = {key: value for key, value in os.environ.items() if not key.startswith("DEMO_")} | {"BOATHOUSE_NOW": "2026-11-22T09:00"}
    return subprocess.run(
        [sys.executable, "-m", "demo"], cwd=wb.root, env=env, capture_output=True, encoding="utf-8", check=False
    )


def test_the_command(copy: Workbench) -> None:
    shutil.rmtree(copy.root / "lake")
    ran = run_demo(copy)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for told in ("orders: published", "from_clubs", "orders-2024-11.csv line", "docs/tutorial.md"):
        assert told in ran.stdout
    notebook = re.search(r"lake/runs/notebooks/\S+", ran.stdout)
    assert notebook
    assert (copy.root / notebook[0]).is_file()


def test_a_run_that_fails_ends_the_demo_with_its_code(copy: Workbench) -> None:
    for path in (copy.root / "pipelines").glob("*.yml"):
        path.unlink()
    (copy.root / "pipelines/orders.yml").write_text("source: {type: csv, location: nowhere.csv}\n")
    ran = run_demo(copy)
    assert ran.returncode == 1
    assert "nowhere.csv does not exist" in ran.stdout
    assert "boathouse sql" not in ran.stdout


def test_the_example_of_the_readme_runs(copy: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy.root)
    example = re.search(r"```python\n(.*?)```", (REPOSITORY / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert example
    exec(example[1], {})
