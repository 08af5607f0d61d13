"""Both halves of every question set, scored: how many are answered, how many of the answers are right, and nothing that cannot
be answered is."""

from __future__ import annotations

import pytest

from boathouse.ask.evaluate import Evaluation
from boathouse.workbench import Workbench
from tests.ask.conftest import path
from tests.conftest import REPOSITORY

FILES = {"demo": REPOSITORY / "questions" / "demo.yml", "chinook": path("chinook"), "polls": path("polls")}


@pytest.mark.parametrize("half", ["build", "held"])
def test_score(half: str, request: pytest.FixtureRequest):
    cases = []
    for name, file in FILES.items():
        wb: Workbench = request.getfixturevalue(name)
        cases += wb.evaluate(file, half=half).cases
    found = Evaluation(cases)
    wrong = [(case["ask"], case["sql"]) for case in cases if case["outcome"] in ("wrong", "failed")]
    assert (found.share_answered() or 0) >= 0.7
    assert (found.share_right() or 0) >= 0.97, wrong
    assert all(case["status"] != "answered" for case in cases if not case["answerable"]), wrong
