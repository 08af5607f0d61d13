"""What the lake knows of its runs, by SQL: with receipts, and no more than a role may see."""

from __future__ import annotations

from pathlib import Path

import pytest

from boathouse.errors import MissingError
from tests.query.lakes import opened, publish

ROLES = """
[roles.west]
datasets = ["orders"]
rows = {orders = "region = 'West'"}

[roles.stock]
datasets = ["stock"]
"""
TABLES = ("boathouse_runs", "boathouse_batches", "boathouse_expectations")


@pytest.fixture
def wb(tmp_path: Path):
    made = opened(tmp_path / "workbench", ROLES)
    publish(made, "orders", "order_id: BIGINT, region: VARCHAR", "1,West\n2,East\n")
    publish(made, "stock", "sku: VARCHAR, pieces: BIGINT", "a,1\n")
    return made


def test_runs_and_batches_add_up(wb):
    runs = wb.sql("SELECT dataset, status, rows_read FROM boathouse_runs ORDER BY dataset")
    assert runs.rows() == [
        {"dataset": "orders", "status": "published", "rows_read": 2},
        {"dataset": "stock", "status": "published", "rows_read": 1},
    ]
    batches = wb.sql("SELECT item, rows_published FROM boathouse_batches ORDER BY item").rows()
    assert [batch["rows_published"] for batch in batches] == [2, 1]


def test_a_receipt_names_the_version_of_the_records(wb):
    result = wb.sql("SELECT count(*) AS n FROM boathouse_runs")
    receipt = result.receipt
    publish(wb, "stock", "sku: VARCHAR, pieces: BIGINT", "a,2\n")
    assert wb.sql("SELECT count(*) AS n FROM boathouse_runs").rows() == [{"n": 3}]
    assert wb.replay(receipt).same


@pytest.mark.parametrize("table", TABLES)
def test_a_role_sees_the_runs_of_its_datasets_alone(wb, table: str):
    """A role whose rows are filtered is told no counts: they would tell of rows that it may not see."""
    seen = wb.sql(f"SELECT DISTINCT dataset FROM {table}", role="stock")
    assert {row["dataset"] for row in seen.rows()} <= {"stock"}
    assert seen.receipt.policies
    assert wb.sql(f"SELECT * FROM {table}", role="west").rows() == []


def test_what_batches_held_is_for_those_who_see_everything(wb):
    assert wb.sql("SELECT item FROM boathouse_batches", role="stock").rows() == [{"item": None}]
    with pytest.raises(MissingError, match="the datasets are orders, stock"):
        wb.sql("SELECT * FROM boathouse_secrets")


def test_an_empty_lake_has_no_runs(tmp_path: Path):
    made = opened(tmp_path / "empty")
    for table in TABLES:
        assert made.sql(f"SELECT * FROM {table}").rows() == []
