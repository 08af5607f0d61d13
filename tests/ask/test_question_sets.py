"""The questions that an answerer is to be scored on: well formed, and each expected query runs and finds something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from boathouse.init import create
from boathouse.workbench import Workbench
from tests.conftest import REPOSITORY, SHARED

SETS = {
    "demo": REPOSITORY / "questions" / "demo.yml",
    "chinook": Path(__file__).with_name("chinook.yml"),
    "polls": Path(__file__).with_name("polls.yml"),
}
DEMO = ("orders", "customers", "products", "categories", "invoices", "targets")
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


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Workbench]:
    if not SHARED.is_dir():
        pytest.skip("../shared/data is not here: these questions are about files from it")
    made = {name: Workbench(create(tmp_path_factory.mktemp(name) / "workbench")) for name in ("chinook", "polls")}
    made["chinook"].add_all("", f"sqlite:///{SHARED / 'chinook' / 'Chinook_Sqlite.sqlite'}")
    made["polls"].add("polls", str(SHARED / "polls" / "raw-polls-2023.csv"))
    for wb in made.values():
        for pipeline in wb.pipelines():
            road = wb.road(pipeline)
            for step in (road.land, road.stage, road.clean, road.validate, road.publish, road.finish):
                step()
            assert road.record.status == "published", road.record.error
    return made


@pytest.mark.parametrize("name", ["chinook", "polls"])
def test_each_expected_query_finds_something(lakes: dict[str, Workbench], name: str):
    empty = [one["ask"] for one in questions(name) if "sql" in one and not _says_something(lakes[name].sql(one["sql"]).rows())]
    assert len(empty) <= EMPTY_IS_RIGHT, empty


def _says_something(rows: list[dict[str, Any]]) -> bool:
    return any(value not in (None, 0) for row in rows for value in row.values())


def test_each_query_of_the_demo_is_one_that_may_run(wb: Workbench):
    from boathouse.query.guard import check

    for one in questions("demo"):
        if "sql" in one:
            assert set(check(wb.reader.cursor(), one["sql"], DEMO).datasets) <= set(DEMO)
