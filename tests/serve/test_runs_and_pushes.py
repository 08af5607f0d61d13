"""Runs that the API starts, files that it takes, records that are pushed: the lake takes them like any batch."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from boathouse.ingest.inbox import _records
from boathouse.workbench import Workbench

CLICKS = "source: {type: push, location: inbox/clicks}\ncolumns: {id: BIGINT, page: VARCHAR, price: 'DECIMAL(20,4)'}\nkey: id\n"


@pytest.fixture
def clicks(shop: Workbench) -> Workbench:
    (shop.root / "pipelines" / "clicks.yml").write_text(CLICKS)
    return shop


def waiting(wb: Workbench) -> list[str]:
    return [path.name for path in (wb.root / "inbox" / "clicks").glob("*")]


def test_pushed_records_are_validated_and_published(client: TestClient, clicks: Workbench):
    body = '[{"id": 1, "page": "/", "price": 12345678901.7891},\n {"id": 2,\n "page": "a\\nb"}]'
    told = client.post("/datasets/clicks/records?wait=true", content=body).json()
    assert (told["state"], told["records"], told["batch"]["status"], told["batch"]["rows_published"]) == (
        "done",
        2,
        "published",
        2,
    )
    assert client.get("/datasets/clicks/rows?order=id").json() == [
        {"id": 1, "page": "/", "price": "12345678901.7891"}, {"id": 2, "page": "a\nb", "price": None}]  # fmt: skip
    assert waiting(clicks) == []
    lines = '{"id": 2, "page": "new"}\n{"id": 3, "page": "x"}\n'
    assert client.post("/datasets/clicks/records?wait=true", content=lines).json()["batch"]["status"] == "published"
    assert [row["page"] for row in client.get("/datasets/clicks/rows?order=id").json()] == ["/", "new", "x"]


def test_a_bad_push_is_rejected_whole_and_kept(client: TestClient, clicks: Workbench):
    told = client.post("/datasets/clicks/records?wait=true", json=[{"id": 1, "page": "/"}, {"id": "x", "page": "/"}]).json()
    assert (told["batch"]["status"], told["batch"]["rows_rejected"]) == ("rejected", 2)
    raw = told["batch"]["raw"]
    assert json.loads(client.get(f"/lake/{raw}").text.splitlines()[0]) == {"id": 1, "page": "/"}
    assert client.get("/datasets/clicks/rows").status_code == 404
    assert waiting(clicks) == []


def test_many_pushes_at_once_are_all_there(client: TestClient, clicks: Workbench):
    def push(n: int) -> int:
        return client.post("/datasets/clicks/records?wait=true", json={"id": n, "page": "/"}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(push, range(24))) == {200}
    assert client.post("/sql", json={"sql": "SELECT count(*) AS n, sum(id)::BIGINT AS s FROM clicks"}).json() == [
        {"n": 24, "s": 276}
    ]
    assert waiting(clicks) == []


@pytest.mark.parametrize(
    "body", ["", "[]", "[1, 2", "{", "[{}] x", "[{} {}]", "[,]", '{"a": 1} ]', "\xff", "nothing", "[" * 100_000]
)
def test_what_is_no_record_is_refused(client: TestClient, clicks: Workbench, body: str):
    answer = client.post("/datasets/clicks/records", content=body.encode("latin-1"))
    assert answer.status_code == 400, answer.text
    assert waiting(clicks) == []


def test_only_a_push_source_takes_records(client: TestClient):
    assert client.post("/datasets/orders/records", json=[{"id": 1}]).status_code == 400
    assert client.post("/datasets/nothing/records", json=[{"id": 1}]).status_code == 404


@given(st.lists(st.dictionaries(st.text(max_size=5), st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=5), max_size=3), min_size=1, max_size=5), st.sampled_from([None, 1]), st.booleans())  # fmt: skip
def test_records_are_told_apart_as_they_were_written(records: list[dict], indent: int | None, lines: bool):
    text = "\n".join(json.dumps(one) for one in records) if lines else json.dumps(records, indent=indent)
    found = list(_records(text))
    assert [json.loads(one) for one in found] == records
    assert not any("\n" in one for one in found)


def test_a_file_is_uploaded_and_run(client: TestClient, shop: Workbench):
    file = {"file": ("any.csv", b"id,region,amount,tags\n7,East,1.50,\n")}
    told = client.post("/pipelines/orders/files?wait=true", files=file).json()
    assert (told["state"], told["runs"][0]["status"], told["item"]) == ("done", "published", "orders.csv")
    assert [row["id"] for row in client.get("/datasets/orders/rows").json()] == [7]
    notebook = client.get(f"/runs/{told['runs'][0]['run_id']}/notebook")
    assert notebook.headers["content-disposition"].startswith("attachment")
    assert notebook.json()["nbformat"] == 4
    page = client.get(notebook.url, headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-disposition"].startswith("inline")
    assert "script-src 'none'" in page.headers["content-security-policy"]
    assert "One run of a pipeline" in page.text


@pytest.mark.parametrize(
    "name", ["../boathouse.toml", "/etc/passwd", "..\\x.csv", ".hidden.csv", "sales.txt", "", "a/b/../../../x.toml"]
)
def test_a_file_of_another_name_is_refused(client: TestClient, shop: Workbench, name: str):
    (shop.root / "pipelines" / "many.yml").write_text("source: {type: csv, location: 'in/many-*.csv'}\ncolumns: {id: BIGINT}\n")
    before = sorted(path for path in shop.root.rglob("*") if path.suffix in (".csv", ".toml", ".txt"))
    answer = client.post("/pipelines/many/files", files={"file": (name, b"id\n1\n")})
    assert answer.status_code in (400, 422), answer.text
    assert sorted(path for path in shop.root.rglob("*") if path.suffix in (".csv", ".toml", ".txt")) == before


def test_a_file_that_is_too_large_leaves_nothing(shop: Workbench):
    from boathouse.serve.app import create

    (shop.root / "boathouse.toml").write_text("[api]\nuploads = '1KB'\n")
    before = (shop.root / "orders.csv").read_bytes()
    with TestClient(create(Workbench(shop.root)), base_url="http://localhost") as client:
        assert client.post("/pipelines/orders/files", files={"file": ("x.csv", b"x" * 2000)}).status_code == 413
    assert (shop.root / "orders.csv").read_bytes() == before
    assert [path.name for path in shop.root.glob(".*partial")] == []


@pytest.mark.parametrize("path", ["boathouse.json", "keys/x.json", "curated/orders/x", "raw/../keys/x.json", "raw/..%2f..%2fboathouse.toml", "runs/audit/x",
                                  "raw//etc/passwd", "raw/none"])  # fmt: skip
def test_no_other_file_of_the_lake_is_served(client: TestClient, path: str):
    assert client.get(f"/lake/{path}").status_code == 404


def test_a_push_that_fails_holds_up_no_other(client: TestClient, clicks: Workbench):
    bad = client.post("/datasets/clicks/records?wait=true", json=[{"id": 1, "extra": 1}])
    assert (bad.status_code, bad.json()["batch"]["status"]) == (422, "failed")
    good = client.post("/datasets/clicks/records?wait=true", json=[{"id": 2, "page": "/"}])
    assert (good.status_code, good.json()["batch"]["status"]) == (200, "published")
    assert [path.name for path in (clicks.root / "inbox" / "clicks" / "failed").iterdir()] == [bad.json()["item"]]
    assert client.post("/datasets/clicks/records", content="[" + '{"a":' * 150 + "1" + "}" * 150 + "]").status_code == 400
