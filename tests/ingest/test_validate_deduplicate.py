"""Which row of a key wins, after the row checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from given import counts, csv, expect, pipeline, suite

from boathouse.workbench import Workbench

Go = Callable[..., Any]
ROWS = ["1,10,2024-01-02,a", "1,30,2024-01-01,b", "2,5,2024-01-01,c", "1,20,,d", "1,20,2024-01-02,e"]


def kept(wb: Workbench, go: Go, rows: list[str], **options: Any) -> str:
    """The notes of the rows published."""
    csv(wb, rows)
    pipeline(wb, **{"key": ["id"]} | options)
    record = go("orders")
    assert record.status == "published", record.error
    notes = wb["orders"].df()["note"]
    assert counts(record)["read"] == len(notes) + counts(record).get("deduplicated", 0)
    return "".join(sorted(notes))


@pytest.mark.parametrize(
    ("rule", "winners"),
    [
        (None, "ce"),
        ({"keep": "last"}, "ce"),
        ({"keep": "first"}, "ac"),
        ({"order_by": ["price"]}, "bc"),
        ({"order_by": ["price desc"]}, "ac"),
        ({"keep": "first", "order_by": ["price"]}, "ac"),
        ({"keep": "first", "order_by": ["price desc"]}, "bc"),
        ({"order_by": ["day"]}, "ce"),  # a and e tie: the later one is the last
        ({"keep": "first", "order_by": ["day desc"]}, "ac"),  # a and e tie: the earlier one is the first
        ({"keep": "first", "order_by": ["day"]}, "bc"),  # the empty day loses
        ({"order_by": ["day", "price desc"]}, "ac"),
    ],
    ids=str,
)
def test_the_winner(wb: Workbench, go: Go, rule: dict[str, Any] | None, winners: str) -> None:
    assert kept(wb, go, ROWS, **({"deduplicate": rule} if rule else {})) == winners


def test_a_key_of_two_columns(wb: Workbench, go: Go) -> None:
    assert kept(wb, go, ROWS[:3] + ROWS[4:], key=["id", "day"]) == "bce"


def test_without_a_key_nothing_is_a_double(wb: Workbench, go: Go) -> None:
    assert kept(wb, go, ["1,1,2024-01-01,a", "1,1,2024-01-01,a"], key=[]) == "aa"


def test_a_row_that_fails_its_checks_cannot_win(wb: Workbench, go: Go) -> None:
    csv(wb, ["1,10,2024-01-01,a", "1,-1,2024-01-02,b", "2,-1,2024-01-02,c"])
    pipeline(wb, key=["id"])
    suite(wb, expect("be_between", "price", min_value=0))
    assert counts(go("orders")) == {"read": 3, "published": 1, "quarantined": 2}
    assert list(wb["orders"].df()["note"]) == ["a"]


def test_a_unique_key_is_not_asked_for_twice(wb: Workbench, go: Go) -> None:
    suite(wb, expect("be_unique", "id", severity="warning"))
    assert kept(wb, go, ROWS[:1] + ROWS[2:3]) == "ac"
    assert kept(wb, go, ROWS) == "ce"


@pytest.mark.parametrize("wrong", ["prize", "price down", "1; DROP TABLE x"])
def test_a_column_that_is_not_there(wb: Workbench, go: Go, wrong: str) -> None:
    csv(wb, ROWS)
    pipeline(wb, key=["id"], deduplicate={"order_by": [wrong]})
    record = go("orders")
    assert record.status == "failed"
    assert f"order_by: no column {wrong!r}" in str(record.error)
    assert "orders.yml:" in str(record.error)
