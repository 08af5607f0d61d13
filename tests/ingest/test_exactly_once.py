"""The same batch twice changes nothing; every change of a batch counts once."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import boathouse
from boathouse.workbench import Workbench


@pytest.fixture
def silo(wb: Workbench) -> Path:
    """A glob of files in append mode, no key."""
    folder = wb.root / "silo"
    folder.mkdir()
    (wb.root / "pipelines" / "sales.yml").write_text(
        "source: {type: csv, location: 'silo/*.csv'}\ncolumns: {id: BIGINT, amount: BIGINT}\n"
    )
    return folder


def put(file: Path, *rows: tuple[int, object]) -> None:
    file.write_text("id,amount\n" + "".join(f"{n},{amount}\n" for n, amount in rows))


def ids(wb: Workbench) -> list[int]:
    return sorted(row["id"] for row in wb.sql("SELECT id FROM sales").rows())


def test_the_same_batch_twice_changes_nothing(wb: Workbench, silo: Path, go) -> None:
    put(silo / "a.csv", (1, 10))
    assert go("sales").status == "published"
    record = go("sales")
    assert record.status == "unchanged"
    assert record.total("rows_read") == 0
    assert wb["sales"].history()[0]["version"] == 0


def test_two_identical_files_both_count(wb: Workbench, silo: Path, go) -> None:
    put(silo / "a.csv", (1, 10))
    put(silo / "b.csv", (1, 10))
    assert go("sales").total("rows_published") == 2
    assert ids(wb) == [1, 1]


def test_a_corrected_file_replaces_its_own_rows(wb: Workbench, silo: Path, go) -> None:
    put(silo / "a.csv", (1, 10), (2, 20))
    put(silo / "b.csv", (3, 30))
    go("sales")
    put(silo / "a.csv", (1, 11))
    record = go("sales")
    assert [batch.status for batch in record.batches] == ["published", "unchanged"]
    assert wb.sql("SELECT id, amount FROM sales ORDER BY id").rows() == [{"id": 1, "amount": 11}, {"id": 3, "amount": 30}]


def test_a_then_b_then_a_publishes_three_times(wb: Workbench, silo: Path, go) -> None:
    for rows in ([(1, 1)], [(2, 2)], [(1, 1)]):
        put(silo / "a.csv", *rows)
        assert go("sales").status == "published"
    assert ids(wb) == [1]
    assert wb["sales"].history()[0]["version"] == 2


def test_a_mended_suite_runs_again(wb: Workbench, silo: Path, go) -> None:
    put(silo / "a.csv", *((n, n) for n in range(30)))
    suite = wb.root / "expectations" / "sales.json"
    between = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "amount", "max_value": 28}}
    suite.write_text(json.dumps({"name": "sales", "expectations": [between]}))
    assert go("sales").total("rows_quarantined") == 1
    between["kwargs"]["max_value"] = 29
    suite.write_text(json.dumps({"name": "sales", "expectations": [between]}))
    record = go("sales")
    assert (record.status, record.total("rows_published")) == ("published", 30)
    assert wb.quarantine("sales") == []
    assert len(ids(wb)) == 30


def test_a_comment_is_no_rule(wb: Workbench, silo: Path, go) -> None:
    put(silo / "a.csv", (1, 10))
    go("sales")
    file = wb.root / "pipelines" / "sales.yml"
    file.write_text("# a comment\n" + file.read_text() + "description: what it holds\n")
    assert go("sales").status == "unchanged"


def test_again_replays_quarantine_from_raw_without_the_source(wb: Workbench, silo: Path, go) -> None:
    put(silo / "a.csv", *((n, n) for n in range(30)), (30, "1 000"))
    assert go("sales").total("rows_quarantined") == 1
    (silo / "a.csv").unlink()
    file = wb.root / "pipelines" / "sales.yml"
    file.write_text(file.read_text().replace("amount: BIGINT", "amount: {type: BIGINT, thousands: ' '}"))
    record = go("sales", again=True)
    assert (record.status, record.total("rows_quarantined"), record.total("rows_published")) == ("published", 0, 31)
    assert ids(wb) == list(range(31))


def test_check_publishes_nothing(wb: Workbench, silo: Path, go) -> None:
    put(silo / "a.csv", *((n, n) for n in range(30)), (30, "x"))
    record = go("sales", check=True)
    assert (record.status, record.total("rows_published"), record.total("rows_quarantined")) == ("checked", 30, 1)
    assert not (wb.root / "lake" / "curated").exists()
    assert not (wb.root / "lake" / "raw").exists()
    assert wb.runs() == []


def test_limit_bounds_the_batches_of_a_run(wb: Workbench, silo: Path, go) -> None:
    for n in range(5):
        put(silo / f"{n}.csv", (n, n))
    assert go("sales", limit=2).total("rows_published") == 2
    assert go("sales", limit=2).total("rows_published") == 2
    assert go("sales").total("rows_published") == 1
    assert ids(wb) == [0, 1, 2, 3, 4]


def test_a_failed_batch_does_not_hold_back_the_others(wb: Workbench, silo: Path, go) -> None:
    put(silo / "a.csv", (1, 10))
    (silo / "b.csv").write_text("id,other\n1,2\n")
    put(silo / "c.csv", (3, 30))
    record = go("sales")
    assert record.status == "failed"
    assert [batch.status for batch in record.batches] == ["published", "failed", "published"]
    assert "lacks 'amount'" in str(record.batches[1].error)
    assert ids(wb) == [1, 3]


def test_under_upsert_later_batches_wait_for_a_failed_one(wb: Workbench, silo: Path, go) -> None:
    file = wb.root / "pipelines" / "sales.yml"
    file.write_text(file.read_text() + "key: id\n")
    (silo / "a.csv").write_text("id,other\n1,2\n")
    put(silo / "b.csv", (1, 30))
    record = go("sales")
    assert [batch.status for batch in record.batches] == ["failed"]
    put(silo / "a.csv", (1, 20))
    assert go("sales").status == "published"
    assert wb.sql("SELECT amount FROM sales").rows() == [{"amount": 30}]


@pytest.mark.parametrize("mode", ["append", "replace", "upsert"])
def test_two_runs_at_once_end_as_one_after_the_other(wb: Workbench, silo: Path, mode: str) -> None:
    """Real processes, the same pipeline, the same new files."""
    file = wb.root / "pipelines" / "sales.yml"
    file.write_text(file.read_text() + f"mode: {mode}\nkey: id\n")
    for n in range(4):
        put(silo / f"{n}.csv", *((n * 1000 + row, row) for row in range(200)), (-1, n))
    code = (
        "import boathouse, sys, json\n"
        "road = boathouse.open(sys.argv[1]).road('sales')\n"
        "[step() for step in (road.land, road.stage, road.clean, road.validate, road.publish, road.finish)]\n"
        "print(json.dumps(road.record.to_json()))"
    )

    def run(_: int) -> dict:
        done = subprocess.run([sys.executable, "-c", code, str(wb.root)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    with ThreadPoolExecutor(3) as pool:
        records = list(pool.map(run, range(3)))
    published = sum(batch["status"] == "published" for record in records for batch in record["batches"])
    assert {record["status"] for record in records} <= {"published", "unchanged"}
    rows = wb.sql("SELECT count(*) AS n, count(DISTINCT id) AS d FROM sales").rows()[0]
    if mode == "replace":  # the last file stands, whoever put it there last
        assert rows == {"n": 201, "d": 201}
        assert published >= 4
    else:
        assert published == 4
        assert rows == {"append": {"n": 804, "d": 801}, "upsert": {"n": 801, "d": 801}}[mode]
    assert len(boathouse.open(wb.root).runs("sales")) == 3
