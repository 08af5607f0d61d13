"""Append, replace, upsert and partitions; columns that come later."""

from __future__ import annotations

from pathlib import Path

import pytest

from boathouse.workbench import Workbench


def pipeline(wb: Workbench, more: str = "", columns: str = "id: BIGINT, region: VARCHAR, amount: BIGINT") -> None:
    text = f"source: {{type: csv, location: sales.csv}}\ncolumns: {{{columns}}}\n{more}\n"
    (wb.root / "pipelines" / "sales.yml").write_text(text)


def deliver(wb: Workbench, *rows: str, header: str = "id,region,amount") -> Path:
    file = wb.root / "sales.csv"
    file.write_text("\n".join([header, *rows]) + "\n")
    return file


def rows(wb: Workbench, columns: str = "id, region, amount") -> list[tuple]:
    return [tuple(row.values()) for row in wb.sql(f"SELECT {columns} FROM sales ORDER BY id").rows()]


def test_one_file_without_a_key_is_replaced(wb: Workbench, go) -> None:
    pipeline(wb)
    deliver(wb, "1,West,1", "2,East,2")
    go("sales")
    deliver(wb, "3,West,3")
    go("sales")
    assert rows(wb) == [(3, "West", 3)]
    assert len(wb["sales"].at(0)) == 2


def test_a_key_upserts(wb: Workbench, go) -> None:
    pipeline(wb, "key: id")
    deliver(wb, "1,West,1", "2,East,2", "3,,3")
    assert go("sales").total("rows_inserted") == 3
    deliver(wb, "2,East,20", "3,,3", "4,West,4")
    record = go("sales")
    assert [record.total(f"rows_{what}") for what in ("inserted", "updated", "unchanged", "published")] == [1, 1, 1, 3]
    assert rows(wb) == [(1, "West", 1), (2, "East", 20), (3, None, 3), (4, "West", 4)]


def test_an_upsert_that_changes_nothing_adds_no_file(wb: Workbench, go) -> None:
    pipeline(wb, "key: id")
    deliver(wb, "1,West,1", "2,East,2")
    go("sales")
    before = wb.lake.dataset("sales").files()
    deliver(wb, "2,East,2", "1,West,1")
    assert go("sales").total("rows_unchanged") == 2
    assert wb.lake.dataset("sales").files() == before


def test_a_key_of_two_columns(wb: Workbench, go) -> None:
    pipeline(wb, "key: [id, region]")
    deliver(wb, "1,West,1", "1,East,2")
    go("sales")
    deliver(wb, "1,East,3")
    go("sales")
    assert sorted(rows(wb)) == [(1, "East", 3), (1, "West", 1)]


@pytest.mark.parametrize("mode", ["append", "replace", "upsert"])
def test_partitions(wb: Workbench, go, mode: str) -> None:
    pipeline(wb, f"partition_by: region\nkey: id\nmode: {mode}")
    deliver(wb, "1,West,1", "2,North & South/é =1,2", "3,,3", "4,West,4")
    assert go("sales").status == "published"
    table = wb.lake.dataset("sales")
    assert len(table.files()) == 3
    assert {file.partition["region"] for file in table.files()} == {"West", "North & South/é =1", None}
    assert rows(wb) == [(1, "West", 1), (2, "North & South/é =1", 2), (3, None, 3), (4, "West", 4)]
    deliver(wb, "1,West,1", "2,East,2", "3,,3", "4,West,5")
    assert go("sales").status == "published"
    assert rows(wb) == [(1, "West", 1), (2, "East", 2), (3, None, 3), (4, "West", 5)]
    assert wb.lake.dataset("sales").delta.to_pyarrow_table().num_rows == 4


def test_a_column_that_comes_later_is_empty_before(wb: Workbench, go) -> None:
    pipeline(wb, "key: id")
    deliver(wb, "1,West,1", "2,East,2")
    go("sales")
    pipeline(wb, "key: id", "id: BIGINT, region: VARCHAR, amount: BIGINT, note: VARCHAR")
    deliver(wb, "2,East,2,new", "3,West,3,", header="id,region,amount,note")
    assert go("sales").total("rows_updated") == 1
    assert rows(wb, "id, note") == [(1, None), (2, "new"), (3, None)]
    assert list(wb["sales"].at(0).schema) == ["id", "region", "amount"]


def test_a_type_that_changes_is_refused_and_replaced(wb: Workbench, go) -> None:
    pipeline(wb, "key: id")
    deliver(wb, "1,West,1")
    go("sales")
    pipeline(wb, "key: id", "id: BIGINT, region: VARCHAR, amount: VARCHAR")
    deliver(wb, "1,West,one")
    record = go("sales")
    assert record.status == "failed"
    assert "column 'amount'" in str(record.error)
    assert rows(wb) == [(1, "West", 1)]
    pipeline(wb, "mode: replace", "id: BIGINT, region: VARCHAR, amount: VARCHAR")
    assert go("sales").status == "published"
    assert rows(wb) == [(1, "West", "one")]


def test_which_row_of_a_key_wins(wb: Workbench, go) -> None:
    for rule, amount in (("", 3), ("deduplicate: {keep: first}", 1), ("deduplicate: {order_by: [amount]}", 9)):
        pipeline(wb, f"key: id\n{rule}")
        deliver(wb, "1,West,1", "1,West,9", "1,West,3")
        record = go("sales")
        assert (record.total("rows_deduplicated"), record.total("rows_published")) == (2, 1)
        assert rows(wb) == [(1, "West", amount)]


def test_any_row_leads_back_to_its_item(wb: Workbench, go) -> None:
    pipeline(wb)
    deliver(wb, "1,West,1")
    record = go("sales")
    [row] = wb.sql("SELECT _batch FROM sales").rows()
    assert row["_batch"] == record.batches[0].batch
    assert wb["sales"].history()[0]["item"] == "sales.csv"
    assert wb.sql("SELECT * FROM sales").arrow().column_names == ["id", "region", "amount"]
