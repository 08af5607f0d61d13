"""Asking over HTTP: one JSON object, or the steps as they are taken; conversations are their caller's own."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from boathouse.ask.jail import JailError, jail
from boathouse.lake import audit
from boathouse.workbench import Workbench
from tests.ask.models import scripted


def test_an_answer_with_its_receipt(client: TestClient):
    answer = client.post("/ask", json={"question": "total amount by region"}).json()
    assert answer["status"] == "answered"
    assert answer["rows"] == [{"region": "West", "sum_amount": 127.5}, {"region": "North", "sum_amount": 19.9}]
    assert client.post("/replay", json=answer["receipt"]).json()["same"]
    refused = client.post("/ask", json={"question": "delete everything"}).json()
    assert (refused["status"], refused["rows"], refused["receipt"]) == ("refused", [], None)


def test_an_answerer_may_be_named(client: TestClient):
    assert client.post("/ask", json={"question": "how many orders", "answerer": "offline"}).json()["row_count"] == 1
    wrong = client.post("/ask", json={"question": "how many orders", "answerer": "oracle"})
    assert (wrong.status_code, "no answerer 'oracle'" in wrong.json()["title"]) == (400, True)


def test_the_steps_come_before_the_answer(client: TestClient):
    answer = client.post("/ask", json={"question": "how many orders"}, headers={"Accept": "application/x-ndjson"})
    *steps, last = [json.loads(line) for line in answer.text.splitlines()]
    assert all(step["step"] for step in steps)
    assert len(steps) >= 2
    assert last["result"]["rows"] == [{"count": 3}]


def test_a_follow_up_knows_its_conversation_and_no_other(client: TestClient):
    first = client.post("/ask", json={"question": "how many orders?"}).json()
    follow = client.post("/ask", json={"question": "and by region?", "conversation": first["conversation"]}).json()
    assert {row["region"]: row["count"] for row in follow["rows"]} == {"West": 2, "North": 1}
    assert client.post("/ask", json={"question": "and by region?"}).json()["status"] != "answered"
    assert client.post("/ask", json={"question": "and by region?", "conversation": "no-such"}).status_code == 404


def test_many_questions_at_once_do_not_mix(client: TestClient):
    def one(region: str) -> list[dict]:
        return client.post("/ask", json={"question": f"how many orders in the {region}?"}).json()["rows"]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one, ["West", "North"] * 20))
    assert found == [[{"count": 2}], [{"count": 1}]] * 20


def test_a_question_is_in_the_audit_log(client: TestClient, shop: Workbench):
    client.post("/ask", json={"question": "how many orders?"})
    client.app.state.site.log.flush()  # type: ignore[attr-defined]
    event = next(event for event in audit.read(shop.lake, 10) if event["path"] == "/ask")
    assert json.loads(event["parameters"]) == {"question": "how many orders?"}
    assert "count(*)" in event["sql"]


PYTHON = """df = execute_sql_query("SELECT region, amount FROM orders ORDER BY ALL")
result = {"type": "dataframe", "value": df.groupby("region")["amount"].sum().reset_index().sort_values("region")}"""


def test_a_models_python_answers_many_at_once_and_its_receipt_holds(client: TestClient, shop: Workbench):
    pytest.importorskip("litellm", reason="litellm is not installed: pip install 'boathouse[ask]'")
    try:
        jail()
    except JailError as error:
        pytest.skip(error.message)
    before = shop.config.ask
    with scripted(PYTHON) as model:
        shop.config.ask = before.model_copy(update={"model": "openai/scripted", "url": model.url})
        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(lambda _: client.post("/ask", json={"question": "amount by region"}).json(), range(6)))
    shop.config.ask = before
    assert [answer["answerer"] for answer in found] == ["pandasai"] * 6
    assert [[(row["region"], row["amount"]) for row in answer["rows"]] for answer in found] == [
        [("North", 19.9), ("West", 127.5)]
    ] * 6
    assert "groupby" in found[0]["receipt"]["python"]
    client.app.state.site.log.flush()  # type: ignore[attr-defined]
    event = next(event for event in audit.read(shop.lake, 20) if event["path"] == "/ask")
    assert event["sql"].endswith(";\nSELECT region, amount FROM orders ORDER BY ALL")  # after its plan
    assert json.loads(event["datasets"]) == {"orders": found[0]["receipt"]["tables"][0]["version"]}
    assert client.post("/replay", json=found[0]["receipt"]).json()["same"]
