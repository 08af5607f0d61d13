"""What is refused before it is read: strangers' bodies, other sites' pages, more than is taken."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from boathouse.serve.app import create
from boathouse.workbench import Workbench


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"},
])  # fmt: skip
def test_another_sites_page_may_not_write(client: TestClient, shop: Workbench, headers: dict[str, str]):
    before = (shop.root / "orders.csv").read_bytes()
    file = {"file": ("x.csv", b"id,region,amount,tags\n")}
    assert client.post("/pipelines/orders/files", files=file, headers=headers).status_code == 403
    assert client.post("/datasets/orders/records", content=b"{}", headers=headers).status_code == 403
    assert client.post("/sql", json={"sql": "SELECT 1"}, headers=headers).status_code == 403
    assert (shop.root / "orders.csv").read_bytes() == before


def test_this_sites_page_may(client: TestClient):
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/sql", json={"sql": "SELECT 1 AS one"}, headers=headers).status_code == 200


@pytest.fixture
def strict(shop: Workbench) -> Iterator[TestClient]:
    (shop.root / "boathouse.toml").write_text("[api]\nanonymous = []\nuploads = '10KB'\n")
    with TestClient(create(Workbench(shop.root)), base_url="http://localhost", raise_server_exceptions=False) as made:
        yield made


def test_a_strangers_body_is_not_read(strict: TestClient):
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 1
            yield b"x" * 100_000

    for path in ("/sql", "/replay", "/pipelines/orders/files", "/datasets/orders/records"):
        assert strict.post(path, content=b"no json at all").status_code == 401
    assert strict.post("/sql", content=endless()).status_code == 401


@pytest.mark.parametrize("streamed", [True, False])
def test_a_body_has_a_bound(client: TestClient, streamed: bool):
    body = b'{"sql": "SELECT 1' + b" " * 3_000_000 + b'"}'
    content = iter([body[:1_000_000], body[1_000_000:]]) if streamed else body
    answer = client.post("/sql", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_what_a_proxy_passes_on_is_not_from_this_machine(client: TestClient):
    assert client.get("/datasets").status_code == 200
    assert client.get("/datasets", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 401


def test_with_other_names_nobody_is_let_in_unasked(shop: Workbench):
    (shop.root / "boathouse.toml").write_text("[api]\nhosts = ['boats.example']\n")
    with TestClient(create(Workbench(shop.root)), base_url="http://boats.example") as client:
        assert client.get("/datasets").status_code == 401
        assert client.get("/health").status_code == 200


def test_guessing_keys_is_slow(strict: TestClient):
    statuses = {strict.get("/datasets", headers={"Authorization": f"Bearer bh_{n:012}_x"}).status_code for n in range(620)}
    assert statuses == {401, 429}
