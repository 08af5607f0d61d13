"""A shop whose lake is served."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from boathouse.serve.app import create
from boathouse.workbench import Workbench

SALES = """-- title: Sales of a region
-- path: /sales/{region}
-- cache: 60
-- parameters: {region: {type: VARCHAR, example: West}, least: {type: "DECIMAL(9,2)", default: 0}}
SELECT id, amount FROM orders WHERE region = :region AND amount >= :least ORDER BY id
"""


@pytest.fixture
def shop(wb: Workbench, go: Callable) -> Workbench:
    (wb.root / "orders.csv").write_text("id,region,amount,tags\n1,North,19.90,\n2,West,120.00,[1]\n3,West,7.50,\n")
    (wb.root / "pipelines" / "orders.yml").write_text(
        "source: {type: csv, location: orders.csv}\nmode: replace\ndescription: What was sold\n"
        'columns: {id: BIGINT, region: VARCHAR, amount: "DECIMAL(9,2)", tags: "BIGINT[]"}\n'
    )
    assert go("orders").status == "published"
    (wb.root / "queries" / "sales.sql").write_text(SALES)
    return wb


@pytest.fixture
def client(shop: Workbench) -> Iterator[TestClient]:
    with TestClient(create(shop), base_url="http://localhost", raise_server_exceptions=False) as made:
        yield made
