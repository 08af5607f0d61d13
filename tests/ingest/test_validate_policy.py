"""What becomes of a batch and its rows, by severity, level, `mostly` and quarantine_limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from given import counts, csv, expect, kept_out, pipeline, suite

from boathouse.errors import UsageError
from boathouse.workbench import Workbench

ROWS = "1,10,2024-01-01,a 2,-5,2024-01-02, 3,30,2024-01-03,c 4,-7,2024-01-04,d"
CHEAP = expect("be_between", "price", min_value=0)
NOTED = expect("not_be_null", "note")

Go = Callable[..., Any]


@pytest.fixture
def orders(wb: Workbench) -> Workbench:
    csv(wb, ROWS)
    pipeline(wb)
    return wb


def test_a_row_goes_once_with_all_its_reasons(orders: Workbench, go: Go) -> None:
    suite(orders, CHEAP, NOTED)
    record = go("orders")
    assert counts(record) == {"read": 4, "published": 2, "quarantined": 2}
    assert record.batches[0].verdict == "passed with quarantine"
    assert kept_out(orders) == {
        2: ["price: must be at least 0", "note: must not be null"],
        4: ["price: must be at least 0"],
    }
    assert sorted(orders["orders"].df()["id"]) == [1, 3]


def test_a_description_is_the_reason(orders: Workbench, go: Go) -> None:
    suite(orders, {**CHEAP, "description": "we never pay customers"})
    go("orders")
    assert kept_out(orders)[2] == ["price: we never pay customers"]


@pytest.mark.parametrize("severity", ["warning", "info"])
def test_warnings_hold_nothing_back(orders: Workbench, go: Go, severity: str) -> None:
    suite(orders, CHEAP | {"severity": severity}, expect("expect_table_row_count_to_equal", value=9, severity=severity))
    record = go("orders")
    assert counts(record) == {"read": 4, "published": 4}
    assert record.batches[0].verdict == "passed"
    assert [(each["success"], each["unexpected"]) for each in record.batches[0].expectations] == [(False, 2), (False, 0)]


def test_what_holds_mostly_passes_with_its_exceptions(orders: Workbench, go: Go) -> None:
    suite(orders, expect("be_between", "price", min_value=0, mostly=0.5))
    assert counts(go("orders")) == {"read": 4, "published": 4}
    suite(orders, expect("be_between", "price", min_value=0, mostly=0.6))
    assert counts(go("orders")) == {"read": 4, "published": 2, "quarantined": 2}


def test_more_than_the_limit_rejects_the_batch(orders: Workbench, go: Go) -> None:
    suite(orders, CHEAP, NOTED)
    pipeline(orders, quarantine_limit=0.5)
    assert go("orders").status == "published"
    pipeline(orders, quarantine_limit=0.49)
    record = go("orders")
    assert (record.status, counts(record)) == ("rejected", {"read": 4, "rejected": 4})
    assert "2 of 4 rows (50.0%) would go to quarantine, more than the limit of 49%" in str(record.error)
    assert "price: must be at least 0: 2" in str(record.error)
    assert len(orders["orders"]) == 2  # of the run before


def test_just_the_limit_is_within_it(wb: Workbench, go: Go) -> None:
    csv(wb, [f"{n},{-1 if n < 29 else 1},2024-01-01,a" for n in range(100)])
    pipeline(wb, quarantine_limit=0.29)  # 0.29 * 100 is a little less than 29
    suite(wb, CHEAP)
    assert counts(go("orders")) == {"read": 100, "published": 71, "quarantined": 29}


def test_a_failed_table_level_expectation_rejects_the_batch(orders: Workbench, go: Go) -> None:
    suite(orders, CHEAP, expect("expect_table_row_count_to_be_between", min_value=5))
    record = go("orders")
    assert (record.status, counts(record)) == ("rejected", {"read": 4, "rejected": 4})
    assert record.error == "table row count must be at least 5, found 4"
    assert orders.datasets() == []


def test_the_table_is_judged_before_rows_leave_it(orders: Workbench, go: Go) -> None:
    suite(orders, CHEAP, expect("expect_table_row_count_to_equal", value=4))
    assert counts(go("orders")) == {"read": 4, "published": 2, "quarantined": 2}


def test_an_expectation_that_raises_fails_the_batch(orders: Workbench, go: Go) -> None:
    suite(orders, CHEAP, expect("be_between", "prize", min_value=0, severity="info"))
    record = go("orders")
    assert record.status == "failed"
    assert orders.datasets() == []
    assert str(record.error).startswith(f"{orders.root}/expectations/orders.json:12: ")
    assert "there is no column 'prize' (did you mean 'price'?)" in str(record.error)


def test_a_suite_that_gx_does_not_accept_is_wrong_usage(orders: Workbench) -> None:
    suite(orders, expect("be_betwen", "price", min_value=0))
    road = orders.road("orders")
    for step in (road.land, road.stage, road.clean):
        step()
    with pytest.raises(UsageError, match="did you mean"):
        road.validate()
    road.close()


def test_rows_that_cannot_be_read(wb: Workbench, go: Go) -> None:
    csv(wb, "1,10,2024-01-01,a 2,abc,2024-13-01, 3,-1,2024-13-01,c 4,40,2024-01-04 5,x,2024-01-05,e 6,60,2024-01-06,")
    pipeline(wb)
    suite(wb, CHEAP, NOTED, expect("not_be_null", "price"), expect("not_be_null", "day"))
    assert counts(go("orders")) == {"read": 6, "published": 1, "quarantined": 5}
    found = kept_out(wb)
    assert found[2] == ["price: 'abc' is not a DOUBLE", "day: '2024-13-01' is not a DATE", "note: must not be null"]
    assert found[3] == ["day: '2024-13-01' is not a DATE", "price: must be at least 0"]
    assert found[4] == ["3 cells where there are 4 columns"]
    assert found[5] == ["price: 'x' is not a DOUBLE"]
    assert found[6] == ["note: must not be null"]


def test_a_row_without_its_key(wb: Workbench, go: Go) -> None:
    csv(wb, "1,10,2024-01-01,a ,20,2024-01-02,b x,30,2024-01-03,c 4,40,,d")
    pipeline(wb, key=["id", "day"])
    record = go("orders")
    assert counts(record) == {"read": 4, "published": 1, "quarantined": 3}
    assert kept_out(wb) == {2: ["id: the key is empty"], 3: ["id: 'x' is not a BIGINT"], 4: ["day: the key is empty"]}


def test_no_rows_at_all(wb: Workbench, go: Go) -> None:
    csv(wb, "")
    pipeline(wb, key=["id"])
    suite(wb, CHEAP, NOTED, expect("be_unique", "id"))
    record = go("orders")
    assert (record.status, counts(record), record.batches[0].verdict) == ("published", {}, "passed")


def test_no_suite_judges_nothing(orders: Workbench, go: Go) -> None:
    record = go("orders")
    assert (counts(record), record.batches[0].verdict) == ({"read": 4, "published": 4}, "passed")


def test_a_query_names_its_rows(orders: Workbench, go: Go) -> None:
    suite(
        orders,
        expect(
            "unexpected_rows_expectation",
            unexpected_rows_query="SELECT * FROM {batch} WHERE price < 0 AND day > '2024-01-02'::DATE",
        ),
    )
    assert counts(go("orders")) == {"read": 4, "published": 3, "quarantined": 1}
    assert list(kept_out(orders)) == [4]


def test_all_of_a_duplicated_key_go(wb: Workbench, go: Go) -> None:
    csv(wb, "1,1,2024-01-01,a 2,2,2024-01-01,b 1,3,2024-01-01,c")
    pipeline(wb, key=["id"])
    suite(wb, expect("be_unique", "id"))
    assert counts(go("orders")) == {"read": 3, "published": 1, "quarantined": 2}


def test_rows_out_of_order_go(wb: Workbench, go: Go) -> None:
    csv(wb, "1,1,2024-01-02,a 2,2,2024-01-01,b 3,3,,c 4,4,2024-01-03,d 5,5,2024-01-02,e")
    pipeline(wb)
    suite(wb, expect("be_increasing", "day"))
    assert counts(go("orders")) == {"read": 5, "published": 3, "quarantined": 2}
    assert list(kept_out(wb)) == [2, 5]


def test_json_that_does_not_conform_goes(wb: Workbench, go: Go) -> None:
    (wb.root / "orders.csv").write_text('id|doc\n1|{"a": 1}\n2|{"a": "x"}\n3|no\n4|\n', encoding="utf-8")
    pipeline(
        wb,
        columns={"id": "BIGINT", "doc": "VARCHAR"},
        source={"type": "csv", "location": "orders.csv", "delimiter": "|", "quote": ""},
    )
    suite(wb, expect("match_json_schema", "doc", json_schema={"properties": {"a": {"type": "integer"}}}))
    assert counts(go("orders")) == {"read": 4, "published": 2, "quarantined": 2}
    assert list(kept_out(wb)) == [2, 3]


def test_a_check_publishes_nothing(orders: Workbench, go: Go) -> None:
    suite(orders, CHEAP)
    record = go("orders", check=True)
    assert (record.status, counts(record)) == ("checked", {"read": 4, "published": 2, "quarantined": 2})
    assert orders.datasets() == []
    assert not (orders.root / "lake" / "quarantine").exists()
