"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

import boathouse
from boathouse.config import Limits
from boathouse.engine import Engine
from boathouse.init import create
from boathouse.lake.records import RunRecord
from boathouse.workbench import Workbench
from demo import silos

if TYPE_CHECKING:
    from playwright.sync_api import Browser

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or a test that imports it waits for its prices
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy one is no fault
settings.load_profile("any machine")
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


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """A copy of this repository's workbench with its silos, on the road once. To be left as it is."""
    root = tmp_path_factory.mktemp("demo")
    for name in ("demo", "pipelines", "expectations", "notebooks"):
        shutil.copytree(REPOSITORY / name, root / name, ignore=shutil.ignore_patterns("payments.*", "deliveries.*"))
    shutil.copy(REPOSITORY / "boathouse.toml", root)
    silos.write(root / "silos", date(2026, 11, 22))
    made = boathouse.open(root)
    for name in made.pipelines():
        road = made.road(name)
        for step in (road.land, road.stage, road.clean, road.validate, road.publish, road.finish):
            step()
    return made


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, which asks nobody for anything by itself."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium here: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium, args=quiet)
        yield made
        made.close()


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
