"""Keys, tokens, roles and limits at the door of the API."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient

from boathouse.errors import UsageError
from boathouse.lake import keys
from boathouse.serve.app import create
from boathouse.workbench import Workbench

TOML = """
[api]
anonymous = []

[roles.west]
datasets = ["orders"]
queries = ["sales"]
rows = { orders = "region = 'West'" }
masks = { orders = { tags = "null" } }

[roles.clerk]
datasets = ["orders"]
run = true

[roles.half]
datasets = ["orders*"]
rows = { orders = "region = 'West'" }
run = true
"""


@pytest.fixture
def guarded(shop: Workbench) -> Workbench:
    (shop.root / "boathouse.toml").write_text(TOML)
    return Workbench(shop.root)


@pytest.fixture
def served(guarded: Workbench) -> Iterator[TestClient]:
    with TestClient(create(guarded), base_url="http://localhost", raise_server_exceptions=False) as made:
        yield made


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def key(guarded: Workbench) -> Callable[..., dict[str, str]]:
    return lambda *roles, **more: bearer(guarded.create_key("somebody", roles, **more)[1])


@pytest.mark.parametrize("header", [{}, *map(bearer, ["bh_000000000000_x", "bh_", "bh_../../x_y", "x.y.z", "", "é"])])
def test_without_a_key_that_opens_nobody_comes_in(served: TestClient, header: dict[str, str]):
    header = {name: value.encode() for name, value in header.items()}  # type: ignore[misc]
    for path in ("/datasets", "/datasets/orders/rows", "/runs", "/queries", "/sales/West", "/lake/raw/x"):
        answer = served.get(path, headers=header)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), path
    assert served.get("/health").status_code == 200


def test_a_colleague_sees_one_region_only(served: TestClient, key: Callable):
    west = key("west")
    assert [row["id"] for row in served.get("/datasets/orders/rows", headers=west).json()] == [2, 3]
    count = served.post("/sql", json={"sql": "SELECT count(*) AS n, count(tags) AS t FROM orders"}, headers=west)
    assert count.json() == [{"n": 2, "t": 0}]
    assert count.headers["policy-applied"] == "orders"
    assert [row["id"] for row in served.get("/sales/North", headers=west).json()] == []
    [entry] = served.get("/datasets", headers=west).json()["datasets"]
    assert (entry["rows"], entry["policy"]) == (None, {"dataset": "orders", "rows_filtered": True, "masked": ["tags"]})
    whole = json.dumps(served.get("/datasets/orders", headers=west).json())
    assert "rows_read" not in whole
    assert "orders.csv" not in whole


def test_a_hidden_dataset_is_as_one_that_is_not_there(served: TestClient, guarded: Workbench, go: Callable, key: Callable):
    (guarded.root / "secrets.csv").write_text("id\n1\n")
    (guarded.root / "pipelines" / "secrets.yml").write_text("source: {type: csv, location: secrets.csv}\ncolumns: {id: BIGINT}\n")
    assert go("secrets").status == "published"
    west = key("west")
    for path in ("/datasets/{}", "/datasets/{}/rows", "/runs?pipeline={}"):
        hidden, none = (served.get(path.format(name), headers=west) for name in ("secrets", "nothing"))
        assert hidden.status_code == none.status_code == 404
        assert hidden.text.replace("secrets", "nothing") == none.text
    assert "secrets" not in served.get("/runs", headers=west).text
    hidden, none = (served.post("/sql", json={"sql": f"SELECT * FROM {name}"}, headers=west) for name in ("secrets", "nothing"))
    assert hidden.text.replace("secrets", "nothing") == none.text


@pytest.mark.parametrize("path", ["/datasets/orders/quarantine", "/lake/raw/orders/x", "/runs/x/notebook", "/audit"])
def test_rows_as_they_came_are_for_those_who_see_everything(served: TestClient, key: Callable, path: str):
    for role in ("west", "clerk"):
        assert served.get(path, headers=key(role)).status_code == 403
    assert served.get(path, headers=key("everything")).status_code in (200, 404)
    assert served.get(path, headers=key("everything", datasets=["orders"])).status_code == 403


def test_a_key_is_narrowed_to_datasets(served: TestClient, key: Callable):
    assert served.get("/datasets/orders/rows", headers=key("everything", datasets=["or*"])).status_code == 200
    assert served.get("/datasets/orders/rows", headers=key("everything", datasets=["other"])).status_code == 404
    assert served.get("/datasets", headers=key("everything", datasets=["other"])).json() == {"datasets": []}


def test_only_a_role_that_may_run_runs(served: TestClient, key: Callable):
    assert served.post("/pipelines/orders/runs", json={}, headers=key("west")).status_code == 403
    assert served.post("/pipelines/nothing/runs", json={}, headers=key("west")).status_code == 403
    assert served.post("/datasets/orders/records", json=[{"id": 1}], headers=key("west")).status_code == 403
    started = served.post("/pipelines/orders/runs?wait=true", json={"check": True}, headers=key("clerk"))
    assert (started.status_code, started.json()["runs"][0]["status"]) == (200, "unchanged")


def test_a_key_ends(served: TestClient, guarded: Workbench):
    made, token = guarded.create_key("ana", ["west"])
    assert served.get("/datasets", headers=bearer(token)).status_code == 200
    guarded.revoke_key(made.id)
    served.app.state.site.door._keys.clear()  # type: ignore[attr-defined]  # or wait for a second
    assert served.get("/datasets", headers=bearer(token)).status_code == 401
    old = datetime.now(UTC) - timedelta(days=2)
    _, token = keys.create(guarded.lake, old, name="old", roles=("west",), expires_at=old + timedelta(days=1))
    assert served.get("/datasets", headers=bearer(token)).status_code == 401


def test_the_lake_does_not_hold_what_opens(guarded: Workbench):
    _, token = guarded.create_key("ana", ["west"])
    files = [guarded.lake.store.read(path).decode() for path in guarded.lake.store.files("keys")]
    assert files
    assert not any(token in text or token.split("_", 2)[2] in text for text in files)


def test_a_role_that_is_gone_sees_nothing(guarded: Workbench, key: Callable):
    west = key("west")
    (guarded.root / "boathouse.toml").write_text("[api]\nanonymous = []\n")
    with TestClient(create(Workbench(guarded.root)), base_url="http://localhost") as served:
        assert served.get("/datasets", headers=west).json() == {"datasets": []}
        assert served.get("/datasets/orders/rows", headers=west).status_code == 404


def test_a_key_needs_a_role_that_there_is(guarded: Workbench):
    with pytest.raises(UsageError, match="a key needs a role"):
        guarded.create_key("ana", [])
    with pytest.raises(UsageError, match="no role 'wst'"):
        guarded.create_key("ana", ["wst"])


def test_a_key_has_its_turns(served: TestClient, key: Callable):
    three = key("west", per_minute=3)
    statuses = [served.get("/datasets", headers=three).status_code for _ in range(5)]
    assert statuses == [200] * 3 + [429] * 2
    assert int(served.get("/datasets", headers=three).headers["retry-after"]) >= 1
    assert served.get("/datasets", headers=key("west")).status_code == 200


def test_a_receipt_is_its_callers_alone(served: TestClient, key: Callable, guarded: Workbench):
    made = served.get("/datasets/orders/rows", headers=key("everything")).links["receipt"]["url"]
    other = bearer(guarded.create_key("other", ["west"])[1])
    assert served.get(made, headers=other).status_code == 404
    mine = served.get("/datasets/orders/rows", headers=other).links["receipt"]["url"]
    receipt = served.get(mine, headers=other).json()
    assert served.post("/replay", json=receipt, headers=other).json()["same"]
    forged = served.post("/replay", json=receipt | {"roles": []}, headers=other).json()
    assert (forged["same"], forged["receipt"]) == (False, None)


def test_what_was_asked_is_written_down(served: TestClient, guarded: Workbench, key: Callable):
    served.get("/datasets")
    served.post("/sql", json={"sql": "SELECT count(*) AS n FROM orders"}, headers=key("west"))
    served.app.state.site.log.flush()  # type: ignore[attr-defined]
    asked, refused = guarded.audit()
    assert (asked["caller"], asked["roles"], asked["status"], asked["sql"]) == ("somebody", ["west"], 200, "SELECT count(*) AS n FROM orders")  # fmt: skip
    assert json.loads(asked["datasets"]) == {"orders": 0}
    assert json.loads(asked["policies"])[0]["rows_filtered"]
    assert (refused["caller"], refused["status"], refused["path"]) == (None, 401, "/datasets")


@pytest.fixture
def issuer() -> Iterator[tuple[str, rsa.RSAPrivateKey]]:
    """An identity provider: discovery and one public key."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key())) | {"kid": "one", "use": "sig", "alg": "RS256"}

    class Provider(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
            told = {"issuer": url, "jwks_uri": f"{url}/keys"} if "well-known" in self.path else {"keys": [public]}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Provider) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", private
        server.shutdown()


