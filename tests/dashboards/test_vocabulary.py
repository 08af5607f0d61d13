"""Pages without a browser: what tiles find under filters, what goes wrong, and what a kept page shows."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boathouse import plot
from boathouse.config import QueryLimits
from boathouse.dashboards import chart, draw, filter, filters, metric, table
from boathouse.dashboards.page import Page
from boathouse.dashboards.rows import Rows
from boathouse.dashboards.sql import Span
from boathouse.dashboards.static import Static
from boathouse.errors import BoathouseError, UsageError
from boathouse.workbench import Workbench
from tests.query.lakes import opened, publish

VALUES = ["West", "East", "", "O'Hara", "a;DROP TABLE orders", "$p0", "-- x", '"', "Zürich", "<b>", "%", "None"]


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    made = opened(tmp_path_factory.mktemp("pages") / "workbench")
    rows = "".join(
        f'{n},"{value.replace(chr(34), chr(34) * 2)}",{n + 1}.5,2026-{n % 12 + 1:02}-03\n' for n, value in enumerate(VALUES)
    )
    publish(made, "orders", "order_id: BIGINT, region: VARCHAR, amount: 'DECIMAL(12,2)', day: DATE", rows)
    return made


def rows(wb: Workbench, **chosen) -> Rows:
    made = Rows(wb, "orders")
    made.begin()
    made.chosen = chosen
    return made


def test_a_tile_is_over_what_is_chosen(wb: Workbench):
    found = rows(wb, region=["West", "East"]).find(metric("Sum", "sum(amount)", over="day"))
    assert float(found.rows[0]["Sum"]) == 4.0
    assert [str(row["x"]) for row in found.trend] == ["2026-01-03", "2026-02-03"]
    assert found.result is not None
    assert wb.replay(found.result.receipt).same


def test_spans_hold_both_ends(wb: Workbench):
    found = rows(wb, day=Span(date(2026, 2, 3), date(2026, 3, 3))).find(metric("Rows", "count(*)"))
    assert found.rows == [{"Rows": 2}]
    assert found.result is not None
    assert wb.replay(found.result.receipt).same
    assert rows(wb, amount=Span(None, 2.5)).find(metric("Rows", "count(*)")).rows == [{"Rows": 2}]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(VALUES), min_size=1, unique=True))
def test_any_value_chooses_its_rows_alone(wb: Workbench, chosen: list[str]):
    """Values are bound: none of them is SQL. An empty text is an empty cell."""
    found = rows(wb, region=chosen).asked("SELECT count(*) AS n FROM rows", QueryLimits()).rows()
    assert found == [{"n": len(chosen)}]


def test_filters_act_on_each_other(wb: Workbench):
    made = rows(wb, region=["West"], amount=Span(2, None))
    assert made.values("region", 50)[0]["n"] == 1
    assert "West" not in [row["value"] for row in made.values("region", 50)]  # its row is outside the other filter's span


def test_a_tile_may_be_a_whole_select(wb: Workbench):
    made = rows(wb, region=["West", "East"])
    tall = table("Tall", "WITH more AS (SELECT region, amount FROM rows) SELECT * FROM more WHERE amount > 2", by="region")
    assert [row["region"] for row in made.find(tall).rows] == ["East"]
    drawn = chart("Regions", sql="SELECT region AS x, sum(amount) AS y FROM rows GROUP BY ALL ORDER BY ALL")
    assert [row["x"] for row in made.find(drawn).rows] == ["East", "West"]


def test_what_is_wrong_is_told_in_the_tile(wb: Workbench):
    assert "amuont" in rows(wb).find(metric("Sum", "sum(amuont)")).wrong
    assert "not SQL" in rows(wb).find(metric("Sum", "1) ; DROP TABLE orders; --")).wrong
    with pytest.raises(UsageError, match="kind"):
        chart("x", "region", "count(*)", kind="pie")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no column 'regoin'"):
        Static(wb, "Page", [filter("regoin")], "orders")
    with pytest.raises(BoathouseError, match="no dataset"):
        Static(wb, "Page", [], "nothing")


def test_a_kept_page(wb: Workbench):
    page = Static(
        wb, "Sales & more", [
            filter("region", value=["<b>", "West"]), metric("Sum", "sum(amount)", form="€ {:,.2f}"),
            chart("By region", "region", "sum(amount)"), table("Rows", "region, amount", by="region"),
            table("Python's", lambda: [{"is": "this"}]),
        ], "orders",
    )._repr_html_()  # fmt: skip
    assert "€ 12.00" in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "Sales &amp; more" in page
    assert "receipt " in page
    assert "<svg" in page
    assert page.count("data:text/csv") == 3
    assert "http" not in page.replace("http://www.w3.org", "")


def test_a_dataset_that_is_stale_says_so(tmp_path: Path):
    wb = opened(tmp_path / "workbench")
    publish(wb, "orders", "order_id: BIGINT, amount: BIGINT", "1,1\n2,2\n")
    made = Rows(wb, "orders")
    made.begin()
    assert not made.find(metric("Sum", "sum(amount)")).warnings
    (wb.root / "orders.csv").write_text("order_id,amount\nx,y\nz,w\n", encoding="utf-8")
    road = wb.road("orders")
    for step in (road.land, road.stage, road.clean, road.validate, road.publish, road.finish):
        step()
    assert road.record.status == "rejected"
    assert made.newer({})
    found = made.find(metric("Sum", "sum(amount)"))
    assert float(found.rows[0]["Sum"]) == 3
    assert "its latest run was rejected" in found.foot


KINDS = """COPY (SELECT * FROM (VALUES
 (1, true, 1.5::DOUBLE, 2.25::DECIMAL(12,2), DATE '2026-01-02', TIMESTAMP '2026-01-02 03:04:05.123456',
  TIMESTAMPTZ '2026-01-02 03:04:05+02', 'a', ['x', 'y'], {'k': 1}, 'NaN'::DOUBLE, 9007199254740993),
 (2, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (3, NULL, 'Infinity'::DOUBLE, -1.00, DATE '1800-01-01', TIMESTAMP '9999-12-31 00:00:00', NULL, '', [], {'k': 2}, 2.0, 3)
) t(id, yes, ratio, money, day, moment, zoned, word, listed, held, odd, big)) TO '{path}'"""


def test_every_type_is_drawn_chosen_and_drilled_into(tmp_path: Path):
    wb = opened(tmp_path / "workbench")
    duckdb.sql(KINDS.replace("{path}", str(wb.root / "kinds.parquet")))
    (wb.root / "pipelines" / "kinds.yml").write_text(
        "source: {type: parquet, location: kinds.parquet}\nmode: replace\n", encoding="utf-8"
    )
    wb.add("kinds", "kinds.parquet", replace=True)
    road = wb.road("kinds")
    for step in (road.land, road.stage, road.clean, road.validate, road.publish, road.finish):
        step()
    made = Rows(wb, "kinds")
    schema = made.begin()
    for column in schema.names:
        part = chart("By it", column, "count(*)")
        found = made.find(part)
        json.dumps(draw.picture(part, found.schema, found.rows)[0], allow_nan=False)  # what a browser can read
        for row in found.rows:
            behind = made.asked("SELECT count(*) AS n FROM rows", QueryLimits(), also={column: row["x"]}).rows()
            assert behind == [{"n": row["y"]}], column
        [one] = filters.made([filter(column)], schema, lambda: None, date(2026, 1, 1), "")
        for value in made.values(column, 50) if isinstance(one, filters.Choice) else ():
            made.chosen = {column: [value["value"]]}
            assert made.asked("SELECT count(*) AS n FROM rows", QueryLimits()).rows() == [{"n": value["n"]}], column
            made.chosen = {}
    page = Static(wb, "Kinds", [table("All of it"), metric("Most", "max(ratio)", over="day")], "kinds")._repr_html_()
    assert "∞" in page


def test_what_has_no_value_has_a_name_in_a_chart(wb: Workbench):
    found = rows(wb).find(chart("By region", "nullif(region, '')", "count(*)", color="nullif(region, '')"))
    [marked] = [
        one for one in draw.picture(chart("By region"), found.schema, found.rows)[0]["data"]["values"] if one["x"] == "(empty)"
    ]
    assert marked["color"] == "(empty)"
    assert found.rows[marked[draw.ROW]]["x"] is None


@pytest.mark.parametrize(
    "expression",
    ["to_months(order_id::INTEGER) + INTERVAL 3 DAY + to_microseconds(order_id)", "to_milliseconds(1)", "make_timestamp_ns(order_id * 1111111111)",
     "encode(region)", "'\\x00\\xff'::BLOB", "make_time(1, 2, 3.5)", "[order_id, 2]", "{'k': order_id}", "order_id::HUGEINT * 10::HUGEINT ** 20"],
)  # fmt: skip
def test_what_only_the_engine_makes_is_drilled_into(wb: Workbench, expression: str):
    made, part = Rows(wb, f"SELECT *, {expression} AS it FROM orders"), chart("By it", "it", "count(*)")
    made.begin()
    found = made.find(part)
    json.dumps(draw.picture(part, found.schema, found.rows)[0], allow_nan=False)
    for row in found.rows:
        behind = made.asked("SELECT count(*) AS n FROM rows", QueryLimits(), also={"it": row["x"]}).rows()
        assert behind == [{"n": row["y"]}]


@pytest.mark.parametrize(
    ("link", "words"),
    [("amount=nan..", []), ("amount=inf..", []), ("amount=9007199254740993..", ["9007199254740993.."]), ("amount=1,5..2,000", ["1.5..2000"]),
     ("region=&region=West", ["", "West"]), ("day=..", []), ("day=yesterday", []), ("day=2026-01-01..", ["2026-01-01.."])],
)  # fmt: skip
def test_a_link_made_by_hand_ends_no_page(wb: Workbench, link: str, words: list[str]):
    column = link.partition("=")[0]
    [one] = filters.made([filter(column)], rows(wb).begin(), lambda: None, date(2026, 1, 1), link)
    assert one.words() == words
    chosen = filters.chosen([one])
    assert rows(wb, **chosen).find(metric("Rows", "count(*)")).wrong == ""


def test_what_is_chosen_at_first(wb: Workbench):
    schema = rows(wb).begin()
    made = filters.made(
        [filter("day", value=("2026-01-01", None)), filter("amount", value=5)], schema, lambda: None, date(2026, 1, 1), ""
    )
    assert filters.chosen(made) == {"day": Span(date(2026, 1, 1), None), "amount": Span(5, 5)}
    with pytest.raises(UsageError, match="cannot be chosen"):
        filters.made([filter("day", value="soon")], schema, lambda: None, date(2026, 1, 1), "")


def test_a_function_that_fails_is_told_in_its_tile(wb: Workbench):
    assert "ZeroDivisionError" in rows(wb).find(table("Python's", lambda: [{"a": 1 / 0}])).wrong


def test_a_page_waits_for_what_is_still_to_be_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys.modules["boathouse.dashboards.page"], "_LOOKS_AFAR", 0.2)
    wb = opened(tmp_path / "workbench")
    page = Page(wb, "Later", [metric("Orders", "count(*)")], "orders")
    page._is_seen(1000)
    wait_for(lambda: "this page tries again" in page._status.value)
    publish(wb, "orders", "order_id: BIGINT", "1\n2\n")
    wait_for(lambda: "painted at" in page._status.value)
    assert page.tiles[0].found.rows == [{"Orders": 2}]


def wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_an_answer_is_read_again_when_the_lake_has_changed_and_not_before(tmp_path: Path):
    wb = opened(tmp_path / "workbench")
    columns = "order_id: BIGINT, region: VARCHAR"
    publish(wb, "orders", columns, "1,West\n2,East\n")
    count, over = metric("Rows", "count(*)"), rows(wb)
    first = over.find(count).result
    over.chosen = {"region": ["West"]}
    assert over.find(count).rows == [{"Rows": 1}]
    over.chosen = {}
    assert over.find(count).result is first
    assert over.values("region", 10) == [{"value": "East", "n": 1}, {"value": "West", "n": 1}]

    publish(wb, "orders", columns, "1,West\n2,East\n3,West\n")
    assert over.newer({})
    assert over.find(count).rows == [{"Rows": 3}]
    assert over.values("region", 10) == [{"value": "West", "n": 2}, {"value": "East", "n": 1}]
    assert not over.newer({})


def test_what_changes_by_itself_is_read_each_time(wb: Workbench):
    over, moment = rows(wb), metric("Now", "max(now())")
    assert over.find(moment).result is not over.find(moment).result


def test_a_page_that_stays_open_says_what_has_become_overdue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wb = opened(tmp_path / "workbench")
    publish(wb, "orders", "order_id: BIGINT", "1\n2\n")
    pipeline = wb.root / "pipelines" / "orders.yml"
    pipeline.write_text(pipeline.read_text(encoding="utf-8") + '\nschedule: "0 5 * * *"\n', encoding="utf-8")
    over, count = rows(wb), metric("Rows", "count(*)")
    assert f"of {wb.dataset('orders')['updated_at'][:10]}" in over.find(count).foot
    assert not over.newer({})
    monkeypatch.setenv("BOATHOUSE_NOW", "2099-01-03T00:00:00")
    assert not over.newer({})  # it looks once a minute
    over._looks = 0.0
    assert over.newer({})
    assert "overdue since 2099-01-02 05:00" in over.find(count).foot


@pytest.mark.parametrize(("count", "labels"), [(1, 1), (3, 3), (8, 8), (14, 7), (40, 7), (500, 5)])
def test_months_are_labelled_once_each(count: int, labels: int):
    days = [date(2024 + (n + 7) // 12, (n + 7) % 12 + 1, 1) for n in range(count)]
    spec, _ = draw.picture(chart("Cost", "month", "sum(cost)"), pa.schema([("x", pa.date32()), ("y", pa.int64())]),
                           [{"x": day, "y": n} for n, day in enumerate(days)])  # fmt: skip
    shown = re.findall(r">([A-Z][a-z]{2} [0-9]{4})<", plot.svg(spec, "months"))
    assert len(shown) == len(set(shown))
    assert abs(len(shown) - labels) <= 1
    assert set(shown) <= {f"{day:%b %Y}" for day in days}
