"""Lakes that questions are asked of. All are to be left as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

import boathouse
from boathouse.init import create
from boathouse.workbench import Workbench
from tests.conftest import SHARED
from tests.query.lakes import opened, publish

NOW = "2026-11-22T06:00:00"


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOATHOUSE_NOW", NOW)


def _on_the_road(wb: Workbench) -> Workbench:
    for pipeline in wb.pipelines():
        road = wb.road(pipeline)
        for step in (road.land, road.stage, road.clean, road.validate, road.publish, road.finish):
            step()
        assert road.record.status == "published", road.record.error
    return wb


@pytest.fixture(scope="session")
def chinook(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """A music shop, as `boathouse add --all-tables` drafts it."""
    if not SHARED.is_dir():
        pytest.skip("../shared/data is not here: these questions are about files from it")
    wb = boathouse.open(create(tmp_path_factory.mktemp("chinook") / "workbench"))
    wb.add_all("", f"sqlite:///{SHARED / 'chinook' / 'Chinook_Sqlite.sqlite'}")
    return _on_the_road(wb)


@pytest.fixture(scope="session")
def polls(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """FiveThirtyEight's polls, as `boathouse add` drafts them."""
    if not SHARED.is_dir():
        pytest.skip("../shared/data is not here: these questions are about files from it")
    wb = boathouse.open(create(tmp_path_factory.mktemp("polls") / "workbench"))
    wb.add("polls", str(SHARED / "polls" / "raw-polls-2023.csv"))
    return _on_the_road(wb)


SETTINGS = """
[roles.west]
datasets = ["orders", "people"]
rows = { orders = "region = 'West'" }
masks = { people = { name = "hash" } }
[roles.nobody]
"""


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """Five orders of three people, one of whom never ordered, and a role that sees those of the West."""
    wb: Workbench = opened(tmp_path_factory.mktemp("small") / "workbench", SETTINGS)
    publish(wb, "people", "person_id: BIGINT, name: VARCHAR, city: VARCHAR", "1,Ada,Kiel\n2,Bo,Bonn\n3,Cy,\n")
    publish(wb, "orders", "order_id: BIGINT, person_id: BIGINT, region: VARCHAR, ordered_on: DATE, amount: \"DECIMAL(10,2)\", open: BOOLEAN",
            "1,1,West,2026-10-01,10.50,true\n2,1,West,2026-10-31,20,false\n3,2,East,2026-09-30,5,true\n"
            "4,2,West,2025-10-05,7,false\n5,2,East,2026-11-02,,true\n")  # fmt: skip
    return wb


def path(name: str) -> Path:
    return Path(__file__).with_name(f"{name}.yml")
