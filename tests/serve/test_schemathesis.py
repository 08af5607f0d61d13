"""Whatever the OpenAPI document allows, and much that it does not, is answered without a failure of the server."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings

from boathouse.serve.app import create
from boathouse.workbench import Workbench

STARTS = ("/pipelines/{name}/runs", "/pipelines/{name}/files", "/datasets/{name}/records")  # a run is a process: not a thousand


@pytest.fixture
def document(shop: Workbench) -> Any:
    with TestClient(create(shop), base_url="http://localhost", raise_server_exceptions=False) as client:
        yield schemathesis.openapi.from_dict(client.get("/openapi.json").json()), client


def test_no_address_fails(document: Any):
    schema, client = document
    seen = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in STARTS:
            continue
        seen.add(operation.path)

        @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def holds(case: Any) -> None:
            sent = case.as_transport_kwargs(base_url="http://localhost")
            answer = client.request(**{key: sent[key] for key in ("method", "url", "params", "headers", "json", "content", "cookies") if key in sent})  # fmt: skip
            assert answer.status_code < 500, f"{case.method} {answer.url}: {answer.text}"
            if answer.status_code >= 400:
                assert answer.headers["content-type"] in ("application/problem+json", "text/plain; charset=utf-8")

        from hypothesis import given

        given(case=operation.as_strategy())(holds)()
    assert {"/datasets/{name}/rows", "/sql", "/sales/{region}", "/replay"} <= seen


def test_every_example_works(document: Any):
    """What the page of the addresses puts into its fields."""
    schema, client = document
    tried = 0
    for path, methods in schema.raw_schema["paths"].items():
        for method, told in methods.items():
            if path in STARTS or method != "get":
                continue
            needed = [one for one in told.get("parameters", []) if one["in"] == "path"]
            if any("example" not in one for one in needed):
                assert path in ("/receipts/{name}", "/launches/{name}", "/lake/{path}", "/runs/{run_id}/notebook"), path
                continue
            address = path
            for one in needed:
                address = address.replace(f"{{{one['name']}}}", one["example"])
            if path != "/runs/{run_id}/notebook":  # this shop's run was made without one
                assert client.get(address).status_code == 200, address
                tried += 1
    assert tried >= 8
    [asked] = schema.raw_schema["components"]["schemas"]["Asked"]["examples"]
    assert client.post("/sql", json=asked).status_code == 200
