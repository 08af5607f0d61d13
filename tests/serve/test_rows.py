"""Rows by page: what a filter keeps, and that pages part a dataset."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boathouse.query.rows import Wanted
from boathouse.serve.app import create
from boathouse.workbench import Workbench

REGIONS = ["North", "West", "we'st", 'Ea"st', "Süd 100%", "a,b"]
COLUMNS = 'columns: {id: BIGINT, region: VARCHAR, amount: "DECIMAL(9,2)", weight: DOUBLE, day: DATE, tags: "BIGINT[]"}\n'


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """A dataset with empty cells in every column but one, and rows that are equal in all of them."""
    from boathouse.init import create as make

    wb = Workbench(make(tmp_path_factory.mktemp("many") / "workbench"))
    lines = ["id;region;amount;weight;day;tags"]
    for n in range(400):
        region = REGIONS[n % 7] if n % 7 < 6 else ""
        amount = f"{(n * 37 % 100) / 4:.2f}" if n % 5 else ""
        lines.append(f"{n % 300 // 3};{region};{amount};{'' if n % 4 == 0 else n % 11 / 3};{'' if n % 9 == 0 else f'2026-0{n % 8 + 1}-15'};{'[1]' if n % 2 else ''}")  # fmt: skip
    (wb.root / "many.csv").write_text("\n".join([*lines, *lines[-40:], *lines[-40:]]) + "\n", encoding="utf-8")
    (wb.root / "pipelines" / "many.yml").write_text(f"source: {{type: csv, location: many.csv, delimiter: ';'}}\nmode: append\n{COLUMNS}")  # fmt: skip
    road = wb.road("many")
    for step in (road.land, road.stage, road.clean, road.validate, road.publish, road.finish):
        step()
    assert road.record.status == "published", road.record
    return wb


@pytest.fixture(scope="module")
def served(many: Workbench) -> Iterator[TestClient]:
    with TestClient(create(many), base_url="http://localhost", raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def frame(many: Workbench) -> pd.DataFrame:
    return many["many"].df()


def pages(wb: Workbench, limit: int, **wanted: Any) -> Iterator[list[dict[str, Any]]]:
    after = None
    while True:
        result, after = wb.rows("many", Wanted(limit=limit, after=after, **wanted))
        yield result.rows()
        if after is None:
            return


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(st.sampled_from(["id", "-id", "region", "-region", "amount", "-weight", "day", "-day"]), max_size=3),
    limit=st.integers(7, 200),
)
def test_pages_part_the_dataset(many: Workbench, order: list[str], limit: int):
    found = [row for page in pages(many, limit, order=tuple(order)) for row in page]
    assert sorted(map(repr, found)) == sorted(map(repr, many["many"].arrow().to_pylist()))
    columns = [name.removeprefix("-") for name in order]
    if order and len(set(columns)) == len(columns):
        by = ", ".join(f"{name.removeprefix('-')} {'DESC' if name[0] == '-' else ''} NULLS LAST" for name in order)
        expected = many.sql(f"SELECT {', '.join(columns)} FROM many ORDER BY {by}").rows()
        assert [{name: row[name] for name in columns} for row in found] == expected


def test_two_zeros_are_one_place(wb: Workbench):
    """-0.0 and 0.0 compare as equal, but do not read so."""
    (wb.root / "zeros.csv").write_text("x\n0.0\n-0.0\n0.0\n-0.0\n-1\nnan\n\n0.0\n")
    (wb.root / "pipelines" / "zeros.yml").write_text(
        "source: {type: csv, location: zeros.csv}\nmode: append\ncolumns: {x: DOUBLE}\n"
    )
    road = wb.road("zeros")
    for step in (road.land, road.stage, road.clean, road.validate, road.publish, road.finish):
        step()
    for limit in (1, 2, 3):
        found, after = [], None
        for _ in range(20):
            result, after = wb.rows("zeros", Wanted(limit=limit, after=after, order=("x",)))
            found += result.rows()
            if after is None:
                break
        assert after is None
        assert sorted(repr(row["x"]) for row in found) == sorted(repr(row["x"]) for row in wb["zeros"].arrow().to_pylist())


def test_a_row_by_its_key_is_the_same_from_a_copy(client: TestClient, shop: Workbench, go: Callable):
    """What is asked for often is copied; a newer version is seen all the same."""
    pipeline = shop.root / "pipelines" / "orders.yml"
    pipeline.write_text(pipeline.read_text() + "key: id\n")
    (shop.root / "orders.csv").write_text("id,region,amount,tags\n1,North,19.90,\n2,,120.00,[1]\n3,West,7.50,\n")
    assert go("orders").status == "published"
    for path, expected in (
        ("?id=2", [{"id": 2, "region": None, "amount": "120.00", "tags": [1]}]), ("?id=2&select=amount,id", [{"amount": "120.00", "id": 2}]),
        ("?id=3&region=North", []), ("?id=99", []), ("?id=2&format=csv&select=id", None),
    ):  # fmt: skip
        before = client.get(f"/datasets/orders/rows{path}")
        for _ in range(8):
            client.get(f"/datasets/orders/rows{path}")
        shop_copies = client.app.state.site.wb.reader.copies  # type: ignore[attr-defined]
        shop_copies._maker.submit(lambda: None).result()
        after = client.get(f"/datasets/orders/rows{path}")
        assert (before.status_code, before.content, before.headers["etag"]) == (200, after.content, after.headers["etag"])
        assert expected is None or after.json() == expected
    assert any(copy.by_key for copy in shop_copies._known.values())
    assert [client.get(f"/datasets/orders/rows?id={text}").status_code for text in ("x", "9" * 18, "9" * 30)] == [400, 200, 400]
    assert client.get("/datasets/orders/rows?id=%2003&select=id").json() == [{"id": 3}]
    assert client.get("/datasets/orders/rows?id=1&id=2").json() == []
    (shop.root / "orders.csv").write_text("id,region,amount,tags\n2,East,1.00,\n")
    assert go("orders").status == "published"
    time.sleep(0.6)
    assert client.get("/datasets/orders/rows?id=2&select=region").json() == [{"region": "East"}]


def test_a_key_that_is_changed_is_the_files_key_at_once(client: TestClient, shop: Workbench, go: Callable):
    (shop.root / "orders.csv").write_text("id,region,amount,tags\n1,North,1.00,\n2,West,2.00,\n3,North,3.00,\n")
    pipeline = shop.root / "pipelines" / "orders.yml"
    plain = pipeline.read_text()
    pipeline.write_text(plain + "key: id\n")
    assert go("orders").status == "published"
    copies = client.app.state.site.wb.reader.copies  # type: ignore[attr-defined]
    for _ in range(8):
        client.get("/datasets/orders/rows?id=1")
    copies._maker.submit(lambda: None).result()
    assert [copy.by_key.key for copy in copies._known.values() if copy.by_key] == [("id",)]
    pipeline.write_text(plain + "key: [id, region]\n")
    assert [row["id"] for row in client.get("/datasets/orders/rows?id=3&region=North").json()] == [3]
    assert client.get("/datasets/orders/rows?id=3&region=West").json() == []
    assert client.get("/datasets/orders/rows?id=1&region=North").json() != []


def test_rows_as_arrow_are_all_there(client: TestClient):
    answer = client.get("/datasets/orders/rows?format=arrow")
    table = pa.ipc.open_stream(answer.content).read_all()
    assert table.num_rows == len(client.get("/datasets/orders/rows").json()) > 0


def kept(frame: pd.DataFrame, column: str, operator: str, value: str) -> pd.Series:
    """The same filter in pandas."""
    cells = frame[column]
    if operator == "isnull":
        return cells.isna() if value == "true" else cells.notna()
    parse: Callable[[str], Any] = {"id": int, "amount": Decimal, "weight": float, "day": lambda v: pd.Timestamp(v).date()}.get(column, str)  # fmt: skip
    if operator in ("in", "notin"):
        among = cells.isin([parse(one) for one in value.split(",")])
        return among if operator == "in" else ~among
    wanted = parse(value)
    compare = {
        "eq": lambda cell: cell == wanted, "ne": lambda cell: cell != wanted, "lt": lambda cell: cell < wanted,
        "lte": lambda cell: cell <= wanted, "gt": lambda cell: cell > wanted, "gte": lambda cell: cell >= wanted,
        "contains": lambda cell: wanted in cell, "startswith": lambda cell: cell.startswith(wanted),
        "endswith": lambda cell: cell.endswith(wanted),
    }[operator]  # fmt: skip
    return cells.map(lambda cell: operator == "ne" if pd.isna(cell) else compare(cell)).astype(bool)


NUMBERS = ("eq", "ne", "lt", "lte", "gt", "gte")
FILTERS = st.one_of(
    st.tuples(st.just("id"), st.sampled_from(NUMBERS), st.integers(-5, 120).map(str)),
    st.tuples(st.just("amount"), st.sampled_from(NUMBERS), st.decimals(-1, 30, places=2).map(str)),
    st.tuples(st.just("weight"), st.sampled_from(NUMBERS), st.sampled_from([str(n / 3) for n in range(12)])),
    st.tuples(st.just("day"), st.sampled_from(NUMBERS), st.dates(pd.Timestamp("2026-01-01").date(), pd.Timestamp("2026-09-01").date()).map(str)),
    st.tuples(st.just("region"), st.sampled_from([*NUMBERS, "contains", "startswith", "endswith"]), st.one_of(st.sampled_from(REGIONS), st.text("aesW'%\"_ü\\", max_size=3))),
    st.tuples(st.just("id"), st.sampled_from(["in", "notin"]), st.lists(st.integers(0, 100).map(str), min_size=1, max_size=4).map(",".join)),
    st.tuples(st.sampled_from(["id", "region", "weight", "day", "tags"]), st.just("isnull"), st.sampled_from(["true", "false"])),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=st.lists(FILTERS, min_size=1, max_size=3))
def test_a_filter_keeps_what_it_keeps_in_pandas(served: TestClient, frame: pd.DataFrame, filters: list[tuple[str, str, str]]):
    # a column and operator twice in one address are two filters
    answer = served.get("/datasets/many/rows", params=[("limit", 10_000), ("select", "id,region"), *((f"{c}__{o}", v) for c, o, v in filters)])  # fmt: skip
    assert answer.status_code == 200, answer.text
    rows = frame
    for column, operator, value in filters:
        rows = rows[kept(rows, column, operator, value)]
    expected = [(n, None if not isinstance(r, str) else r) for n, r in zip(rows["id"], rows["region"], strict=True)]
    assert sorted(map(repr, ((row["id"], row["region"]) for row in answer.json()))) == sorted(map(repr, expected))


def test_a_page_names_the_next_and_stays_at_its_version(client: TestClient, shop: Workbench, go: Callable):
    first = client.get("/datasets/orders/rows?limit=2&order=-id")
    assert [row["id"] for row in first.json()] == [3, 2]
    (shop.root / "orders.csv").write_text("id,region,amount,tags\n9,West,1.00,\n")
    assert go("orders").status == "published"
    following = client.get(first.links["next"]["url"])
    assert [row["id"] for row in following.json()] == [1]
    assert "next" not in following.links
    old = client.get("/datasets/orders/rows?version=0&select=id&region=West&order=id&format=csv")
    assert old.text.splitlines() == ['"id"', "2", "3"]
    receipt = client.get(old.links["receipt"]["url"]).json()
    assert (receipt["tables"][0]["version"], receipt["rows"]) == (0, 2)
    assert client.post("/replay", json=receipt).json()["same"]


@pytest.mark.parametrize(("status", "query"), [
    (400, "select=nothing"), (400, "order=nothing"), (400, "nothing=1"), (400, "id__like=1"), (400, "id=x"), (400, "id__gt=1e99"),
    (400, "id__contains=1"), (400, "region__isnull=maybe"), (400, "after=x"), (400, "after=W10"), (400, "tags__gt=x"),
    (422, "limit=0"), (422, "limit=10001"), (422, "version=-1"), (422, "limit=x"), (404, "version=99"), (400, "format=xml"),
    (400, "after=WzAsWyIxIl0sMSwieCJd"), (400, "after=W0luZmluaXR5LFsiMSJdLDEsIngiXQ"), (400, "after=" + "W1tb" * 9_000), (400, "amount__big=3"), (400, "id=1&amount=x"), (422, "version=99999999999999999999999"),
])  # fmt: skip
def test_wrong_addresses_are_told(client: TestClient, status: int, query: str):
    answer = client.get(f"/datasets/orders/rows?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text


def test_a_token_is_for_its_own_rows(client: TestClient):
    token = client.get("/datasets/orders/rows?limit=1").links["next"]["url"].split("after=")[1]
    answer = client.get(f"/datasets/orders/rows?limit=1&region=West&after={token}")
    assert (answer.status_code, answer.json()["title"]) == (400, "after: this token is of other filters or another order")


INJECTIONS = ["' OR 1=1 --", "'; DROP TABLE orders; --", '" OR ""="', "1) OR (1=1", "West' UNION SELECT 1,2,3,4 --", "$p1", "{region}",
              "\\'; --", "x\x00y", "%", "_", "'||getenv('HOME')||'", "1; ATTACH 'x'", "orders; COPY orders TO 'x'"]  # fmt: skip


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_value_stays_a_value(client: TestClient, text: str):
    assert client.get("/datasets/orders/rows", params={"region": text}).json() == []
    assert client.get("/datasets/orders/rows", params={"region__in": text}).json() == []
    assert client.get("/sales/West", params={"least": text}).status_code == 400
    for name in ("id", "select", "order", "after", "version", "limit", text):
        assert client.get("/datasets/orders/rows", params={name: text}).status_code in (400, 422), name
    assert client.get("/datasets", params={"search": text or "x"}).json()["datasets"] in ([], client.get("/datasets").json()["datasets"])  # fmt: skip
    asked = {"sql": "SELECT count(*) AS n FROM orders WHERE region = $r", "parameters": {"r": text}}
    assert client.post("/sql", json=asked).json() == [{"n": 0}]
    assert len(client.get("/datasets/orders/rows").json()) == 3
