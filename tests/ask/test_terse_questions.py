"""Questions in few words, of tables whose names are short: what they are read as, and where they are asked back."""

from __future__ import annotations

import pytest

from boathouse.workbench import Workbench
from tests.ask.answered import same_rows
from tests.query.lakes import opened, publish

REQUESTS = """1,1,1,open,2026-09-01,,urgent,billing,30,20.00,20.00
2,1,1,closed,2026-09-08,2026-09-09,low,billing,90,30.00,30.00
3,2,2,closed,2026-10-02,2026-10-05,urgent,login,60,5.00,5.00
4,2,2,no_show,2026-10-20,2026-10-21,low,login,66,45.00,45.00
"""
AGENTS = "1,Ann,billing,2025-02-01,true\n2,Bob,login,2026-03-01,false\n"
CALLERS = "1,Cem,M,2025-05-01\n2,Dot,F,2026-05-01\n"

ANSWERED = {
    "Requests that are still open, how many?": "SELECT 1",  # status, and not opened_at
    "Billing requests by month": "SELECT DATE '2026-09-01', 2",  # their topic, and not the agent's team
    "No shows per topic": "SELECT 'login', 1",
    "Urgent by month in September and October": "SELECT * FROM (VALUES (DATE '2026-09-01', 1), (DATE '2026-10-01', 1))",
    "How many requests by male callers?": "SELECT 2",
    "How many inactive agents are there?": "SELECT 1",
    "Newest 1 agents": "SELECT 'Bob', DATE '2026-03-01'",
    "Average response time per topic": "SELECT * FROM (VALUES ('billing', 60::DOUBLE), ('login', 63::DOUBLE))",
    "Which topic has the lowest response time on average?": "SELECT 'billing', 60::DOUBLE",
    "Median satisfaction of urgent requests": "SELECT 12.5::DOUBLE",  # by how its column is described
    "Which priority is used most?": "SELECT * FROM (VALUES ('urgent', 2), ('low', 2))",
    "Share of each topic among closed requests": "SELECT * FROM (VALUES ('billing', 1, 0.5::DOUBLE), ('login', 1, 0.5::DOUBLE))",
    "Top 5 agents by request volume, biggest on top": "SELECT * FROM (VALUES ('Ann', 2), ('Bob', 2))",
    "Agents with more than 1 requests overall": "SELECT * FROM (VALUES ('Ann', 2), ('Bob', 2))",
    "Split of requests by topic pls": "SELECT * FROM (VALUES ('billing', 2), ('login', 2))",
    "Agents hired in 2025, just the names": "SELECT 'Ann', DATE '2025-02-01'",
    "How many callers had more than once a request?": "SELECT 2",
    "Which agent closed the most requests in October? Need the name.": "SELECT 'Bob', 2",
    "How many requests were closed in October?": "SELECT 2",  # when they were, though closed is a status as well
    "Fees in Q3 compared with the same quarter last year": "SELECT 2026, 50::DOUBLE",
    "How many distinct meters?": "SELECT 2",
    "Total amount of tea": "SELECT 4::DOUBLE",
    "Who was hired in 2026?": "SELECT 'Bob', DATE '2026-03-01'",
    "Requests w/o closing date, how many?": "SELECT 1",
    "How many requests with a first response over 1 hour?": "SELECT 2",
    "Is the fee up on October in September? Percentage change please": "SELECT 50::DOUBLE AS a, 50::DOUBLE AS b, 0::DOUBLE AS c, 0::DOUBLE AS d",
    "How many requests between 5 September and 10 October 2026?": "SELECT 2",
    "Fees month by month": "SELECT * FROM (VALUES (DATE '2026-09-01', 50::DOUBLE), (DATE '2026-10-01', 50::DOUBLE))",
    "Did the number of requests change from September to October?": "SELECT 2 AS a, 2 AS b, 0 AS c, 0::DOUBLE AS d",
    "By what percentage did the number of requests grow from Q2 2026 to 2026 Q3?": "SELECT 0 AS a, 2 AS b, 2 AS c, NULL AS d",
    "How did the number of urgent requests change, October vs September?": "SELECT 1 AS a, 1 AS b, 0 AS c, 0::DOUBLE AS d",
}
ASKED_BACK = [
    "How many requests were closed?",  # a status, and a date
    "Did the number of requests grow in October?",  # compared to when
    "Which topic grew most from 2025 to 2026?",
    "Did the number of callers grow from 2025 to 2026?",  # those who joined, or all that there were
    "Requests with over 30 minutes",  # how many, or which
    "Callers that are still with us",  # which state that is
    "What does Ann earn per month?",  # what somebody brings in is not what they earn
    "How many inactive requests?",  # of a status, "not active" is a guess
    "How many requests opened this month were hired?",
    "Urgent callers",  # who has one urgent request, or only such
]


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    made = opened(tmp_path_factory.mktemp("desk") / "workbench")
    publish(made, "callers", "caller_id: BIGINT, name: VARCHAR, sex: VARCHAR, joined_on: DATE", CALLERS)
    publish(made, "agents", "agent_id: BIGINT, name: VARCHAR, team: VARCHAR, hired_on: DATE, is_active: BOOLEAN", AGENTS)
    publish(made, "requests", "request_no: BIGINT, caller_id: BIGINT, agent_id: BIGINT, status: VARCHAR, opened_at: DATE, closed_at: DATE, prio: VARCHAR, topic: VARCHAR, first_resp_min: BIGINT, csat: DOUBLE, fee: DOUBLE", REQUESTS)  # fmt: skip
    publish(made, "meters", "meter: VARCHAR, drink: VARCHAR, amount_eur: DOUBLE", "a,Tea,1\na,Coffee,2\nb,Tea,3\n")
    pipeline = made.root / "pipelines" / "requests.yml"
    described = '{type: DOUBLE, description: "satisfaction from 1 to 100"}'
    pipeline.write_text(pipeline.read_text(encoding="utf-8").replace("csat: DOUBLE", f"csat: {described}"), encoding="utf-8")
    return made


@pytest.mark.parametrize("question", ANSWERED)
def test_it_is_answered(wb: Workbench, question: str):
    same_rows(wb, question, ANSWERED[question])


@pytest.mark.parametrize("question", ASKED_BACK)
def test_it_is_asked_back(wb: Workbench, question: str):
    answer = wb.ask(question)
    assert answer.status in ("clarify", "refused"), answer.sql


def test_a_change_is_not_taken_up_by_groups(wb: Workbench):
    """Each group's earlier figure would stand beside each other group's later one."""
    asked = wb.ask("Did the number of requests change from September to October?", conversation="change")
    assert asked.status == "answered"
    assert wb.ask("and by topic?", conversation="change").status == "clarify"


def test_what_is_suggested_of_untaught_data_is_answered(wb: Workbench):
    for name in ("meters", "requests"):
        first, *others = wb.asker.suggestions(wb.policy(), about=[name])
        assert first in ("total amount eur by meter", "total fee by status")
        assert all(wb.ask(question).status == "answered" for question in (first, *others))
