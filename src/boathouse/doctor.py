"""What is installed, reachable and configured."""

from __future__ import annotations

import socket
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from boathouse import clock, secrets
from boathouse.errors import BoathouseError, first_line

if TYPE_CHECKING:
    from boathouse.workbench import Workbench

Check = tuple[str, bool, str]
_PACKAGES = ("duckdb", "deltalake", "great_expectations", "papermill", "pyarrow", "sqlalchemy", "obstore", "jupyterlab")


def examine(workbench: Workbench) -> list[Check]:
    """Each check as (what, whether it is well, what was found)."""
    checks: list[Check] = [("python", sys.version_info >= (3, 11), sys.version.split()[0])]
    checks += [_package(name) for name in _PACKAGES]
    checks.append(("workbench", True, str(workbench.root)))
    checks.append(_lake(workbench))
    if workbench.config.ask.model:
        checks.append(_jail(named=workbench.config.ask.answerer == "pandasai"))
    if workbench.config.ask.url:
        checks.append(_model(workbench.config.ask.url))
    for name in workbench.pipelines():
        checks.append(_pipeline(workbench, name))
    return checks


def _package(name: str) -> Check:
    try:
        return name, True, version(name)
    except PackageNotFoundError:
        return name, name == "jupyterlab", "not installed" + (": pip install 'boathouse[lab]'" if name == "jupyterlab" else "")


def _lake(workbench: Workbench) -> Check:
    try:
        found = len(workbench.lake.datasets())
        return "lake", True, f"{workbench.lake.store.root}, {found} datasets"
    except BoathouseError as error:
        return "lake", False, error.render()


def _jail(*, named: bool) -> Check:
    """Whether Python that a model writes can be run; where it cannot, `sql` answers, unless `pandasai` is named."""
    from boathouse.ask.jail import JailError, is_made, jail

    if not is_made():
        return "jail", not named, "PandasAI's environment is not made yet: python -m boathouse.ask.jail"
    try:
        with jail().cell():
            return "jail", True, "every layer holds"
    except JailError as error:
        return "jail", not named, error.message if named else f"{error.message}; so sql answers"


def _model(url: str) -> Check:
    """Whether somebody listens at the model's address; it is asked nothing."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)), timeout=3):
            return "model", True, f"{url} is reachable"
    except (OSError, ValueError) as error:
        return "model", False, f"[ask] url, {url}, is not reachable: {first_line(error)}"


def _pipeline(workbench: Workbench, name: str) -> Check:
    from boathouse.sources import open_source
    from boathouse.suites.suite import Suite

    try:
        pipeline = workbench.pipeline(name)
        suite = Suite.load(workbench.root / "expectations" / f"{pipeline.suite_name}.json", pipeline.suite_name)
        source = open_source(pipeline, workbench.root, clock.now(workbench.tz).date())
        items = source.items()
        reach = getattr(source, "engine", None)  # a database is tried by connecting
        told = "reachable" if reach is not None else f"{len(items)} item{'s' if len(items) != 1 else ''}"
        return f"pipeline {name}", True, f"{told}, {len(suite.expectations)} expectations"
    except BoathouseError as error:
        return f"pipeline {name}", False, secrets.scrub(error.render())
    except Exception as error:  # a driver's own
        return f"pipeline {name}", False, secrets.scrub(first_line(error))
