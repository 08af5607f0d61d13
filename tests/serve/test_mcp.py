"""The lake for assistants: a real client speaks with `boathouse mcp`, and sees what its key may see."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from boathouse.lake import audit
from boathouse.workbench import Workbench
from tests.query.lakes import opened, publish

pytest.importorskip("mcp", reason="mcp is not installed: pip install 'boathouse[ask]'")
SETTINGS = '[roles.west]\ndatasets = ["orders"]\nrows = { orders = "region = \'West\'" }\n'


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    made = opened(tmp_path_factory.mktemp("mcp") / "workbench", SETTINGS)
    publish(made, "orders", "order_id: BIGINT, region: VARCHAR", "1,West\n2,East\n3,West\n")
    publish(made, "secrets", "id: BIGINT", "1\n")
    return made


def call(wb: Workbench, *calls: tuple[str, dict[str, Any]], key: str | None = None) -> list[dict[str, Any]]:
    """What the tools answer, in one session."""
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    async def talk() -> list[dict[str, Any]]:
        environment = os.environ | ({"BOATHOUSE_KEY": key} if key is not None else {})
        command = StdioServerParameters(
            command=sys.executable,
            args=["-c", "from boathouse.cli import entry; entry()", "-C", str(wb.root), "mcp"],
            env=environment,
        )
        async with stdio_client(command) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            found = [await session.call_tool(name, given) for name, given in calls]
            return [json.loads(one.content[0].text) for one in found]

    return asyncio.run(talk())


def test_catalog_sql_ask_and_replay(wb: Workbench):
    query = "SELECT count(*) AS n FROM orders"
    listed, counted, asked, follow = call(wb, ("catalog", {}), ("sql", {"query": query}), ("ask", {"question": "how many orders?"}),
                                          ("ask", {"question": "and by region?"}))  # fmt: skip
    assert [one["name"] for one in listed["datasets"]] == ["orders", "secrets"]
    assert counted["rows"] == [{"n": 3}]
    assert asked["rows"] == [{"count": 3}]
    assert {row["region"]: row["count"] for row in follow["rows"]} == {"West": 2, "East": 1}
    [again] = call(wb, ("replay", {"receipt": counted["receipt"]}))
    assert again["same"]


def test_a_key_narrows_what_is_seen(wb: Workbench):
    _, token = wb.create_key("assistant", ["west"])
    listed, counted, hidden = call(wb, ("catalog", {}), ("sql", {"query": "SELECT count(*) AS n FROM orders"}),
                                   ("sql", {"query": "SELECT * FROM secrets"}), key=token)  # fmt: skip
    assert [one["name"] for one in listed["datasets"]] == ["orders"]
    assert counted["rows"] == [{"n": 2}]
    assert "error" in hidden


def test_a_key_that_does_not_open_opens_nothing(wb: Workbench):
    for key in ("bh_wrong_key", ""):  # an unset secret of a launcher is empty
        [answer] = call(wb, ("sql", {"query": "SELECT 1"}), key=key)
        assert "does not open" in answer["error"]


@pytest.mark.parametrize("query", ["SELECT * FROM read_csv('/etc/passwd')", "DROP TABLE orders", "COPY orders TO 'x.csv'"])
def test_the_guard_is_the_same(wb: Workbench, query: str):
    [answer] = call(wb, ("sql", {"query": query}))
    assert "error" in answer


def test_each_call_is_in_the_audit_log(wb: Workbench, tmp_path: Path):
    call(wb, ("ask", {"question": "how many orders?"}))
    event = audit.read(wb.lake, 1)[0]
    assert (event["method"], event["path"], event["parameters"]) == ("MCP", "ask", "how many orders?")
