"""Days of the week, times between two dates, units that columns are counted in, other words for one thing, and who somebody is."""

from __future__ import annotations

import pytest

from boathouse.workbench import Workbench
from tests.ask.answered import same_rows
from tests.query.lakes import opened, publish

# 2026-10-05 is a Monday
REPAIRS = """1,1,heating,accepted,2026-10-05,2026-10-09,100.00
2,1,damp,rejected,2026-10-06,2026-10-16,300.00
3,2,heating,accepted,2026-10-10,,50.00
4,2,damp,accepted,2026-10-12,2026-10-14,80.00
"""
UNITS = "1,C1,45.5,2.5,12.5,Ann,true\n2,C2,60.0,1.5,30.0,Bob,false\n3,C3,20.0,0.5,10.0,Bob,\n"
SHIFTS = "1,early,2026-10-05 08:00:00,2026-10-05 14:00:00\n2,early,2026-10-06 08:30:00,2026-10-06 18:30:00\n3,late,2026-10-05 20:00:00,2026-10-06 02:00:00\n"
DRAWS = "1,2026-10-05,Monday,4\n2,2026-10-10,Friday,6\n"
MECHANICS = "1,Dean Naylor,Leeds,25.50,2025-02-01\n2,Amy Cole,York,30.00,2025-03-01\n3,Bo Lund,York,20.00,2026-05-01\n"
CLAIMS = "1,2026-10-05,12.50,10.00\n2,2026-10-06,30.00,0.00\n"

