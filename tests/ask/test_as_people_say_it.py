"""Wordings that no column is called by: what they are read as, and where they are asked back instead."""

from __future__ import annotations

import pytest

from boathouse.workbench import Workbench
from tests.query.lakes import opened, publish

MEMBERS = """1,Ada,2025-03-02,,premium,active
2,Bo,2025-06-09,2026-02-01,basic,cancelled
3,Cy,2026-10-05,,basic,active
4,Di,2026-10-20,,premium,paused
"""
PAYMENTS = """1,1,2025-01-09,29.50,direct debit,membership
2,1,2026-10-08,30.00,card,membership
3,2,2026-01-11,12.00,cash,drop-in
4,3,2026-10-30,90.00,card,merchandise
5,4,2025-07-01,7.00,card,drop-in
"""
BOOKINGS = """1,1,1,2026-09-03,attended
2,1,2,2026-10-04,no-show
3,2,1,2026-01-20,attended
4,1,1,2026-10-21,cancelled
"""
CLASSES = "1,Morning Flow,yoga,30\n2,Sparring,boxing,60\n3,Bag Work,boxing,90\n"
TRUCKS = "1,BH25 JDY,2025-01-15,101520.00,7500\n2,VR25 DBB,2024-02-15,131400.00,12000\n3,AA11 AAA,2025-05-05,99000.00,7000\n"
SHIPMENTS = "1,1,2026-09-05,2026-10-02,798.35\n2,1,2026-10-12,2026-10-13,783.15\n3,2,2026-10-14,2026-11-02,10.00\n"
INCIDENTS = "1,1,2026-01-26,collision,major,734.85\n2,2,2026-02-06,breakdown,minor,9478.14\n3,2,2025-06-06,collision,minor,1.00\n"
SALES = "1,2026-10-03,senior,online,3,37.50\n2,2026-10-05,child,box office,2,18.00\n3,2025-10-05,child,online,1,9.00\n"

