"""queries/NAME.sql: a comment that says what it is, `:parameters` with types, and errors that name the line."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boathouse.errors import UsageError
from boathouse.workbench import Workbench


@pytest.fixture
def shop(wb: Workbench, go: Callable) -> Workbench:
    (wb.root / "orders.csv").write_text("id,region,amount\n1,North,19.90\n2,West,120.00\n3,O'Hare,7.50\n")
    (wb.root / "pipelines" / "orders.yml").write_text(
        'source: {type: csv, location: orders.csv}\ncolumns: {id: BIGINT, region: VARCHAR, amount: "DECIMAL(9,2)"}\n'
    )
    assert go("orders").status == "published"
    return wb


def save(wb: Workbench, text: str, name: str = "sales") -> None:
    (wb.root / "queries" / f"{name}.sql").write_text(text)


SALES = """-- title: Sales
-- parameters:
--   region: VARCHAR
--   least: {type: "DECIMAL(9,2)", default: 0}
SELECT ':region' AS text, id::BIGINT AS id, [1, 2][1:2] AS part -- of :region
FROM orders WHERE region = :region AND amount >= :least ORDER BY id
"""


def test_values_are_bound_and_typed(shop: Workbench):
    save(shop, SALES)
    assert shop.query("sales", {"region": "West"}).rows() == [{"text": ":region", "id": 2, "part": [1, 2]}]
    assert shop.query("sales", {"region": "West", "least": "120.01"}).rows() == []
    assert shop.query("sales", {"region": "O'Hare", "least": Decimal("7.5")}).rows()[0]["id"] == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(st.text() | st.sampled_from(["' OR 1=1 --", "West'; DROP TABLE orders; --", "$region", ":least", "null", "\\'", "%"]))
def test_no_value_is_read_as_sql(shop: Workbench, value: str):
    save(shop, SALES)
    found = shop.query("sales", {"region": value}).rows()
    assert [row["id"] for row in found] == [n for n, name in ((1, "North"), (2, "West"), (3, "O'Hare")) if name == value]


@pytest.mark.parametrize(("given", "told"), [
    ({}, "sales needs 'region'"), ({"region": "West", "least": "much"}, r"least: 'much' is not a DECIMAL\(9,2\)"),
    ({"regoin": "West"}, r"no parameter 'regoin' \(did you mean 'region'\?\)"),
])  # fmt: skip
def test_a_wrong_value_is_told(shop: Workbench, given: dict, told: str):
    save(shop, SALES)
    with pytest.raises(UsageError, match=told):
        shop.query("sales", given)


@pytest.mark.parametrize(("text", "told"), [
    ("-- titel: Sales\nSELECT 1", r"sales.sql:1: unknown key 'titel' \(did you mean 'title'\?\)"),
    ("-- title: Sales\n-- path: /x/{region}\nSELECT 1", "path names 'region', which is not under `parameters`"),
    ("-- parameters:\n--   since: DAET\nSELECT 1", r"sales.sql:2: .*no type 'DAET' \(did you mean 'DATE'\?\)"),
    ("-- title: [\nSELECT 1", "is not YAML"), ("-- title: Sales\n", "has no SELECT below its comment"),
    ("-- path: sales\nSELECT 1", "a path begins with /"),
])  # fmt: skip
def test_a_wrong_file_is_told_with_its_line(shop: Workbench, text: str, told: str):
    save(shop, text)
    with pytest.raises(UsageError, match=told):
        shop.query("sales")


def test_a_query_without_a_comment_is_one(shop: Workbench):
    save(shop, "SELECT count(*) AS n FROM orders", "count")
    assert shop.query("count").rows() == [{"n": 3}]
    assert [query.name for query in shop.queries()] == ["count"]


def test_a_role_asks_what_names_it_and_sees_its_rows(shop: Workbench):
    (shop.root / "boathouse.toml").write_text(
        '[roles.west]\ndatasets = ["orders"]\nrows = { orders = "region = \'West\'" }\n'
        '[roles.all]\ndatasets = ["*"]\nqueries = ["n*"]\n'
    )
    wb = Workbench(shop.root)
    save(wb, "-- roles: [west]\nSELECT count(*) AS n FROM orders", "number")
    assert wb.query("number", role="west").rows() == [{"n": 1}]
    assert wb.query("number", role="all").rows() == [{"n": 3}]
    save(wb, "SELECT 1 AS one", "other")
    with pytest.raises(UsageError, match="no query 'other'"):
        wb.query("other", role="west")