ANSWERED = {
    "How many repairs on Mondays?": "SELECT 2",
    "How many repairs on every Monday?": "SELECT 2",
    "Repairs at the weekend": "SELECT 1",
    "How many repairs on Mondays and Tuesdays?": "SELECT 3",
    "Repairs Monday to Friday by category": "SELECT * FROM (VALUES ('damp', 2), ('heating', 1))",
    "Repairs per weekday": "SELECT * FROM (VALUES ('Monday', 2), ('Tuesday', 1), ('Saturday', 1))",
    "Which day of the week has the most repairs?": "SELECT 'Monday', 2",
    "What was the busiest weekday for repairs?": "SELECT 'Monday', 2",
    "What share of repairs was on a Monday?": "SELECT 0.5::DOUBLE",
    "Shifts by hour of the day": "SELECT * FROM (VALUES (8, 2), (20, 1))",
    "Draws by weekday": "SELECT * FROM (VALUES ('Monday', 1), ('Friday', 1))",  # a column of its own, whatever the date is
    "How many draws on Friday?": "SELECT 1",
    "Repairs between 6 and 10 October 2026": "SELECT 2",
    "Repairs in the last quarter of 2026": "SELECT 4",
    "Average days from report to completion": "SELECT (4 + 10 + 2) / 3::DOUBLE",
    "How many days do we take to complete a repair, on average, by category?": "SELECT * FROM (VALUES ('heating', 4::DOUBLE), ('damp', 6::DOUBLE))",
    "How many repairs took more than 3 days from report to completion?": "SELECT 2",
    "How long does it take to finish a repair?": "SELECT (4 + 10 + 2) / 3::DOUBLE",
    "Average hours between start and end per team": "SELECT * FROM (VALUES ('early', 8::DOUBLE), ('late', 6::DOUBLE))",
    "Repairs by month of completion": "SELECT DATE '2026-10-01', 3",
    "Repairs completed per weekday": "SELECT * FROM (VALUES ('Wednesday', 1), ('Friday', 2))",
    "How many repairs were accepted in October 2026?": "SELECT 3",  # a state, which has no date of its own
    "Largest flat in square metres": "SELECT 'C2', 60.0::DOUBLE",
    "Number of flats": "SELECT 3",
    "Units over 50 sqm": "SELECT 'C2', 60.0::DOUBLE",
    "Tonnes by unit": "SELECT * FROM (VALUES ('C1', 2.5::DOUBLE), ('C2', 1.5::DOUBLE), ('C3', 0.5::DOUBLE))",
    "Units with moisture above 20 percent": "SELECT 'C2', 30.0::DOUBLE",
    "How many units have pets?": "SELECT 1",
    "Are there any repairs above 200 euros?": "SELECT 1",
    "Who looks after C2?": "SELECT 'Bob', 'C2'",
    "How many repairs took more than 72 hours from report to completion?": "SELECT 2",
    "Repairs on Saturdays to Mondays by category": "SELECT * FROM (VALUES ('heating', 2), ('damp', 1))",
    "Repairs on Mondays, Tuesdays and Saturdays": "SELECT 4",
    "Repairs completed in October 2026 by weekday reported": "SELECT * FROM (VALUES ('Monday', 2), ('Tuesday', 1))",
    "How many repairs reported on Mondays are not completed?": "SELECT 0",
    "Which category has the longest average completion time?": "SELECT 'damp', 6::DOUBLE",
    "What is the smallest cost?": "SELECT 50::DOUBLE",
    "How many leases have a term of 3 or 6 months?": "SELECT 1",
    "Where does Dean Naylor work?": "SELECT 'Dean Naylor', 'Leeds'",
    "Who has the highest hourly rate?": "SELECT 'Amy Cole', 30::DOUBLE",
    "New mechanics who joined in the first half of 2025 versus the first half of 2026": "SELECT * FROM (VALUES (2025, 2), (2026, 1))",
    "Mechanics with an hourly rate of 20 or 30": "SELECT * FROM (VALUES ('Amy Cole', 30::DOUBLE), ('Bo Lund', 20::DOUBLE))",
    "Repairs for any category other than damp, just the number": "SELECT 2",
    "What share of units have pets?": "SELECT 1 / 3::DOUBLE",
    "How long do damp repairs take to complete?": "SELECT 6::DOUBLE",
    "What is the median amount claimed?": "SELECT 21.25::DOUBLE",
}
ASKED_BACK = [
    "How many repairs on Monday?",  # the last one, or every
    "Days from report to completion",  # the average, or the total
    "Units with sqm above 20 percent",  # of what
    "Who costs the most?",
    "Repairs this weekend",  # the last one, or every
    "Repairs on the last Friday of October 2026",
    "Compare repairs on Mondays and Fridays",
    "How many Mondays had repairs?",
    "How many repairs were not completed on Mondays?",  # at another time, or not at all
    "Which category has the longest completion time?",  # the average, or the longest
    "Categories with more than 10% rejected repairs",
    "Who owns C2?",  # it has a manager, who need not own it
    "Waste per sqm by unit",
    "Busiest category",
    "Categories with an average cost above 10%",
    "Consignments by month",  # repairs that are completed are no consignments
    "How many claims were completed in October 2026?",  # repairs are
    "How many repairs were rejected or completed in October 2026?",
    "Units that were not completed on Mondays",
]


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    made = opened(tmp_path_factory.mktemp("lettings") / "workbench")
    publish(made, "units", "unit_id: BIGINT, unit_ref: VARCHAR, sqm: DOUBLE, waste_t: DOUBLE, moisture_pct: DOUBLE, unit_mgr: VARCHAR, has_pets: BOOLEAN", UNITS)  # fmt: skip
    publish(made, "repairs", "job_no: BIGINT, unit_id: BIGINT, category: VARCHAR, outcome: VARCHAR, reported_on: DATE, completed_on: DATE, cost_eur: DOUBLE", REPAIRS)  # fmt: skip
    publish(made, "shifts", "shift_no: BIGINT, team: VARCHAR, started_at: TIMESTAMP, ended_at: TIMESTAMP", SHIFTS)
    publish(made, "draws", "draw_id: BIGINT, drawn_on: DATE, weekday: VARCHAR, prizes: BIGINT", DRAWS)
    publish(
        made, "mechanics", "mech_id: BIGINT, mech_name: VARCHAR, branch: VARCHAR, hourly_rate: DOUBLE, joined_on: DATE", MECHANICS
    )
    publish(made, "claims", "claim_no: BIGINT, filed_on: DATE, claimed_eur: DOUBLE, paid_eur: DOUBLE", CLAIMS)
    publish(made, "leases", "lease_no: BIGINT, term_months: BIGINT", "1,3\n2,12\n")
    return made


@pytest.mark.parametrize("question", ANSWERED)
def test_a_question_of_days_and_units(wb: Workbench, question: str):
    same_rows(wb, question, ANSWERED[question])


@pytest.mark.parametrize("question", ASKED_BACK)
def test_is_asked_back(wb: Workbench, question: str):
    assert wb.ask(question).status in ("clarify", "refused")
