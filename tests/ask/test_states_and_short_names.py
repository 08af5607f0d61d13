"""What is open, unpaid or insured; tables whose names are abbreviations; values that stand for their rows; sums of money."""

from __future__ import annotations

import pytest

from boathouse.workbench import Workbench
from tests.ask.answered import same_rows
from tests.query.lakes import opened, publish

PETS = """1,Rex,dog,Labrador,true,Petsure
2,Mia,cat,Siamese,false,
3,Bo,dog,Collie,true,
4,Rex,dog,Labrador,false,Vetplan
5,Tom,cat,Siamese,true,Petsure
"""
APPTS = """1,1,2026-09-01,2026-09-03,attended,80.00
2,2,2026-10-05,,attended,120.00
3,3,2026-10-09,2026-10-20,no-show,40.00
4,1,2026-11-02,,attended,60.00
"""
COMPLAINTS = (
    "1,1,2026-09-02,2026-09-05,phone,25.00\n2,2,2026-10-07,,web,\n3,1,2026-10-08,,web,\n4,1,2026-11-01,2026-11-02,phone,\n"
)
METERS = "1,open\n2,closed\n"
BILLS = "1,2026-10-01,500.00\n2,2026-10-15,700.00\n3,2026-11-01,90.00\n"

ANSWERED = {
    "How many complaints are still open?": "SELECT 2",
    "How many open complaints are there?": "SELECT 2",
    "How many complaints are not open?": "SELECT 2",
    "Open complaints by channel": "SELECT 'web', 2",
    "How many complaints did we open in October 2026?": "SELECT 2",
    "How many meters are open?": "SELECT 1",  # a value of their own
    "How many complaints are compensated?": "SELECT 1",
    "How many pets are insured?": "SELECT 3",
    "Number of insured pets": "SELECT 3",
    "How many cats have an insurer?": "SELECT 1",
    "How many dogs are insured?": "SELECT 2",
    "How many cats aren't insured?": "SELECT 1",
    "What share of dogs is neutered?": "SELECT 2 / 3::DOUBLE",
    "What is the most popular pet name?": "SELECT 'Rex', 2",
    "How many appointments in October 2026?": "SELECT 2",
    "Fees last month": "SELECT 160::DECIMAL(38,2)",  # by appt_date, of appts
    "How many appts are unpaid?": "SELECT 2",
    "How many appts over £70 are still unpaid?": "SELECT 1",
    "How many no-shows per month?": "SELECT DATE '2026-10-01', 1",
    "Which pets never complained?": "SELECT * FROM (VALUES ('Bo'), ('Rex'), ('Tom'))",
    "Average bill by month": "SELECT * FROM (VALUES (DATE '2026-10-01', 600::DOUBLE), (DATE '2026-11-01', 90::DOUBLE))",
    "Total billed in October": "SELECT 1200::DECIMAL(38,2)",
    "How many pets have no unpaid appointments?": "SELECT 3",
    "Average fee of insured dogs": "SELECT 70::DOUBLE",
    "Pets not insured by Petsure": "SELECT 'Rex', 'Vetplan'",  # it says that those without an insurer are left out
    "How many dogs have an appointment?": "SELECT 2",
    "How many dogs have an attended appointment?": "SELECT 1",
    "How often did pets complain?": "SELECT 4",
    "Pets not compensated": "SELECT * FROM (VALUES ('Mia'), ('Bo'), ('Rex'), ('Tom'))",
    "How many bills cost more than £400?": "SELECT 2",
    "Which bills cost more than £600?": "SELECT 2, DATE '2026-10-15', 700::DECIMAL(8,2)",
    "How many bills over €1,000 or under $100?": None,
    "Pets that complained by phone": "SELECT 'Rex'",
    "How many complaints were open in October 2026?": None,
    "What share of pets complained?": None,  # of all, or of those that did
    "What share of pets is insured dogs?": None,
    "% of dogs that have an appointment": None,
    "How many complaints are still open in October?": None,  # begun then, or not over by then
    "Share of neutered dogs": None,
}


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    made = opened(tmp_path_factory.mktemp("vets") / "workbench")
    publish(made, "pets", "pet_id: BIGINT, pet_name: VARCHAR, species: VARCHAR, breed: VARCHAR, neutered: BOOLEAN, insurer: VARCHAR", PETS)  # fmt: skip
    publish(made, "appts", "appt_no: BIGINT, pet_id: BIGINT, appt_date: DATE, paid_on: DATE, status: VARCHAR, fee_gbp: 'DECIMAL(8,2)'", APPTS)  # fmt: skip
    publish(made, "complaints", "complaint_id: BIGINT, pet_id: BIGINT, opened_on: DATE, closed_on: DATE, channel: VARCHAR, compensation_gbp: 'DECIMAL(8,2)'", COMPLAINTS)  # fmt: skip
    publish(made, "meters", "meter_id: BIGINT, state: VARCHAR", METERS)
    publish(made, "bills", "bill_no: BIGINT, bill_date: DATE, amt_gbp: 'DECIMAL(8,2)'", BILLS)
    return made


@pytest.mark.parametrize("question", [question for question, sql in ANSWERED.items() if sql])
def test_a_question_of_states_and_short_names(wb: Workbench, question: str):
    same_rows(wb, question, ANSWERED[question] or "")


@pytest.mark.parametrize("question", [question for question, sql in ANSWERED.items() if not sql])
def test_one_that_may_mean_two_things_is_asked_back(wb: Workbench, question: str):
    assert wb.ask(question).status in ("clarify", "refused")


def test_what_a_state_was_read_as_is_said(wb: Workbench):
    assert "'open' read as: no closed_on" in wb.ask("How many complaints are still open?").assumptions
    assert "'insured' read as: with an insurer" in wb.ask("How many pets are insured?").assumptions
