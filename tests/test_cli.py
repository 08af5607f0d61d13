"""The command line: what it prints, and with which exit code it ends."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from boathouse.workbench import Workbench


def call(wb: Workbench | None, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    at = ["-C", str(wb.root)] if wb else []
    return subprocess.run([sys.executable, "-m", "boathouse.cli", *at, *arguments], capture_output=True, check=False)


@pytest.fixture
def sales(wb: Workbench, go) -> Workbench:
    (wb.root / "sales.csv").write_text("id,region,amount\n" + "".join(f"{n},West,{n}.50\n" for n in range(20)) + "20,East,oops\n")
    wb.add("sales", "sales.csv", {"key": "id"})
    go("sales")
    return wb


def test_init_add_run_and_look(tmp_path: Path) -> None:
    assert call(None, "init", str(tmp_path / "new")).returncode == 0
    (tmp_path / "new" / "a.csv").write_text("id,name\n1,one\n2,two\n")
    at = ("-C", str(tmp_path / "new"))
    added = call(None, *at, "add", "a", "--from", "a.csv")
    assert added.returncode == 0, added.stderr
    assert b"next: boathouse run a" in added.stdout
    done = call(None, *at, "run", "a", "--json")
    assert done.returncode == 0, done.stderr
    [run] = json.loads(done.stdout)["runs"]
    assert {"pipeline", "dataset", "status", "rows_read", "rows_published", "rows_inserted", "rows_updated", "rows_quarantined",
            "rows_deduplicated", "rows_rejected", "table_version", "run_id", "notebook", "seconds", "error", "batches"} <= set(run)  # fmt: skip
    assert (run["status"], run["rows_published"], run["batches"][0]["item"]) == ("published", 2, "a.csv")
    again = call(None, "init", str(tmp_path / "new"))
    assert again.returncode == 2
    assert b"is a workbench already" in again.stderr


def test_catalog_runs_and_quarantine_as_json(sales: Workbench) -> None:
    [dataset] = json.loads(call(sales, "catalog", "--json").stdout)["datasets"]
    assert (dataset["name"], dataset["rows"], dataset["version"], dataset["verdict"]) == (
        "sales",
        20,
        0,
        "passed with quarantine",
    )
    assert {"name": "amount", "type": "DECIMAL(18,2)", "description": None} in dataset["columns"]
    kept = json.loads(call(sales, "quarantine", "sales", "--json").stdout)
    assert kept["count"] == 1
    assert kept["rows"][0]["row"]["amount"] == "oops"
    assert kept["rows"][0]["row_number"] == 21
    assert json.loads(call(sales, "runs", "sales", "--json").stdout)["runs"][0]["status"] == "published"


def test_sql_in_every_format(sales: Workbench) -> None:
    query = "SELECT region, count(*) AS n FROM sales GROUP BY region"
    assert b"West" in call(sales, "sql", query).stdout
    assert call(sales, "sql", query, "--format", "csv").stdout == b'"region","n"\n"West",20\n'
    assert json.loads(call(sales, "sql", query, "--format", "json").stdout) == [{"region": "West", "n": 20}]
    assert pa.ipc.open_stream(call(sales, "sql", query, "--format", "arrow").stdout).read_all().to_pylist() == [
        {"region": "West", "n": 20}
    ]
    assert pq.read_table(io.BytesIO(call(sales, "sql", query, "--format", "parquet").stdout)).num_rows == 1


def test_restore(sales: Workbench, go) -> None:
    (sales.root / "sales.csv").write_text("id,region,amount\n1,West,9.00\n")
    go("sales")
    assert call(sales, "restore", "sales", "--to", "0").returncode == 0
    assert str(sales.sql("SELECT amount FROM sales WHERE id = 1").rows()[0]["amount"]) == "1.50"
    wrong = call(sales, "restore", "sales", "--to", "99")
    assert wrong.returncode == 2
    assert b"no version 99" in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["run", "slaes"], 2, b"did you mean 'sales'"),
        (["run"], 2, b"say --all"),
        (["sql", "SELECT * FROM slaes"], 2, b"did you mean 'sales'"),
        (["sql", "DROP TABLE sales"], 1, b"only one SELECT"),
        (["sql", "SELECT 1; SELECT 2"], 1, b"only one SELECT"),
        (["sql", "SELECT nothing FROM sales"], 1, b"perhaps"),
        (["sql", "SELECT * FROM read_csv('/etc/passwd')"], 1, b"cannot be called here"),
        (["sql", "SELECT 1", "--format", "xml"], 2, b"formats: table"),
        (["add", "x", "--from", "nowhere.csv"], 1, b"does not exist"),
        (["add", "x", "--from", "mongodb://h/d"], 2, b"mongodb:// is not supported yet"),
        (["add", "x", "--from", "data.sas7bdat"], 2, b".sas7bdat files are not supported yet"),
        (["add", "sales", "--from", "sales.csv"], 2, b"is there already"),
        (["quarantine", "slaes"], 2, b"did you mean 'sales'"),
        (["--env", "prod", "catalog"], 2, b"add a table [env.prod]"),
        (["run", "sales", "--date", "yesterday"], 2, b"write it as 2026-11-22"),
        (["nonsense"], 2, b"No such command"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(sales: Workbench, arguments: list[str], code: int, told: bytes) -> None:
    done = call(sales, *arguments)
    assert (done.returncode, b"Traceback" in done.stderr) == (code, False), done.stderr
    assert told in done.stderr


def test_without_a_workbench(tmp_path: Path) -> None:
    done = call(None, "-C", str(tmp_path), "catalog")
    assert done.returncode == 2
    assert b"boathouse init" in done.stderr


def test_a_typo_in_a_pipeline_names_the_line_and_the_keys(sales: Workbench) -> None:
    file = sales.root / "pipelines" / "sales.yml"
    file.write_text(file.read_text() + "quarantine_limt: 0.2\n")
    done = call(sales, "run", "sales")
    assert done.returncode == 2
    line = len(file.read_text().splitlines())
    assert f"sales.yml:{line}: unknown key 'quarantine_limt' (did you mean 'quarantine_limit'?)".encode() in done.stderr


def test_help_is_quick() -> None:
    """Nothing heavy is imported to say what there is."""
    heavy = ["great_expectations", "papermill", "pandas", "pyarrow", "duckdb", "deltalake", "sqlalchemy", "IPython"]
    code = f"import sys, boathouse.cli; print([m for m in {heavy!r} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
