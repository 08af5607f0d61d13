"""The questions that an answerer is to be scored on: well formed, and each expected query runs and finds something."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from boathouse.workbench import Workbench
from tests.ask.conftest import path
from tests.conftest import REPOSITORY

SETS = {
    "demo": REPOSITORY / "questions" / "demo.yml",
    "chinook": path("chinook"),
    "polls": path("polls"),
}
EMPTY_IS_RIGHT = 5  # answers that are zero or nothing, and rightly so


def questions(name: str) -> list[dict[str, Any]]:
    return yaml.safe_load(SETS[name].read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SETS)
def test_each_question_has_one_expectation(name: str):
    found = questions(name)
    assert len({one["ask"] for one in found}) == len(found)
    for one in found:
        assert len({"sql", "refuse", "ask_back"} & set(one)) == 1, one
        assert one["half"] in ("build", "held"), one
    halves = [one["half"] for one in found]
    assert abs(halves.count("build") - halves.count("held")) <= 1


@pytest.mark.parametrize("name", SETS)
def test_each_expected_query_finds_something(request: pytest.FixtureRequest, name: str):
    wb: Workbench = request.getfixturevalue(name)
    empty = [one["ask"] for one in questions(name) if "sql" in one and not _says_something(wb.sql(one["sql"]).rows())]
    assert len(empty) <= EMPTY_IS_RIGHT, empty


def _says_something(rows: list[dict[str, Any]]) -> bool:
    return any(value not in (None, 0) for row in rows for value in row.values())
