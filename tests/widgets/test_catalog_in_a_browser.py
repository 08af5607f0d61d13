"""The catalog and a dataset's view in a real browser: found, opened, looked at from all sides; what is text stays text."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from boathouse.errors import UsageError
from boathouse.workbench import Workbench
from tests.query.lakes import opened, publish
from tests.widgets.jupyter import FRONT_ENDS, write

SCRIPT = "<img src=x onerror=\"document.title='owned'\">"
SETTINGS = """
[roles.west]
datasets = ["orders"]
rows = {orders = "region = 'West'"}
"""
SUITE = """{"expectations": [
  {"type": "expect_column_values_to_be_between", "kwargs": {"column": "amount", "min_value": 0}, "severity": "critical"},
  {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "region"}, "severity": "critical"}]}"""


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    made = opened(tmp_path_factory.mktemp("catalog") / "workbench", SETTINGS)
    (made.root / "expectations" / "orders.json").write_text(SUITE, encoding="utf-8")
    cell = SCRIPT.replace('"', '""')
    rows = "".join(f"{n},West,{n}.5,2026-01-{n % 28 + 1:02},b\n" for n in range(100))
    (made.root / "boathouse.toml").write_text(SETTINGS, encoding="utf-8")
    publish(made, "orders", "order_id: BIGINT, region: VARCHAR, amount: 'DECIMAL(12,2)', day: DATE, note: VARCHAR",
            f'{rows}200,East,-1,2026-01-01,"{cell}"\n201,,5,2026-01-01,a\n202,,-7,2026-01-01,a\n203,East,1,2026-01-01,"{cell}"\n')  # fmt: skip
    publish(made, "stock", "sku: VARCHAR, pieces: BIGINT", "a,1\n")
    write(made, "catalog", f"import boathouse\nboathouse.open({str(made.root)!r}).browse()")
    return made


@pytest.fixture(params=FRONT_ENDS)
def page(request: pytest.FixtureRequest, wb: Workbench, open_page) -> Page:
    made = open_page(request.param, wb, "catalog")
    made.get_by_role("textbox", name="Search").wait_for(timeout=60_000)
    return made


def test_from_the_catalog_into_a_dataset(page: Page):
    page.get_by_role("textbox", name="Search").fill("pieces")
    page.get_by_role("button", name="orders").wait_for(state="detached")
    page.get_by_role("textbox", name="Search").fill("")
    page.get_by_role("button", name="orders").click()
    view = page.locator(".bh-view .bh-view")
    view.get_by_role("cell", name="order_id").first.wait_for()
    view.locator("svg .mark-rect path").first.wait_for()  # a column's shape
    page.get_by_role("tab", name="Rows", exact=True).click()
    view.locator("table.dataTable tbody tr").first.wait_for()
    page.get_by_role("tab", name="Quality", exact=True).click()
    view.get_by_role("cell", name="amount: must be at least 0").wait_for()
    page.get_by_role("tab", name="Versions", exact=True).click()
    view.get_by_text('wb["orders"].at(0).df()').wait_for()
    page.get_by_role("tab", name="Lineage", exact=True).click()
    view.get_by_role("list", name="where it comes from and goes to").get_by_text("csv").wait_for()
    page.get_by_role("tab", name="Quarantine", exact=True).click()
    view.get_by_text("3 rows are kept out").wait_for()
    page.get_by_label("amount: must be at least 0 (2)").check()
    view.get_by_text("1 of 3 rows would pass").wait_for()
    assert SCRIPT.replace('"', '\\"') in view.inner_text()
    page.get_by_label("region: must not be null (2)").check()
    view.get_by_text("3 of 3 rows would pass").wait_for()
    found = Axe().run(page, context=".bh-view").response["violations"]
    assert not [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
    assert page.title() != "owned"
    page.get_by_role("button", name="Back to all").click()
    page.get_by_role("button", name="stock").wait_for()


def test_a_role_sees_its_own_and_no_quarantine(wb: Workbench):
    """Without a browser: what the widget was given."""
    browser = wb.browse(role="west")
    assert len(browser.found.children) == 1
    view = wb["orders"].show(role="west")
    assert view.policy.names == ("west",)
    assert "those who see everything" in view._quarantine()[0].value
    assert "not for you to see" in view._quality()[-1].value


def test_profiles_and_shapes(wb: Workbench):
    profile = wb.profile("orders")
    assert profile["amount"]["low"] == "0.50"
    assert profile["note"]["nulls"] == 0
    assert sum(bar["y"] for bar in wb.shape("orders", "amount")["data"]["values"]) == 101
    assert [bar["x"] for bar in wb.shape("orders", "region")["data"]["values"]] == ["West", "East"]
    assert wb.shape("orders", "day")["data"]["values"][0]["x"].startswith("2026-01-01")
    with pytest.raises(UsageError, match="did you mean 'amount'"):
        wb.shape("orders", "amonut")
