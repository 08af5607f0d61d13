"""Every result has a receipt, which replays on the versions that it names and says why where it does not hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from boathouse.config import QueryLimits
from boathouse.errors import UsageError
from boathouse.query.receipt import Receipt
from boathouse.workbench import Workbench

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "receipt.schema.json"
BY_REGION = "SELECT region, sum(amount) AS revenue, avg(amount) AS mean FROM orders GROUP BY region ORDER BY region"


def put(wb: Workbench, go: Callable, rows: str) -> None:
    (wb.root / "orders.csv").write_text("id,region,amount,ratio\n" + rows)
    assert go("orders").status == "published"


@pytest.fixture
def orders(wb: Workbench, go: Callable) -> Workbench:
    (wb.root / "pipelines" / "orders.yml").write_text(
        "source: {type: csv, location: orders.csv}\nmode: replace\n"
        'columns: {id: BIGINT, region: VARCHAR, amount: "DECIMAL(9,2)", ratio: DOUBLE}\n'
    )
    put(wb, go, "1,North,19.90,0.1\n2,West,120.00,0.2\n3,North,7.50,\n")
    return wb


def test_a_receipt_fits_the_published_schema_and_survives_its_json(orders: Workbench, tmp_path: Path):
    receipt = orders.sql(BY_REGION).receipt
    receipt.save(tmp_path / "r.json")
    told = json.loads((tmp_path / "r.json").read_text())
    jsonschema.validate(told, json.loads(SCHEMA.read_text()))
    assert Receipt.load(told) == receipt
    assert told["tables"][0] | {"committed_at": "", "age_hours": 0} == {
        "name": "orders", "version": 0, "committed_at": "", "age_hours": 0, "rows": 3, "verdict": "passed"}  # fmt: skip


def test_it_holds_after_the_dataset_has_moved_on(orders: Workbench, go: Callable):
    receipt = orders.sql(BY_REGION).receipt
    put(orders, go, "9,West,1.00,0.5\n")
    found = orders.replay(receipt)
    assert (found.same, found.reason) == (True, None)
    assert found.receipt
    assert found.receipt.id == receipt.id
    assert orders.sql(BY_REGION).receipt.id != receipt.id


def test_whatever_form_a_result_was_read_in_its_receipt_is_the_same(orders: Workbench, tmp_path: Path):
    streamed = orders.sql(BY_REGION)
    assert sum(batch.num_rows for batch in streamed.batches(proven=True)) == 2
    assert streamed.receipt.id == orders.sql(BY_REGION).receipt.id


@pytest.mark.parametrize("change", [
    {"sql": BY_REGION.replace("sum(amount)", "max(amount)")}, {"rows": 3}, {"digest": "0" * 32}, {"parameters": {"x": 1}},
    {"sql": BY_REGION + " DESC"}, {"tables": []}, {"sql": "SELECT 1 FROM gone"},
])  # fmt: skip
def test_a_receipt_that_was_changed_does_not_hold(orders: Workbench, change: dict):
    told = orders.sql(BY_REGION).receipt.to_json() | change
    found = orders.replay(told)
    assert not found.same
    assert found.reason


def test_a_version_that_is_gone_is_said(orders: Workbench):
    told = orders.sql(BY_REGION).receipt.to_json()
    told["tables"][0]["version"] = 7
    found = orders.replay(told)
    assert not found.same
    assert found.reason == "it cannot be run again: orders has no version 7"


@pytest.mark.parametrize(("sql", "why"), [
    ("SELECT random() AS r FROM orders", "random()"), ("SELECT now() FROM orders", "now()"), ("SELECT current_date", "current_date"),
    ("SELECT any_value(id) FROM orders", "any_value()"), ("SELECT id FROM orders LIMIT 1", "LIMIT without ORDER BY"),
    ("SELECT list(id) FROM orders", "list() without an order"), ("SELECT id, row_number() OVER () FROM orders", "row_number() without an order"),
    ("SELECT * FROM (SELECT id FROM orders LIMIT 2)", "LIMIT without ORDER BY"), ("SELECT * FROM orders USING SAMPLE 1", "TABLESAMPLE"),
    ("WITH a AS (SELECT uuid() AS u) SELECT * FROM a", "uuid()"),
])  # fmt: skip
def test_what_need_not_repeat_itself_is_marked(orders: Workbench, sql: str, why: str):
    receipt = orders.sql(sql).receipt
    assert not receipt.replayable
    assert why in receipt.changing


@pytest.mark.parametrize("sql", [
    BY_REGION, "SELECT id FROM orders ORDER BY id LIMIT 1", "SELECT list(id ORDER BY id) FROM orders",
    "SELECT id, row_number() OVER (ORDER BY id) FROM orders", "SELECT first(id ORDER BY id) FROM orders",
])  # fmt: skip
def test_what_repeats_itself_is_not(orders: Workbench, sql: str):
    assert orders.sql(sql).receipt.replayable


def test_random_rows_do_not_hold_and_the_reason_is_the_cause(orders: Workbench):
    found = orders.replay(orders.sql("SELECT random() AS r FROM orders").receipt)
    assert not found.same
    assert "random()" in str(found.reason)


def test_a_cut_result_says_so_and_replays_with_the_same_cut(orders: Workbench):
    result = orders.sql("SELECT id FROM orders ORDER BY id", limits=QueryLimits(rows=2))
    assert (result.receipt.rows, result.receipt.cut_at, result.cut) == (2, 2, True)
    assert orders.replay(result.receipt).same
    whole = orders.sql("SELECT id FROM orders ORDER BY id", limits=QueryLimits(rows=3))
    assert (whole.receipt.rows, whole.receipt.cut_at, whole.cut) == (3, None, False)
    assert not orders.sql("SELECT id FROM orders", limits=QueryLimits(rows=2)).receipt.replayable


def test_under_a_role_it_replays_as_that_role_sees(orders: Workbench):
    (orders.root / "boathouse.toml").write_text('[roles.west]\ndatasets = ["orders"]\nrows = { orders = "region = \'West\'" }\n')
    wb = Workbench(orders.root)
    receipt = wb.sql("SELECT count(*) AS n FROM orders", role="west").receipt
    assert "region =" not in json.dumps(receipt.to_json()["policies"])
    assert receipt.tables[0].rows is None
    assert wb.replay(receipt).same
    assert not wb.replay(receipt.to_json() | {"roles": []}).same
    with pytest.raises(UsageError, match="no role 'east'"):
        wb.replay(receipt.to_json() | {"roles": ["east"]})


@pytest.mark.parametrize("text", ["{", "[]", '{"receipt": 2}', "", "\x00"])
def test_what_is_no_receipt_is_told(orders: Workbench, tmp_path: Path, text: str):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(UsageError, match="no receipt"):
        orders.replay(tmp_path / "r.json")


@pytest.mark.parametrize(
    "changed", [{"rows": 7}, {"id": "x" * 20}, {"verdict": "passed with quarantine"}, {"table rows": 1}, {"version": 1}]
)
def test_a_receipt_that_was_changed_is_not_the_same(orders: Workbench, changed: dict):
    receipt = orders.sql("SELECT id FROM orders ORDER BY id").receipt.to_json()
    assert orders.replay(receipt).same
    table = dict(receipt["tables"][0])
    for key, value in changed.items():
        if key in ("rows", "id"):
            receipt[key] = value
        else:
            table["rows" if key == "table rows" else key] = value
    assert not orders.replay(receipt | {"tables": [table]}).same
