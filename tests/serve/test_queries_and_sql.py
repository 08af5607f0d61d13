"""Saved queries and free SQL over HTTP: forms, copies that are still good, receipts, and errors as problem documents."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from boathouse.errors import UsageError
from boathouse.serve.app import create
from boathouse.workbench import Workbench

WEST = [{"id": 2, "amount": "120.00"}, {"id": 3, "amount": "7.50"}]


def test_a_saved_query_is_an_address(client: TestClient):
    assert client.get("/sales/West").json() == WEST
    assert client.get("/sales/West", params={"least": 100}).json() == WEST[:1]
    assert client.get("/sales/nowhere").json() == []
    [told] = client.get("/queries").json()["queries"]
    assert (told["address"], told["title"]) == ("/sales/{region}", "Sales of a region")


@pytest.mark.parametrize("by_accept", [True, False])
def test_an_answer_comes_in_every_form(client: TestClient, by_accept: bool):
    def get(form: str, media: str) -> bytes:
        answer = client.get("/sales/West", headers={"Accept": media}) if by_accept else client.get(f"/sales/West?format={form}")
        assert answer.headers["content-type"].startswith(media)
        return answer.content

    assert get("csv", "text/csv").decode().splitlines() == ['"id","amount"', "2,120.00", "3,7.50"]
    assert pa.ipc.open_stream(get("arrow", "application/vnd.apache.arrow.stream")).read_all()["id"].to_pylist() == [2, 3]
    assert pq.read_table(io.BytesIO(get("parquet", "application/vnd.apache.parquet")))["id"].to_pylist() == [2, 3]


def test_a_copy_that_is_still_good_is_not_sent_again(client: TestClient, shop: Workbench, go: Callable):
    first = client.get("/sales/West")
    known = {"If-None-Match": first.headers["etag"]}
    again = client.get("/sales/West", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/sales/North", headers=known).status_code == 200
    (shop.root / "orders.csv").write_text("id,region,amount,tags\n9,West,1.00,\n")
    assert go("orders").status == "published"
    time.sleep(0.6)  # within a second, without a restart
    assert client.get("/sales/West", headers=known).json() == [{"id": 9, "amount": "1.00"}]


def test_every_answer_links_to_a_receipt_that_replays(client: TestClient):
    answer = client.post(
        "/sql", json={"sql": "SELECT sum(amount) AS s FROM orders WHERE region = $r", "parameters": {"r": "West"}}
    )
    assert answer.json() == [{"s": "127.50"}]
    receipt = client.get(answer.links["receipt"]["url"]).json()
    assert (receipt["rows"], receipt["parameters"], receipt["tables"][0]["version"]) == (1, {"r": "West"}, 0)
    assert client.post("/replay", json=receipt).json()["same"]
    assert not client.post("/replay", json=receipt | {"digest": "0" * 32}).json()["same"]


def test_the_receipt_of_what_cannot_repeat_itself_is_that_of_the_rows_sent(client: TestClient, shop: Workbench):
    answer = client.post("/sql", json={"sql": "SELECT random() AS r FROM orders"})
    receipt = client.get(answer.links["receipt"]["url"]).json()
    assert "etag" not in answer.headers
    assert not receipt["replayable"]
    assert not client.post("/replay", json=receipt).json()["same"]


@pytest.mark.parametrize(("status", "ask"), [
    (400, {"sql": "SELECT getenv('HOME')"}), (400, {"sql": "DROP TABLE orders"}), (404, {"sql": "SELECT * FROM nothing"}),
    (400, {"sql": "SELECT no_column FROM orders"}), (422, {}), (422, {"sql": 1}), (422, {"sql": "SELECT 1", "limit": 3}),
    (404, {"sql": "SELECT * FROM orders", "versions": {"orders": 7}}), (400, {"sql": ""}), (400, {"sql": "SELECT $x"}),
])  # fmt: skip
def test_errors_are_problem_documents(client: TestClient, status: int, ask: dict):
    answer = client.post("/sql", json=ask)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(("status", "path"), [
    (400, "/sales/West?least=much"), (400, "/sales/West?format=xml"), (404, "/nothing"), (404, "/datasets/nothing"),
    (404, "/receipts/nothing"), (404, "/runs?pipeline=nothing"), (422, "/runs?limit=0"), (405, "/sql"),
])  # fmt: skip
def test_addresses_that_are_wrong_are_told(client: TestClient, status: int, path: str):
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_another_host_name_is_refused(client: TestClient):
    """So that no page of the web can turn a browser into a reader of a server on this machine."""
    assert client.get("/datasets", headers={"Host": "evil.example"}).status_code == 400


def test_a_query_is_stopped_when_its_time_is_up(shop: Workbench):
    (shop.root / "boathouse.toml").write_text("[api]\nlimits = { seconds = 0.5 }\n")
    client = TestClient(create(Workbench(shop.root)), base_url="http://localhost")
    answer = client.post(
        "/sql", json={"sql": "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range % 7 = b.range % 5"}
    )
    assert (answer.status_code, answer.json()["title"]) == (408, "stopped after 0.5 s")
    assert client.get("/sales/West").json() == WEST


def test_a_row_limit_cuts_and_the_receipt_says_so(shop: Workbench):
    (shop.root / "boathouse.toml").write_text("[api]\nlimits = { rows = 1 }\n")
    client = TestClient(create(Workbench(shop.root)), base_url="http://localhost")
    answer = client.get("/sales/West")
    assert answer.json() == WEST[:1]
    assert client.get(answer.links["receipt"]["url"]).json()["cut_at"] == 1


def test_many_ask_at_once(client: TestClient):
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: client.get("/sales/West", params={"least": n % 5}).json(), range(100)))
    assert answers == [WEST] * 100


def test_a_path_that_is_taken_is_told(shop: Workbench):
    (shop.root / "queries" / "other.sql").write_text("-- path: /datasets/x\nSELECT 1")
    with pytest.raises(UsageError, match=r"queries/other.sql: the path /datasets/x is taken"):
        create(shop)


def test_the_openapi_document_shows_the_parameters(client: TestClient):
    path = client.get("/openapi.json").json()["paths"]["/sales/{region}"]["get"]
    told = {p["name"]: (p["in"], p["required"], p.get("description")) for p in path["parameters"]}
    assert told["region"] == ("path", True, "VARCHAR")
    assert told["least"] == ("query", False, "DECIMAL(9,2) (unset: 0)")


def test_a_misspelt_parameter_is_told(client: TestClient):
    answer = client.get("/sales/West?leest=100")
    assert (answer.status_code, answer.json()["title"]) == (400, "sales has no parameter 'leest' (did you mean 'least'?)")


def test_a_copy_of_a_dataset_that_was_made_anew_is_not_good(client: TestClient, shop: Workbench, go: Callable):
    known = {"If-None-Match": client.get("/datasets/orders/rows").headers["etag"]}
    assert client.get("/datasets/orders/rows", headers=known).status_code == 304
    shutil.rmtree(shop.root / "lake" / "curated" / "orders")
    (shop.root / "orders.csv").write_text("id,region,amount,tags\n9,West,1.00,\n")
    assert go("orders").table_version == 0
    time.sleep(0.6)
    answer = client.get("/datasets/orders/rows", headers=known)
    assert (answer.status_code, len(answer.json())) == (200, 1)


def test_a_304_leaves_its_worker_free(client: TestClient):
    ask = {"sql": "SELECT count(*) AS n FROM orders"}
    known = {"If-None-Match": client.post("/sql", json=ask).headers["etag"]}
    workers = set(client.app.state.site.workers._all)  # type: ignore[attr-defined]
    assert {client.post("/sql", json=ask, headers=known).status_code for _ in range(4)} == {304}
    assert workers <= set(client.app.state.site.workers._all)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("form", "cell"), [("json", "'infinity'::TIMESTAMP"), ("csv", "INTERVAL 1 DAY"), ("parquet", "INTERVAL 1 DAY")]
)
def test_what_a_form_cannot_hold_is_told(client: TestClient, form: str, cell: str):
    answer = client.post(f"/sql?format={form}", json={"sql": f"SELECT {cell} AS c"})
    assert answer.status_code in (200, 400), answer.text
    assert "memory" not in answer.text


def test_a_replay_has_the_time_of_a_query(shop: Workbench):
    (shop.root / "boathouse.toml").write_text("[api]\nlimits = { seconds = 0.5 }\n")
    with TestClient(create(Workbench(shop.root)), base_url="http://localhost") as client:
        receipt = client.get(client.post("/sql", json={"sql": "SELECT 1 AS one"}).links["receipt"]["url"]).json()
        begun = time.monotonic()
        slow = receipt | {"sql": "SELECT levenshtein(repeat('a', 300000), repeat('b', 300000))"}
        assert not client.post("/replay", json=slow).json()["same"]
        assert time.monotonic() - begun < 4


def test_a_row_limit_leaves_the_time_limit(shop: Workbench):
    (shop.root / "boathouse.toml").write_text("[api.limits]\nrows = 5\n")
    assert Workbench(shop.root).config.api.limits.seconds == 30


def test_json_names_a_column_once(client: TestClient):
    rows = client.post("/sql", json={"sql": "SELECT 1 AS a, 2 AS a, 'x'::BLOB AS b, MAP {'k': 'nan'::DOUBLE} AS m"}).json()
    assert rows == [{"a": 1, "a_2": 2, "b": "78", "m": [["k", None]]}]
