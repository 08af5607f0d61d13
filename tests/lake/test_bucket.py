"""A bucket is a lake too: the same road, queries and records."""

from __future__ import annotations

from pathlib import Path

import pytest

import boathouse
from boathouse.errors import BoathouseError
from boathouse.workbench import Workbench


@pytest.fixture
def remote(wb: Workbench, bucket: str) -> Workbench:
    (wb.root / "boathouse.toml").write_text(f'lake = "{bucket}"\n')
    return boathouse.open(wb.root)


def write(root: Path, name: str, rows: str) -> None:
    (root / name).write_text("id,region,amount\n" + rows)


def test_the_road_ends_in_the_bucket(remote: Workbench, go) -> None:
    write(remote.root, "sales.csv", "".join(f"{n},West,{n}.50\n" for n in range(40)) + "40,East,oops\n")
    remote.add("sales", "sales.csv", {"key": "id"})
    record = go("sales", remote)
    assert (record.status, record.total("rows_published"), record.total("rows_quarantined")) == ("published", 40, 1)
    assert remote.sql("SELECT count(*) AS n, sum(amount) AS s FROM sales WHERE region = 'West'").rows() == [{"n": 40, "s": 800}]
    assert [row["row"]["amount"] for row in remote.quarantine("sales")] == ["oops"]
    assert [run["status"] for run in remote.runs()] == ["published"]
    assert remote.catalog()[0]["rows"] == 40
    assert not (remote.root / "lake").exists()
    assert go("sales", remote).status == "unchanged"
    before = remote.runs()
    remote.lake.records().compact()
    assert len(remote.lake.records().files()) == 1
    assert remote.runs() == before


def test_an_upsert_rewrites_files_in_the_bucket(remote: Workbench, go) -> None:
    write(remote.root, "sales.csv", "".join(f"{n},West,1.00\n" for n in range(20)))
    remote.add("sales", "sales.csv", {"key": "id"})
    go("sales", remote)
    write(remote.root, "sales.csv", "1,West,2.00\n2,West,1.00\n99,East,5.00\n")
    record = go("sales", remote)
    counts = [record.total(f"rows_{what}") for what in ("inserted", "updated", "unchanged")]
    assert counts == [1, 1, 1]
    assert remote.sql("SELECT sum(amount) AS s, count(*) AS n FROM sales").rows() == [{"s": 26, "n": 21}]
    assert len(remote["sales"].at(0)) == 20


def test_raw_in_the_bucket_is_processed_again(remote: Workbench, go) -> None:
    write(remote.root, "sales.csv", "1,West,2.00\n")
    remote.add("sales", "sales.csv", {"mode": "append"})
    go("sales", remote)
    (remote.root / "sales.csv").unlink()
    record = go("sales", remote, again=True)
    assert (record.status, record.total("rows_published")) == ("published", 1)
    assert len(remote["sales"]) == 1


def test_a_notebook_run_writes_into_the_bucket(remote: Workbench) -> None:
    write(remote.root, "sales.csv", "1,West,2.00\n2,East,3.00\n")
    remote.add("sales", "sales.csv")
    [record] = remote.run("sales")
    assert record.status == "published"
    assert record.notebook is not None
    text = remote.lake.store.read(record.notebook).decode()
    assert "road.publish()" in text
    assert "test-secret-value" not in text


def test_a_query_of_a_bucket_reads_no_local_file(remote: Workbench, go) -> None:
    write(remote.root, "sales.csv", "1,West,2.00\n")
    remote.add("sales", "sales.csv")
    go("sales", remote)
    for query in (
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/etc/*'), sales",
    ):
        with pytest.raises(BoathouseError):
            remote.sql(query).rows()
    assert len(remote.sql("SELECT * FROM sales").rows()) == 1