def test_a_token_of_the_identity_provider_opens(guarded: Workbench, issuer: tuple[str, rsa.RSAPrivateKey]):
    url, private = issuer
    tokens = f'[api.tokens]\nissuer = "{url}"\naudience = "boathouse"\nroles = "realm.roles"\n'
    (guarded.root / "boathouse.toml").write_text(TOML + tokens)
    soon = datetime.now(UTC) + timedelta(minutes=5)
    good = {"iss": url, "aud": "boathouse", "sub": "ana", "exp": soon, "realm": {"roles": ["west", "unknown"]}}

    def token(key: rsa.RSAPrivateKey | str = private, algorithm: str = "RS256", **changed: object) -> dict[str, str]:
        return bearer(jwt.encode(good | changed, key, algorithm=algorithm, headers={"kid": "one"}))

    with TestClient(create(Workbench(guarded.root)), base_url="http://localhost") as served:
        assert [row["id"] for row in served.get("/datasets/orders/rows", headers=token()).json()] == [2, 3]
        assert served.get("/datasets", headers=token(realm={})).json() == {"datasets": []}
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        past = datetime.now(UTC) - timedelta(minutes=5)
        wrong = [token(aud="other"), token(iss="https://other"), token(exp=past), token(other), token("x" * 40, "HS256"),
                 bearer(jwt.encode(good, None, algorithm="none", headers={"kid": "one"}))]  # fmt: skip
        assert [served.get("/datasets", headers=header).status_code for header in wrong] == [401] * len(wrong)


