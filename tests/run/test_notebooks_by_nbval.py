"""The repository's notebooks run from top to bottom by nbval, as an analyst would run them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import boathouse
from boathouse.workbench import Workbench

REPOSITORY = Path(__file__).parents[2]
NOTEBOOKS = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for folder in ("notebooks", "dashboards")
    for path in (REPOSITORY / folder).glob("*.ipynb")
    if path.name != "ingest.ipynb"
)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook(name: str, demo: Workbench, tmp_path: Path):
    root = tmp_path / "workbench"
    shutil.copytree(demo.root, root)
    for folder in ("notebooks", "dashboards"):
        shutil.copytree(REPOSITORY / folder, root / folder, dirs_exist_ok=True)
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "-p", "no:cacheprovider", "--rootdir", str(root), str(root / name)]
    ran = subprocess.run(command, cwd=(root / name).parent, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-4_000:]
    assert boathouse.open(root).datasets() == demo.datasets()


def test_the_ingest_notebook_runs_cell_by_cell(wb: Workbench):
    (wb.root / "orders.csv").write_text("id,amount\n" + "".join(f"{n},{n}.50\n" for n in range(30)) + "30,oops\n")
    wb.add("orders", "orders.csv")
    notebook = wb.root / "notebooks" / "ingest.ipynb"
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "-p", "no:cacheprovider", "--rootdir", str(wb.root), str(notebook)]
    done = subprocess.run(command, cwd=notebook.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "8 passed" in done.stdout
    assert len(wb["orders"]) == 30
    assert wb.quarantine("orders")[0]["row"]["amount"] == "oops"
