"""A suite's file: what is wrong in it, on which line, and what was meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from boathouse.errors import UsageError
from boathouse.suites.build import build
from boathouse.suites.suite import Suite

FIRST = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "id"}}


def between(**other: Any) -> dict[str, Any]:
    return {"type": "expect_column_values_to_be_between", "kwargs": {"column": "price", "min_value": 0}, **other}


def load(folder: Path, text: str) -> Suite:
    path = folder / "orders.json"
    path.write_text(text, encoding="utf-8")
    return Suite.load(path, "orders")


WRONG = [
    (between(type="expect_column_values_to_be_betwen"), "did you mean 'expect_column_values_to_be_between'"),
    (between(kwargs={"colum": "price", "min_value": 0}), "colum: no such key (did you mean 'column'?)"),
    (between(kwargs={"column": "price", "min_value": "x"}), "min_value: value is not a valid float / invalid date format"),
    (between(kwargs={"column": "price"}), "min_value and max_value cannot both be None"),
    (between(kwargs={"column": "price", "min_value": 0, "mostly": 3}), "mostly: ensure this value is less than or equal to 1.0"),
    (between(severity="crit"), "permitted: 'critical', 'warning', 'info'"),
    (between(severty="warning"), "'severty' is no key of a suite (did you mean 'severity'?)"),
    (between(kwargs=None), "is not an expectation"),
    ("expect_column_values_to_be_unique", "is not an expectation"),
    (between(kwargs={"column": "price", "min_value": 0, "row_condition": "id > 3"}), "the row_condition is not one of GX's own"),
    (between(kwargs={"column": "price", "min_value": 0, "row_condition": {"id": 3}}), "row_condition: not a condition"),
    ({"type": "expect_table_row_count_to_equal_other_table", "kwargs": {"other_table_name": "x"}}, "outside it"),
]


@pytest.mark.parametrize(("entry", "told"), WRONG, ids=[told[:40] for _, told in WRONG])
def test_a_wrong_entry(tmp_path: Path, entry: Any, told: str) -> None:
    text = json.dumps({"name": "orders", "expectations": [FIRST, entry]}, indent=1)
    with pytest.raises(UsageError) as error:
        build(load(tmp_path, text))
    assert told in error.value.message
    assert error.value.where == f"{tmp_path}/orders.json:10"
    assert error.value.hint


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ('{"name": "o",\n "expectations": [{]}', ":2", "is not JSON"),
        ('{"name": "o",\n "expectations": [\n\n {"kwargs": }]}', ":4", "is not JSON"),
        ("[1]", "", "is not a suite"),
        ('{"name": "o", "expecations": []}', "", "is not a suite"),
        ('{"name": "o", "expectations": [], "note": "x"}', "", "did you mean 'notes'"),
    ],
)
def test_a_wrong_file(tmp_path: Path, text: str, line: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as error:
        load(tmp_path, text)
    assert error.value.where == f"{tmp_path}/orders.json{line}"


def test_no_file_is_an_empty_suite(tmp_path: Path) -> None:
    assert Suite.load(tmp_path / "none.json", "none") == Suite("none")


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "o.json"
    path.write_bytes(b'\xef\xbb\xbf{"name": "o", "expectations": []}')
    assert Suite.load(path, "o").expectations == []


def test_what_gx_itself_writes_is_read(tmp_path: Path) -> None:
    import great_expectations as gx

    gx.get_context(mode="ephemeral")
    suite = gx.ExpectationSuite("orders", expectations=[gx.expectations.ExpectColumnValuesToBeBetween(
        column="price", min_value=1, severity="warning", description="dear", notes="n", meta={"by": "us"},
        row_condition=gx.expectations.row_conditions.Column("id") > 3)])  # fmt: skip
    built = build(load(tmp_path, json.dumps(suite.to_json_dict())))
    [read] = built.expectations
    assert (read.severity.value, read.description, read.row_condition.parameter) == ("warning", "dear", 3)


def test_the_line_of_each_entry(tmp_path: Path) -> None:
    suite = load(
        tmp_path,
        '{"name": "expectations", "meta": {"x": [1]}, "expectations":\n\n [ {"type": "a"} ,\n{"type": "b"},{"type": "c"}\n]}',
    )
    assert [suite.where(n).rsplit(":", 1)[1] for n in range(3)] == ["3", "4", "4"]


def test_two_of_the_same_are_both_kept(tmp_path: Path) -> None:
    suite = load(tmp_path, json.dumps({"expectations": [FIRST, FIRST]}))
    assert [each.id for each in build(suite).expectations] == ["0", "1"]
