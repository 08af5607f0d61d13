"""A batch that came first and is published last does not undo what came in between, nor does it hold up what follows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from boathouse.workbench import Workbench


@pytest.fixture
def months(wb: Workbench) -> Path:
    folder = wb.root / "in"
    folder.mkdir()
    (wb.root / "pipelines" / "sales.yml").write_text(
        "source: {type: csv, location: 'in/*.csv'}\ncolumns: {id: BIGINT, amount: BIGINT}\nkey: id\n"
    )
    suite(wb, 100)
    return folder


def suite(wb: Workbench, most: int) -> None:
    between = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "amount", "max_value": most}}
    (wb.root / "expectations" / "sales.json").write_text(json.dumps({"name": "sales", "expectations": [between]}))


def rows(wb: Workbench) -> list[tuple[int, int]]:
    return [(row["id"], row["amount"]) for row in wb.sql("SELECT id, amount FROM sales ORDER BY id").rows()]


def put(folder: Path, name: str, *rows: tuple[int, int]) -> None:
    (folder / f"{name}.csv").write_text("\n".join(["id,amount", *(f"{key},{amount}" for key, amount in rows)]) + "\n")


@pytest.mark.parametrize("again", [False, True])
def test_a_rejected_batch_that_is_mended_leaves_newer_rows(wb: Workbench, go, months: Path, again: bool) -> None:
    put(months, "jan", (1, 500), (2, 600))
    assert go("sales").status == "rejected"
    put(months, "feb", (2, 20), (3, 30))
    record = go("sales")
    assert {batch.item: batch.status for batch in record.batches} == {"feb.csv": "published", "jan.csv": "rejected"}
    go("sales")  # it is rejected every night
    suite(wb, 1000)
    record = go("sales", again=again)
    assert {batch.status for batch in record.batches} <= {"published", "unchanged"}
    assert rows(wb) == [(1, 500), (2, 20), (3, 30)]
    [january] = [batch for batch in record.batches if batch.item == "jan.csv"]
    assert (january.rows_read, january.rows_inserted, january.rows_updated, january.rows_unchanged) == (2, 1, 0, 1)


def test_a_corrected_file_is_the_newest_word(wb: Workbench, go, months: Path) -> None:
    put(months, "jan", (1, 10), (2, 60))
    put(months, "feb", (2, 20), (3, 30))
    go("sales")
    assert rows(wb) == [(1, 10), (2, 60), (3, 30)]  # as the files are sorted: feb, jan
    put(months, "feb", (2, 21), (3, 31))
    go("sales")
    assert rows(wb) == [(1, 10), (2, 21), (3, 31)]
    put(months, "feb", (2, 20), (3, 30))  # as it was once
    go("sales")
    assert rows(wb) == [(1, 10), (2, 20), (3, 30)]


def test_a_suite_that_is_changed_undoes_nothing(wb: Workbench, go, months: Path) -> None:
    put(months, "b", (1, 10), (2, 20))
    go("sales")
    put(months, "a", (2, 21))  # came later, though it sorts first
    go("sales")
    suite(wb, 99)
    assert go("sales").status == "published"
    assert rows(wb) == [(1, 10), (2, 21)]


def test_a_limit_is_not_used_up_by_what_is_rejected_each_time(wb: Workbench, go, months: Path) -> None:
    put(months, "a", (1, 500))
    put(months, "b", (2, 20))
    put(months, "c", (3, 30))
    assert [batch.item for batch in go("sales", limit=1).batches] == ["a.csv"]
    assert [batch.item for batch in go("sales", limit=1).batches] == ["a.csv", "b.csv"]
    assert go("sales", limit=1).total("rows_inserted") == 1
    assert rows(wb) == [(2, 20), (3, 30)]


def test_what_comes_in_the_same_run_is_newer_than_what_waited(wb: Workbench, go, months: Path) -> None:
    put(months, "jan", (1, 500), (2, 600))
    put(months, "feb", (2, 20))
    go("sales")
    suite(wb, 1000)
    put(months, "feb", (2, 22))
    assert go("sales").status == "published"
    assert rows(wb) == [(1, 500), (2, 22)]
