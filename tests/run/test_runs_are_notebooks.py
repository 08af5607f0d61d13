"""`run` executes the pipeline's notebook by papermill, keeps the executed copy, and never lacks a record."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from boathouse.config import Limits
from boathouse.engine import Engine
from boathouse.errors import UsageError
from boathouse.progress import Event
from boathouse.workbench import Workbench


@pytest.fixture
def sales(wb: Workbench) -> Path:
    (wb.root / "pipelines" / "sales.yml").write_text(
        "source: {type: csv, location: sales.csv}\ncolumns: {id: BIGINT, amount: BIGINT}\n"
    )
    suite = {
        "name": "sales",
        "expectations": [{"type": "expect_column_values_to_be_between", "kwargs": {"column": "amount", "min_value": 0}}],
    }
    (wb.root / "expectations" / "sales.json").write_text(json.dumps(suite))
    file = wb.root / "sales.csv"
    file.write_text("id,amount\n" + "".join(f"{n},{n}\n" for n in range(30)) + "30,-1\n")
    return file


def test_a_run_leaves_its_notebook_its_record_and_its_data_docs(wb: Workbench, sales: Path) -> None:
    events: list[Event] = []
    [record] = wb.run("sales", report=lambda pipeline, event: events.append(event))
    assert (record.status, record.total("rows_published"), record.total("rows_quarantined")) == ("published", 30, 1)
    notebook = nbformat.reads(wb.lake.store.read(str(record.notebook)).decode(), as_version=4)
    nbformat.validate(notebook)
    cells = {cell.source.splitlines()[-1]: cell for cell in notebook.cells if cell.cell_type == "code"}
    for step in ("land", "stage", "clean", "validate", "publish"):
        assert any("text/html" in output.get("data", {}) for output in cells[f"road.{step}()"].outputs), f"{step} shows nothing"
    assert {event.step for event in events if event.state == "done"} == {"land", "stage", "clean", "validate", "publish"}
    assert [run["run_id"] for run in wb.runs()] == [record.run_id]
    assert [path for path in wb.lake.store.files("runs/docs") if path.endswith(".html")]
    assert [path for path in (wb.root / "lake" / "staging").iterdir() if path.is_dir()] == []


def test_a_cell_that_raises_is_a_failed_run_with_its_notebook(wb: Workbench, sales: Path) -> None:
    own = wb.root / "notebooks" / "own.ipynb"
    notebook = nbformat.read(wb.root / "notebooks" / "ingest.ipynb", as_version=4)
    notebook.cells.insert(4, nbformat.v4.new_code_cell("1 / 0"))
    nbformat.write(notebook, own)
    pipeline = wb.root / "pipelines" / "sales.yml"
    pipeline.write_text(pipeline.read_text() + "notebook: own.ipynb\n")
    [record] = wb.run("sales")
    assert record.status == "failed"
    assert "ZeroDivisionError: division by zero" in str(record.error)
    assert "ZeroDivisionError" in wb.lake.store.read(str(record.notebook)).decode()
    assert [run["status"] for run in wb.runs("sales")] == ["failed"]


def test_a_kernel_that_dies_is_a_failed_run(wb: Workbench, sales: Path) -> None:
    notebook = nbformat.read(wb.root / "notebooks" / "ingest.ipynb", as_version=4)
    notebook.cells.insert(4, nbformat.v4.new_code_cell("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"))
    nbformat.write(notebook, wb.root / "notebooks" / "ingest.ipynb")
    [record] = wb.run("sales")
    assert record.status == "failed"
    assert "kernel died" in str(record.error)
    assert not (wb.root / "lake" / "curated").exists()


def test_no_secret_reaches_the_notebook_the_record_or_the_docs(
    wb: Workbench, sales: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALES_DB_PASSWORD", "hunter2-and-more")
    (wb.root / "pipelines" / "sales.yml").write_text(
        "source: {type: database, location: 'postgresql://nobody:${SALES_DB_PASSWORD}@127.0.0.1:1/none', table: sales}\n"
    )
    notebook = nbformat.read(wb.root / "notebooks" / "ingest.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("import os\nos.environ['SALES_DB_PASSWORD']"))
    nbformat.write(notebook, wb.root / "notebooks" / "ingest.ipynb")
    [record] = wb.run("sales")
    assert record.status == "failed"
    assert "hunter2" not in str(record.to_json())
    kept = [wb.lake.store.read(path) for path in wb.lake.store.files("runs")]
    assert kept
    assert not any(b"hunter2" in content for content in kept)
    assert b"***" in wb.lake.store.read(str(record.notebook))


def test_all_runs_every_pipeline_and_one_that_fails_stops_no_other(wb: Workbench, sales: Path) -> None:
    text = (wb.root / "pipelines" / "sales.yml").read_text()
    for number in range(3):
        (wb.root / "pipelines" / f"sales_{number}.yml").write_text(text + "suite: sales\n")
    (wb.root / "pipelines" / "absent.yml").write_text("source: {type: csv, location: absent.csv}\n")
    records = {record.pipeline: record for record in wb.run()}
    assert {name: record.status for name, record in records.items()} == {
        "absent": "failed", "sales": "published", "sales_0": "published", "sales_1": "published", "sales_2": "published",
    }  # fmt: skip
    assert "does not exist" in str(records["absent"].error)
    assert len(wb.runs()) == 5


def test_a_pipeline_without_a_notebook_says_so(wb: Workbench, sales: Path) -> None:
    (wb.root / "notebooks" / "ingest.ipynb").unlink()
    with pytest.raises(UsageError, match="no notebook"):
        wb.run("sales")


def test_ctrl_c_ends_a_run_at_once(wb: Workbench, sales: Path) -> None:
    notebook = nbformat.read(wb.root / "notebooks" / "ingest.ipynb", as_version=4)
    notebook.cells.insert(4, nbformat.v4.new_code_cell("import time\nprint('asleep')\ntime.sleep(60)"))
    nbformat.write(notebook, wb.root / "notebooks" / "ingest.ipynb")
    command = [sys.executable, "-m", "boathouse.cli", "-C", str(wb.root), "run", "sales"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    time.sleep(6)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    output = process.communicate()[1]
    assert time.monotonic() - began < 20
    assert process.returncode == 130, output
    assert not (wb.root / "lake" / "curated").exists()


def test_a_secret_of_any_name_is_scrubbed(wb: Workbench, sales: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALES_SOURCE", "sales.csv")
    monkeypatch.setenv("DB_PASSWORD", "boathouse")  # a word of the notebook's own format
    pipeline = wb.root / "pipelines" / "sales.yml"
    pipeline.write_text(pipeline.read_text() + "description: from ${SALES_SOURCE}\n")
    notebook = nbformat.read(wb.root / "notebooks" / "ingest.ipynb", as_version=4)
    notebook.cells.insert(4, nbformat.v4.new_code_cell("print('read', 'sales' + '.csv')"))
    nbformat.write(notebook, wb.root / "notebooks" / "ingest.ipynb")
    [record] = wb.run("sales")
    assert record.status == "published"
    assert '"read ***\\n"' in wb.lake.store.read(str(record.notebook)).decode()


def test_the_engine_draws_no_bar_of_its_own_into_them(tmp_path: Path):
    assert Engine(Limits(), tmp_path).one("SELECT current_setting('enable_progress_bar')") == (False,)
