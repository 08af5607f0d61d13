"""Both halves of every question set, scored: how many are answered, how many of the answers are right, and nothing that cannot
be answered is."""

from __future__ import annotations

import pytest

from boathouse.workbench import Workbench
from tests.ask.conftest import path
from tests.conftest import REPOSITORY

FILES = {"demo": REPOSITORY / "questions" / "demo.yml", "chinook": path("chinook"), "polls": path("polls")}


@pytest.mark.parametrize("half", ["build", "held"])
@pytest.mark.parametrize("name", FILES)
def test_score(name: str, half: str, request: pytest.FixtureRequest):
    wb: Workbench = request.getfixturevalue(name)
    found = wb.evaluate(FILES[name], half=half)
    wrong = [(case["ask"], case["sql"]) for case in found.cases if case["outcome"] in ("wrong", "failed")]
    assert (found.share_answered() or 0) >= 0.7
    assert (found.share_right() or 0) >= 0.97, wrong
    assert not [ask for ask in wrong if ask[1] is None], wrong
    assert all(case["status"] != "answered" for case in found.cases if not case["answerable"]), wrong
