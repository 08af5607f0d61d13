"""What `quarantine` shows: the rows of the batches that the dataset stands on, as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import duckdb
from given import counts, csv, expect, kept_out, pipeline, suite

from boathouse.workbench import Workbench

Go = Callable[..., Any]
CHEAP = expect("be_between", "price", min_value=0)
A, B = "1,10,2024-01-01,a 2,-5,2024-01-02,b", "1,-10,2024-01-01,a 2,5,2024-01-02,b 3,-1,2024-01-03,c"


def test_a_row_of_quarantine(wb: Workbench, go: Go) -> None:
    csv(wb, A)
    pipeline(wb)
    suite(wb, CHEAP)
    record = go("orders")
    [row] = wb.quarantine("orders")
    assert row["row"] == {"id": 2, "price": -5.0, "day": "2024-01-02", "note": "b"}
    assert (row["item"], row["row_number"], row["line"], row["run_id"]) == ("orders.csv", 2, 3, record.run_id)


def test_after_mending_the_suite_and_again_they_are_gone(wb: Workbench, go: Go) -> None:
    csv(wb, A)
    pipeline(wb)
    suite(wb, CHEAP)
    go("orders")
    suite(wb, expect("be_between", "price", min_value=-100))
    assert list(kept_out(wb)) == [2]  # until it has run again
    assert counts(go("orders", again=True)) == {"read": 2, "published": 2}
    assert kept_out(wb) == {}
    assert len(wb["orders"]) == 2


def test_a_stricter_suite_takes_rows_out_again(wb: Workbench, go: Go) -> None:
    csv(wb, A)
    pipeline(wb)
    go("orders")
    suite(wb, CHEAP)
    assert counts(go("orders", again=True)) == {"read": 2, "published": 1, "quarantined": 1}
    assert list(kept_out(wb)) == [2]


def test_again_under_the_same_rules_shows_them_once(wb: Workbench, go: Go) -> None:
    csv(wb, A)
    pipeline(wb)
    suite(wb, CHEAP)
    go("orders")
    go("orders", again=True)
    assert list(kept_out(wb)) == [2]


def test_a_b_a(wb: Workbench, go: Go) -> None:
    pipeline(wb)
    suite(wb, CHEAP)
    for content, rows in ((A, [2]), (B, [1, 3]), (A, [2])):
        csv(wb, content)
        assert go("orders").status == "published"
        assert list(kept_out(wb)) == rows
    assert list(wb["orders"].df()["id"]) == [1]


def test_two_items(wb: Workbench, go: Go) -> None:
    pipeline(wb, location="o-*.csv")
    suite(wb, CHEAP)
    csv(wb, A, "o-1.csv")
    csv(wb, B, "o-2.csv")
    go("orders")
    assert [(row["item"], row["row_number"]) for row in wb.quarantine("orders")] == [
        ("o-1.csv", 2),
        ("o-2.csv", 1),
        ("o-2.csv", 3),
    ]
    csv(wb, "1,1,2024-01-01,a", "o-2.csv")
    go("orders")
    assert [(row["item"], row["row_number"]) for row in wb.quarantine("orders")] == [("o-1.csv", 2)]


def test_a_rejected_or_failed_batch_leaves_what_was_there(wb: Workbench, go: Go) -> None:
    csv(wb, A)
    pipeline(wb)
    suite(wb, CHEAP)
    go("orders")
    csv(wb, B)
    suite(wb, CHEAP, expect("expect_table_row_count_to_equal", value=9))
    assert go("orders").status == "rejected"
    suite(wb, CHEAP, expect("be_unique", "nowhere"))
    assert go("orders").status == "failed"
    assert list(kept_out(wb)) == [2]


def test_every_row_kept_out(wb: Workbench, go: Go) -> None:
    csv(wb, A)
    pipeline(wb)
    suite(wb, expect("be_null", "id"))
    assert counts(go("orders")) == {"read": 2, "quarantined": 2}
    assert list(kept_out(wb)) == [1, 2]


def test_values_of_every_type_come_back(wb: Workbench, go: Go) -> None:
    with duckdb.connect() as con:
        con.execute(f"""COPY (SELECT i AS id, CASE i WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN '-inf'::DOUBLE END AS d, [i, NULL] AS l,
            {{'a': i, 'b': 'x'}} AS st, i = 0 AS b, '\\xAA\\xFF'::BLOB AS bl, (123456789012345678.12 + i)::DECIMAL(30, 2) AS de,
            1.50::DECIMAL(9, 2) AS price, DATE '2024-01-01' AS dt, 'q"''%' AS "Quo""te'd" FROM range(3) t(i)
            ) TO '{wb.root}/odd.parquet'""")
    pipeline(wb, columns={}, source={"type": "parquet", "location": "odd.parquet"})
    suite(wb, expect("be_in_set", "id", value_set=[5]))
    go("orders")
    rows = [each["row"] for each in wb.quarantine("orders")]
    assert [row["d"] for row in rows] == ["NaN", "-Infinity", None]
    assert rows[0] | {"d": None} == {
        "id": 0, "d": None, "l": [0, None], "st": {"a": 0, "b": "x"}, "b": True, "bl": "\\xAA\\xFF", "de": "123456789012345678.12",
        "price": 1.5, "dt": "2024-01-01", "Quo\"te'd": "q\"'%",
    }  # fmt: skip
    json.dumps(rows, allow_nan=False)
