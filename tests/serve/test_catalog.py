"""What is known of datasets and runs, over HTTP."""

from __future__ import annotations

from fastapi.testclient import TestClient


def test_datasets_are_listed_and_searched(client: TestClient):
    [found] = client.get("/datasets").json()["datasets"]
    assert (found["name"], found["rows"], found["verdict"], found["description"]) == ("orders", 3, "passed", "What was sold")
    assert client.get("/datasets?search=sold ORD").json()["datasets"] == [found]
    assert client.get("/datasets?search=bought").json()["datasets"] == []


def test_a_dataset_has_its_versions(client: TestClient):
    found = client.get("/datasets/orders").json()
    assert [column["name"] for column in found["columns"]] == ["id", "region", "amount", "tags"]
    assert [version["version"] for version in found["versions"]] == [0]


def test_runs_are_listed(client: TestClient):
    [run] = client.get("/runs?pipeline=orders").json()["runs"]
    assert (run["status"], run["rows_published"]) == ("published", 3)