def test_a_run_tells_a_narrowed_caller_no_count(served: TestClient, guarded: Workbench, key: Callable):
    (guarded.root / "orders.csv").write_text("id,region,amount,tags\n1,North,1.00,\n2,North,1.00,\n3,West,2.00,\n")
    half = key("half")
    answers = [served.post("/pipelines/orders/runs?wait=true", json={}, headers=half)]
    answers.append(served.get(f"/launches/{answers[0].json()['id']}", headers=half))
    for answer in answers:
        assert answer.json()["runs"][0]["status"] == "published"
        assert not any(word in answer.text for word in ("rows_read", "batches", "orders.csv", "raw/"))


@pytest.mark.parametrize("ask", [("POST", "/datasets/ordersx/records"), ("POST", "/pipelines/ordersx/runs"), ("GET", "/datasets/orders_new"), ("GET", "/datasets/orders_new/rows?version=0")])  # fmt: skip
def test_no_error_names_what_is_hidden(served: TestClient, guarded: Workbench, go: Callable, key: Callable, ask: tuple[str, str]):
    (guarded.root / "secrets.csv").write_text("id\n1\n")
    (guarded.root / "pipelines" / "secrets.yml").write_text("source: {type: csv, location: secrets.csv}\ncolumns: {id: BIGINT}\n")
    assert go("secrets").status == "published"
    (guarded.root / "lake" / "curated" / "orders_new").mkdir()  # its first commit was never made
    answer = served.request(*ask, headers=key("half"), json={})
    assert answer.status_code == 404, answer.text
    assert "secrets" not in answer.text


def test_a_hidden_saved_query_is_as_no_address(served: TestClient, guarded: Workbench, key: Callable):
    clerk = key("clerk")
    hidden, none = served.get("/sales/West", headers=clerk), served.get("/nothing/West", headers=clerk)
    assert hidden.status_code == none.status_code == 404
    assert hidden.text == none.text
    assert "/sales/{region}" not in served.get("/openapi.json", headers=clerk).json()["paths"]


def test_two_keys_of_one_name_are_two(served: TestClient, key: Callable):
    made = served.get("/datasets/orders/rows", headers=key("everything")).links["receipt"]["url"]
    assert served.get(made, headers=key("west")).status_code == 404


def test_events_that_cannot_be_written_are_kept(served: TestClient, guarded: Workbench, key: Callable):
    log = served.app.state.site.log  # type: ignore[attr-defined]
    served.get("/datasets")
    log.add({"at": "never", "status": "x"})
    log.flush()
    assert len(log._events) == 2
    log._events = [event for event in log._events if event["at"] != "never"]
    log.flush()
    assert len(guarded.audit()) == 1
