"""A full disk: a sentence, exit code 1, and the lake as it was."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import boathouse
from boathouse.init import create
from boathouse.workbench import Workbench


@pytest.fixture
def tight(tmp_path: Path) -> Iterator[Workbench]:
    """A workbench whose lake lies on a disk of four megabytes."""
    root = create(tmp_path / "tight")
    lake = root / "lake"
    lake.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(lake)]
    if os.name != "posix" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("cannot mount a small disk here: that takes root on Linux")
    (root / "pipelines" / "sales.yml").write_text(
        "source: {type: csv, location: sales.csv}\ncolumns: {id: BIGINT, text: VARCHAR}\n"
    )
    yield boathouse.open(root)
    subprocess.run(["umount", "-l", str(lake)], check=True)


@pytest.mark.parametrize("megabytes", [1.5, 2.5, 3.5, 6])
def test_a_full_disk_leaves_the_lake_as_it_was(tight: Workbench, go, megabytes: float) -> None:
    file = tight.root / "sales.csv"
    file.write_text("id,text\n1,first\n")
    assert go("sales", tight).status == "published"
    rows = int(megabytes * 1e6 / 40)
    file.write_text("id,text\n" + "".join(f"{n},{os.urandom(16).hex()}\n" for n in range(rows)))
    record = go("sales", tight)
    if record.status == "published":
        assert len(tight["sales"]) == rows
        return
    assert record.status == "failed"
    assert "disk is full" in str(record.error) or "No space left" in str(record.error)
    assert "Traceback" not in str(record.error)
    assert tight["sales"].df()["text"].tolist() == ["first"]
    file.write_text("id,text\n2,second\n")
    assert go("sales", tight).status == "published"
    assert tight["sales"].df()["text"].tolist() == ["second"]