ANSWERED = {
    "How many premium members are still active?": "SELECT count(*) FROM members WHERE plan = 'premium' AND status = 'active'",
    "How many people joined in 2025?": "SELECT count(*) FROM members WHERE year(joined_on) = 2025",
    "How many members signed up in October?": "SELECT count(*) FROM members WHERE joined_on >= DATE '2026-10-01'",
    "New members last month": "SELECT count(*) FROM members WHERE joined_on >= DATE '2026-10-01'",
    "How many members have never booked a class?": "SELECT 2",
    "How much was paid by direct debit?": "SELECT 29.50",
    "How much money did we take last month?": "SELECT 120.00",
    "Payment revenue year to date": "SELECT 132.00",
    "Top 1 members by total spend": "SELECT 'Cy', 90.00",
    "Total amount paid in cash versus by card": "SELECT * FROM (VALUES ('cash', 12.00), ('card', 127.00))",
    "Total payment amount in 2026 compared to 2025": "SELECT * FROM (VALUES (2025, 36.50), (2026, 132.00))",
    "Average total spend per member": "SELECT 168.5 / 4",
    "What's the largest single payment we've had this year?": "SELECT 90.00",
    "How many payments were not made by card?": "SELECT 2",
    "How many no shows were there?": "SELECT 1",
    "How many bookings over the last 3 months?": "SELECT 3",
    "How many members have booked at least 3 times?": "SELECT 1",
    "How many classes last at least 60 minutes?": "SELECT 2",
    "Which truck is the most expensive?": "SELECT 'VR25 DBB', 131400.00",
    "How many trucks were bought in 2025?": "SELECT 2",
    "How many trucks weighed over 7200 kg?": "SELECT 2",
    "How many shipments since the start of October?": "SELECT 2",
    "When was the last minor collision?": "SELECT DATE '2025-06-06'",
    "What is the most recently bought truck?": "SELECT 'AA11 AAA', DATE '2025-05-05'",
    "List the boxing classes, longest first": "SELECT title FROM classes WHERE kind = 'boxing'",
    "How much did we make from ticket sales in October?": "SELECT 55.50",
}
ASKED_BACK = [
    "What did we spend in 2026?",  # money taken is not money spent
    "Which channel sold the most tickets?",  # rows, or the sum of a quantity
    "Average number of tickets per sale",
    "Membership payments in 2025 compared to 2024",  # how many, or how much
    "What was our revenue last month?",  # of payments, of shipments, of tickets
    "How many available trucks are there?",
    "How much did we pay in October?",
    "Which members booked more than last month?",  # than how many
    "How many new members booked in October?",  # when they were new, or when they booked
    "How many tickets were raised in October?",
]


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    made = opened(tmp_path_factory.mktemp("company") / "workbench")
    day = "DATE"
    publish(made, "members", f"member_id: BIGINT, name: VARCHAR, joined_on: {day}, cancelled_on: {day}, plan: VARCHAR, status: VARCHAR", MEMBERS)  # fmt: skip
    publish(made, "payments", f"payment_id: BIGINT, member_id: BIGINT, paid_on: {day}, amount: 'DECIMAL(10,2)', method: VARCHAR, kind: VARCHAR", PAYMENTS)  # fmt: skip
    publish(made, "classes", "class_id: BIGINT, title: VARCHAR, kind: VARCHAR, duration_min: BIGINT", CLASSES)
    publish(made, "bookings", f"booking_id: BIGINT, member_id: BIGINT, class_id: BIGINT, booked_on: {day}, status: VARCHAR", BOOKINGS)  # fmt: skip
    publish(made, "trucks", f"truck_id: BIGINT, registration: VARCHAR, bought_on: {day}, purchase_price: 'DECIMAL(12,2)', weight_kg: BIGINT", TRUCKS)  # fmt: skip
    publish(made, "shipments", f"shipment_id: BIGINT, truck_id: BIGINT, shipped_on: {day}, delivered_on: {day}, charge: 'DECIMAL(10,2)'", SHIPMENTS)  # fmt: skip
    publish(made, "incidents", f"incident_id: BIGINT, truck_id: BIGINT, occurred_on: {day}, kind: VARCHAR, severity: VARCHAR, cost: 'DECIMAL(10,2)'", INCIDENTS)  # fmt: skip
    publish(made, "ticket_sales", f"sale_id: BIGINT, sold_on: {day}, ticket_type: VARCHAR, channel: VARCHAR, quantity: BIGINT, total_price: 'DECIMAL(10,2)'", SALES)  # fmt: skip
    return made


@pytest.mark.parametrize("question", ANSWERED)
def test_it_is_answered(wb: Workbench, question: str):
    answer = wb.ask(question)
    assert answer.status == "answered", answer.text
    assert answer.receipt
    found = [list(map(str, row.values())) for row in answer.rows]
    expected = [list(map(str, row.values())) for row in wb.sql(ANSWERED[question]).rows()]
    if question.startswith("Average"):
        found, expected = ([[f"{float(cell):.6f}" for cell in row] for row in rows] for rows in (found, expected))
    assert len(found) == len(expected)
    for row in expected:
        assert any(set(row) <= set(other) for other in found), (answer.sql, found)


@pytest.mark.parametrize("question", ASKED_BACK)
def test_it_is_asked_back(wb: Workbench, question: str):
    answer = wb.ask(question)
    assert answer.status in ("clarify", "refused"), answer.sql


def test_what_revenue_was_read_as_is_said(wb: Workbench):
    answer = wb.ask("ticket revenue this year")
    assert "'ticket revenue' read as ticket_sales.total_price" in answer.assumptions


def test_a_word_of_a_value_is_offered_as_that_value(wb: Workbench):
    asked = wb.ask("how many payments by debit?")
    assert (asked.status, asked.options) == ("clarify", ["how many payments by direct debit"])
    assert wb.ask(asked.options[0]).rows == [{"count": 1}]


def test_a_value_that_makes_no_question_is_named(wb: Workbench):
    asked = wb.ask("which members bought most flow this year?")
    assert (asked.status, asked.options) == ("clarify", [])
    assert "'flow'" in asked.text
    assert "'morning flow'" in asked.text
