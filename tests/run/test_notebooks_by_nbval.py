"""The repository's notebooks run from top to bottom by nbval, as an analyst would run them."""

from __future__ import annotations

import subprocess
import sys

from boathouse.workbench import Workbench


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
