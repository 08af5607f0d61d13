"""Records of many runs: none is lost when they end together, their small files become one, and old versions stay."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from boathouse.lake import records
from tests.query.lakes import opened

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def test_records_of_many_runs(tmp_path: Path):
    wb = opened(tmp_path / "workbench")

    def end(number: int) -> None:
        batch = records.BatchRecord("item.csv", "published", rows_read=number)
        records.append(
            wb.lake, records.RunRecord(f"r{number}", "orders", "orders", BEGAN + timedelta(hours=number), batches=[batch])
        )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(end, range(30)))
    before = wb.sql("SELECT count(*) AS n, sum(rows_read) AS rows FROM boathouse_runs").receipt
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(end, range(30, 110)))
    assert [run["rows_read"] for run in wb.runs()] == [*range(109, -1, -1)]
    assert len(wb.lake.records().files()) < 60
    assert wb.replay(before).same


def test_of_those_who_compact_at_once_one_does(tmp_path: Path):
    lake = opened(tmp_path / "workbench").lake
    for number in range(5):
        records.append(lake, records.RunRecord(f"r{number}", "orders", "orders", BEGAN))
    handles = [lake.records() for _ in range(3)]
    records.append(lake, records.RunRecord("meanwhile", "orders", "orders", BEGAN))
    for table in handles:
        table.compact()
    assert sorted(run["run_id"] for run in records.read(lake)) == ["meanwhile", "r0", "r1", "r2", "r3", "r4"]
    assert len(lake.records().files()) == 2
