"""What a cube answers is what the rows answer, cell for cell and digest for digest; what does not add up is not in it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import date, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boathouse.dashboards import chart, metric, sql
from boathouse.dashboards.cube import Cube
from boathouse.dashboards.rows import Rows
from boathouse.query.digest import Digest
from boathouse.workbench import Workbench
from tests.query.lakes import opened, publish

COLUMNS = (
    "n: BIGINT, region: VARCHAR, paid: BOOLEAN, day: DATE, at: TIMESTAMP, amount: 'DECIMAL(12,2)', weight: DOUBLE, x: BIGINT"
)
ROLES = """
[roles.west]
datasets = ["orders"]
[roles.west.rows]
orders = "region = 'West'"
"""
CHOSEN = {"region": "region", "paid": "paid", "day": "day::DATE", "at": '"at"::DATE'}
ADDITIVE = [
    "SELECT sum(x) // 7 AS a, coalesce(sum(x), 0.5) AS b, typeof(sum(x)) AS c, format('{:,}', sum(x)) AS d FROM rows",
    "SELECT '{{' || region || '[a]{2}' AS x, count(*) AS n FROM rows GROUP BY ALL ORDER BY ALL",
    "SELECT lower(region) AS x, paid, sum(amount) AS y FROM rows GROUP BY ALL ORDER BY y, x, paid LIMIT 3",
    sql.select(metric("Rows", "count(*)")),
    sql.select(metric("Mean", "round(sum(amount) / count(amount), 2)")),
    sql.select(metric("Paid", "100.0 * count(*) FILTER (WHERE paid) / nullif(count(*), 0)")),
    sql.select(metric("Ends", "max(amount) - min(amount)")),
    sql.select(chart("By month", "date_trunc('month', day)::DATE", "sum(amount * n)", color="region")),
    sql.select(chart("By hour", "date_trunc('hour', \"at\")", "max(weight)")),
    sql.trend(metric("Trend", "sum(n)", over="strftime(day, '%Y')")),
    sql.values("region", 10),
    sql.values("paid", 10),
    'SELECT region, max("at"), count(*) AS n, sum(x) FROM rows GROUP BY ALL ORDER BY count(*) DESC, region LIMIT 3',
    'SELECT sum(x)::BIGINT AS "at" FROM rows',
]
NOT_ADDITIVE = [
    "SELECT sum(weight) AS s FROM rows",  # floats add up to something else in another order
    "SELECT region AS x, geomean(n) AS y FROM rows GROUP BY ALL ORDER BY ALL",  # a macro around an aggregate
    "SELECT region, wavg(amount, n) AS y FROM rows GROUP BY ALL ORDER BY ALL",
    "SELECT region, count(*) AS n FROM rows GROUP BY ALL ORDER BY n DESC",  # ties stand in any order
    "SELECT region, paid, count(*) AS n FROM rows GROUP BY ALL ORDER BY n DESC, region LIMIT 2",
    "SELECT 'all' AS x, count(*) AS y FROM rows GROUP BY ALL ORDER BY ALL",  # one row, even of none
    "SELECT max(n, 2) AS y FROM rows",
    "SELECT max(region COLLATE NOCASE) AS y FROM rows",
    "SELECT rows.region AS x, count(*) AS y FROM rows GROUP BY ALL ORDER BY ALL",
    "SELECT n AS x, day AS d, amount AS a, count(*) AS y, list(region) AS l FROM rows GROUP BY ALL ORDER BY ALL",
    "SELECT alias(region) AS x, count(*) AS y FROM rows GROUP BY ALL ORDER BY ALL",
    "SELECT count(DISTINCT region) AS n FROM rows",
    "SELECT median(amount) AS m FROM rows",
    "SELECT region, n FROM rows ORDER BY n LIMIT 5",
    "SELECT region, sum(n) AS s FROM rows GROUP BY ALL HAVING sum(n) > 10",
    "SELECT sum(n) AS s FROM rows WHERE \"at\" > TIMESTAMP '2026-01-01 12:00:00'",
    "SELECT date_trunc('month', day) AS x, sum(n) AS y FROM rows WHERE x > 10 GROUP BY ALL",  # x is a column too
    "SELECT sum(n) AS s FROM rows WHERE amount > (SELECT avg(amount) FROM rows)",
    "SELECT region, sum(n), sum(sum(n)) OVER () FROM rows GROUP BY ALL",
    "SELECT count(COLUMNS(*)) FROM rows",
    "SELECT count(*) AS n FROM (SELECT DISTINCT region FROM rows)",
]


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    made = opened(tmp_path_factory.mktemp("cubes") / "workbench", ROLES)
    publish(made, "orders", COLUMNS, "".join(_lines(400)))
    return made


def _lines(count: int) -> Iterator[str]:
    chance = random.Random(7)
    for n in range(count):
        day = f"{chance.choice([2025, 2026])}-{chance.randint(1, 4):02}-{chance.randint(1, 4):02}"
        cells = (chance.choice(["West", "East", "O'Hara", "Zürich"]), chance.choice(["true", "false"]), day,
                 f"{day} {chance.randint(0, 23):02}:30:00", f"{chance.randint(-900, 90000) / 100:.2f}", f"{chance.random() * 1e6}", str(n % 7))  # fmt: skip
        yield f"{n},{','.join('' if chance.random() < 0.1 else cell for cell in cells)}\n"


@pytest.fixture(scope="module")
def cube(wb: Workbench) -> Cube:
    made = Cube.of(wb, "SELECT * FROM orders", CHOSEN, [*ADDITIVE, *NOT_ADDITIVE])
    assert made is not None
    return made


def digest(table: pa.Table) -> tuple[str, str | None]:
    made = Digest(table.schema, ordered=True)
    for batch in table.to_batches():
        made.add(batch)
    return made.value(), made.order()


DAYS = st.none() | st.dates(date(2024, 12, 30), date(2026, 4, 6))


@settings(max_examples=40, deadline=None)
@given(
    st.sets(st.sampled_from(["West", "East", "O'Hara", "Zürich", "", "North"])),
    st.sets(st.sampled_from(["true", "false", ""])),
    DAYS,
    DAYS,
    DAYS,
)
def test_it_answers_as_the_rows_do(
    wb: Workbench, cube: Cube, regions: set[str], paid: set[str], since: date | None, until: date | None, after: date | None
):
    spans = {"day": sql.Span(since, until), "at": sql.Span(after, None)}
    chosen = {name: wanted for name, wanted in ({"region": sorted(regions), "paid": sorted(paid)} | spans).items() if wanted}
    for select in ADDITIVE:
        theirs = wb.sql(*sql.over("SELECT * FROM orders", chosen, select)).arrow()
        ours = cube.find(select, chosen, theirs.schema)
        assert ours is not None, select
        assert digest(ours) == digest(theirs), select


@pytest.mark.parametrize("select", NOT_ADDITIVE)
def test_what_does_not_add_up_is_for_the_rows(wb: Workbench, cube: Cube, select: str):
    schema = wb.sql(*sql.over("SELECT * FROM orders", {}, select)).schema
    assert cube.find(ADDITIVE[3], {}, pa.schema([("Rows", pa.int64())])) is not None
    assert cube.find(select, {}, schema) is None


def test_what_was_not_to_be_chosen_of_is_for_the_rows(cube: Cube):
    assert cube.find(ADDITIVE[3], {"weight": sql.Span(1, None)}, pa.schema([("Rows", pa.int64())])) is None


def test_rows_that_a_policy_filters_are_not_added_up(wb: Workbench):
    west = Workbench(wb.root)
    west.viewer = west.policy("west")
    assert Cube.of(west, "SELECT * FROM orders", CHOSEN, ADDITIVE) is None


def test_a_moment_is_no_day(cube: Cube):
    schema = pa.schema([("Rows", pa.int64())])
    assert cube.find(ADDITIVE[3], {"at": sql.Span(date(2026, 1, 2), None)}, schema) is not None
    assert cube.find(ADDITIVE[3], {"at": sql.Span(datetime(2026, 1, 2, 12), None)}, schema) is None


def test_too_many_combinations_of_one_tile_are_left_to_the_rows(wb: Workbench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("boathouse.dashboards.cube._MANY", 300)
    many = "SELECT n AS x, count(*) AS y FROM rows GROUP BY ALL ORDER BY ALL"
    made = Cube.of(wb, "SELECT * FROM orders", {"region": "region"}, [many, ADDITIVE[3]])
    assert made is not None
    assert made.find(ADDITIVE[3], {}, pa.schema([("Rows", pa.int64())])) is not None
    assert made.find(many, {}, pa.schema([("x", pa.int64()), ("y", pa.int64())])) is None


def test_what_changes_by_itself_is_not_added_up(wb: Workbench):
    assert Cube.of(wb, "SELECT * FROM orders", CHOSEN, ["SELECT now() AS x, count(*) AS n FROM rows GROUP BY ALL"]) is None


def test_a_page_is_answered_from_it_with_a_receipt_until_the_lake_changes(wb: Workbench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("boathouse.dashboards.rows._SLOW", 0)
    revenue, rows = metric("Revenue", "sum(amount)", over="day"), Rows(wb, "orders")
    rows.begin()
    rows.columns = CHOSEN
    before = rows.find(revenue)
    rows.ahead()
    for _ in range(100):
        if rows._known.cube:
            break
        time.sleep(0.1)
    rows.chosen = {"region": ["West"]}
    with monkeypatch.context() as without:
        without.setattr(wb.reader, "sql", None)
        found = rows.find(revenue)
    assert found.result is not None
    assert not found.wrong
    assert found.rows != before.rows
    assert found.trend
    assert wb.replay(found.result.receipt).same

    publish(wb, "orders", COLUMNS, "1,West,true,2026-01-01,,5.00,,\n")
    assert rows.newer(found.result.versions)
    assert float(rows.find(revenue).rows[0]["Revenue"]) == 5.0
