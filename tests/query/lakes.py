"""Small lakes that the tests of this folder share."""

from __future__ import annotations

from pathlib import Path

import boathouse
from boathouse.init import create
from boathouse.workbench import Workbench


def opened(root: Path, settings: str = "") -> Workbench:
    """An empty workbench with these settings in its boathouse.toml."""
    create(root)
    (root / "boathouse.toml").write_text(settings, encoding="utf-8")
    return boathouse.open(root)


def publish(wb: Workbench, name: str, columns: str, rows: str) -> None:
    """Makes CSV text the dataset of this name, in place of what it was; `columns` as in a pipeline's file."""
    header = ",".join(part.split(":")[0].strip(' "') for part in columns.split(", "))
    (wb.root / f"{name}.csv").write_text(f"{header}\n{rows}", encoding="utf-8")
    (wb.root / "pipelines" / f"{name}.yml").write_text(
        f"source: {{type: csv, location: {name}.csv}}\nmode: replace\ncolumns: {{{columns}}}\n", encoding="utf-8"
    )
    road = wb.road(name)
    for step in (road.land, road.stage, road.clean, road.validate, road.publish, road.finish):
        step()
    assert road.record.status == "published"
