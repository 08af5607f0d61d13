"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import boathouse
from boathouse.config import Limits
from boathouse.engine import Engine
from boathouse.init import create
from boathouse.lake.records import RunRecord
from boathouse.workbench import Workbench

REPOSITORY = Path(__file__).parents[1]
SHARED = REPOSITORY.parent / "shared" / "data"


@pytest.fixture
def shared() -> Path:
    """Real files, written by others."""
    if not SHARED.is_dir():
        pytest.skip("../shared/data is not here: these tests read real files from it")
    return SHARED


@pytest.fixture
def wb(tmp_path: Path) -> Workbench:
    """An empty workbench."""
    return boathouse.open(create(tmp_path / "workbench"))


@pytest.fixture
def engine(tmp_path: Path):
    made = Engine(Limits.model_validate({}), tmp_path / "engine")
    yield made
    made.close()


@pytest.fixture
def go(wb: Workbench) -> Callable[..., RunRecord]:
    """The whole road in this process: `go("orders")` returns the run's record."""

    def run(name: str, workbench: Workbench | None = None, **options) -> RunRecord:
        road = (workbench or wb).road(name, **options)
        for step in (road.land, road.stage, road.clean, road.validate, road.publish, road.finish):
            step()
        return road.record

    return run


@pytest.fixture
def postgres() -> str:
    return _server("BOATHOUSE_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/test")


@pytest.fixture
def mysql() -> str:
    return _server("BOATHOUSE_TEST_MYSQL", "mysql://root@127.0.0.1:3306/test")


def _server(variable: str, default: str) -> str:
    from boathouse.sources.database import connect

    url = os.environ.get(variable, default)
    try:
        connect(url, Path.cwd()).connect().close()
    except Exception as error:
        pytest.skip(f"no server at {variable} ({default}): {type(error).__name__}")
    return url
