"""Odd names, odd values and odd types: what GX counts is what the predicate marks."""

from __future__ import annotations

from typing import Any

import pytest

from boathouse.engine import Engine
from boathouse.suites.judge import Finding, judge
from boathouse.suites.suite import Suite
from boathouse.suites.words import in_words

# ten rows; row 9 is the odd one out in every column, row 3 is NULL in `d`
TABLE = r"""
CREATE TABLE odd AS SELECT i AS _row, i AS id,
 CASE i WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN 'inf'::DOUBLE WHEN 2 THEN '-inf'::DOUBLE WHEN 3 THEN NULL ELSE i END AS d,
 [i, NULL, i + 1] AS l, {'a': i, 'b': 'x'} AS st, MAP {'k': i} AS m, i % 2 = 0 AS b,
 CASE WHEN i < 9 THEN ('\xAA\xFF' || i::VARCHAR)::BLOB END AS bl, (123456789012345678.12 + i)::DECIMAL(30, 2) AS de,
 DATE '2024-01-01' + i::INT AS dt, TIMESTAMP '2024-01-01 10:00:00' + to_seconds(i) AS ts, 9007199254740993 + i AS big,
 'x"y''z%' || i AS "Quo""te'd", i AS "select", i AS "Größe", i AS "UPPER", i AS "a%b", i AS "with space", ' ' || i AS "naïve.col"
FROM range(10) t(i)
"""
ALL = set(range(10))
DAYS = [f"2024-01-0{day}" for day in range(1, 10)]
SECONDS = [f"2024-01-01 10:00:0{second}" for second in range(9)]


def when(column: str, operator: str, parameter: Any) -> dict[str, Any]:
    return {"type": "comparison", "column": {"name": column}, "operator": operator, "parameter": parameter}


CASES: list[tuple[str, dict[str, Any], set[int]]] = [
    *[("between", {"column": name, "max_value": 8}, {9}) for name in ("select", "Größe", "UPPER", "a%b", "with space")],
    ("not_match_regex", {"column": "naïve.col", "regex": "9"}, {9}),
    ("in_set", {"column": "Quo\"te'd", "value_set": [f"x\"y'z%{n}" for n in range(9)]}, {9}),
    ("match_regex", {"column": "Quo\"te'd", "regex": r"""^x"y'z%[0-8]$"""}, {9}),
    ("match_regex", {"column": "Quo\"te'd", "regex": r":foo\\|'z%[^9](?:a|$)"}, {9}),
    ("match_like_pattern", {"column": "Quo\"te'd", "like_pattern": "x\"y'z!%5", "escape": "!"}, ALL - {5}),
    ("in_set", {"column": "b", "value_set": [True]}, {1, 3, 5, 7, 9}),
    ("in_set", {"column": "dt", "value_set": DAYS}, {9}),
    ("in_set", {"column": "ts", "value_set": SECONDS}, {9}),
    ("in_set", {"column": "de", "value_set": [f"12345678901234567{n}.12" for n in range(8, 10)]}, ALL - {0, 1}),
    ("in_set", {"column": "big", "value_set": [9007199254740993 + n for n in range(9)]}, {9}),
    ("in_set", {"column": "d", "value_set": [4, 5.0, "6", 7, 8.0]}, {0, 1, 2, 9}),
    ("in_set", {"column": "id", "value_set": list(range(9)) + list(range(10, 10_000))}, {9}),
    ("in_set", {"column": "Quo\"te'd", "value_set": [f"x\"y'z%{n}" for n in (*range(9), *range(10, 2_000))]}, {9}),
    ("not_in_set", {"column": "id", "value_set": [None, 9]}, {9}),
    ("between", {"column": "dt", "min_value": "2024-01-01", "max_value": "2024-01-09"}, {9}),
    ("between", {"column": "dt", "max_value": "2024-01-03T12:00:00"}, ALL - {0, 1, 2}),
    ("between", {"column": "ts", "max_value": "2024-01-01T10:00:08"}, {9}),
    ("between", {"column": "big", "max_value": 9007199254741001}, {9}),
    ("between", {"column": "d", "min_value": 0, "max_value": 8}, {0, 1, 2, 9}),
    ("not_null", {"column": "d"}, {3}),
    ("not_null", {"column": "bl"}, {9}),
    ("unique", {"column": "b"}, ALL),
    *[("in_set", {"column": "id", "value_set": [4], "row_condition": condition}, rows) for condition, rows in (
        (when("dt", ">", "2024-01-05"), {5, 6, 7, 8, 9}), (when("ts", "<=", "2024-01-01 10:00:01"), {0, 1}),
        (when("de", ">=", 123456789012345686), {8, 9}), (when("b", "==", True), {0, 2, 6, 8}), (when("d", "<", 6.5), {2, 5, 6}),
        (when("Quo\"te'd", "IN", ["x\"y'z%1", "x\"y'z%4"]), {1}), (when("select", "NOT_IN", [0, 1, 2, 3, 5, 6, 7]), {8, 9}))],
]  # fmt: skip
PASSING: list[tuple[str, dict[str, Any]]] = [
    *[("not_null", {"column": name}) for name in ("l", "st", "m")],
    *[("unique", {"column": name}) for name in ("l", "st", "bl")],
    ("of_type", {"column": "l", "type_": "BIGINT[]"}),
]
TYPES = {
    "between": "expect_column_values_to_be_between", "in_set": "expect_column_values_to_be_in_set",
    "not_in_set": "expect_column_values_to_not_be_in_set", "match_regex": "expect_column_values_to_match_regex",
    "not_match_regex": "expect_column_values_to_not_match_regex", "not_null": "expect_column_values_to_not_be_null",
    "match_like_pattern": "expect_column_values_to_match_like_pattern", "unique": "expect_column_values_to_be_unique",
    "of_type": "expect_column_values_to_be_of_type",
}  # fmt: skip


def _judge(engine: Engine, kind: str, kwargs: dict[str, Any]) -> tuple[Finding, set[int] | None]:
    made = judge(Suite("s", [{"type": TYPES.get(kind, kind), "kwargs": kwargs}]), engine, "odd")
    marked = None
    for _, test in made.predicates:
        marked = {row for (row,) in engine.run(f"SELECT _row FROM odd WHERE {test}")}
    return made.findings[0], marked


@pytest.mark.parametrize(("kind", "kwargs", "rows"), CASES, ids=[f"{kind}-{kwargs['column']}" for kind, kwargs, _ in CASES])
def test_counted_and_marked_alike(engine: Engine, kind: str, kwargs: dict[str, Any], rows: set[int]) -> None:
    engine.run(TABLE)
    finding, marked = _judge(engine, kind, kwargs)
    assert finding.error is None
    assert marked == rows
    assert finding.unexpected == len(rows)


def test_lists_structs_and_blobs(engine: Engine) -> None:
    engine.run(TABLE)
    for kind, kwargs in PASSING:
        finding, _ = _judge(engine, kind, kwargs)
        assert (finding.error, finding.success) == (None, True)


@pytest.mark.parametrize("column", ["l", "st", "bl", "b"])
def test_what_cannot_be_compared_says_so(engine: Engine, column: str) -> None:
    engine.run(TABLE)
    finding, _ = _judge(engine, "between", {"column": column, "min_value": 1})
    assert finding.error
    assert "duckdb" not in finding.error


def test_small_decimals_equal_their_json_numbers(engine: Engine) -> None:
    engine.run("CREATE TABLE odd AS SELECT i AS _row, (i / 10)::DECIMAL(9, 2) AS price FROM range(10) t(i)")
    prices = {"column": "price", "value_set": [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]}
    assert _judge(engine, "in_set", prices)[1] == {9}
    assert _judge(engine, "between", {"column": "price", "min_value": 0.1, "max_value": 0.8})[1] == {0, 9}


def test_no_rows(engine: Engine) -> None:
    engine.run(TABLE)
    engine.run("DELETE FROM odd")
    for kind, kwargs, _ in CASES:
        finding, marked = _judge(engine, kind, kwargs)
        assert (finding.error, finding.success, finding.unexpected, marked) == (None, True, 0, None)


def test_a_long_set_is_cut_in_the_reason(engine: Engine) -> None:
    engine.run(TABLE)
    finding, _ = _judge(engine, "in_set", {"column": "id", "value_set": list(range(2_000, 3_000))})
    assert finding.about == "id: must be one of 2000, 2001, 2002, 2003, 2004, … 1,000 in all"


def test_infinity_is_not_lost_in_an_average(engine: Engine) -> None:
    engine.run(TABLE)
    finding, _ = _judge(engine, "expect_column_mean_to_be_between", {"column": "d", "min_value": 0})
    assert not finding.success


@pytest.mark.parametrize(("kind", "kwargs", "said"), [
    ("expect_column_values_to_be_between", {"column": "x", "min_value": 0, "max_value": 9.5}, "x: must be at least 0 and at most 9.5"),
    ("expect_column_values_to_be_between", {"column": "x", "min_value": 0, "strict_min": True}, "x: must be more than 0"),
    ("expect_column_values_to_be_between", {"column": "x", "max_value": 2, "strict_max": True}, "x: must be less than 2"),
    ("expect_column_value_lengths_to_be_between", {"column": "x", "max_value": 20}, "x: value lengths must be at most 20"),
    ("expect_column_values_to_be_in_set", {"column": "x", "value_set": ["a", "b"]}, "x: must be one of 'a', 'b'"),
    ("expect_column_values_to_not_be_in_set", {"column": "x", "value_set": ["a"]}, "x: must not be one of 'a'"),
    ("expect_column_values_to_match_regex", {"column": "x", "regex": "^a"}, "x: must match '^a'"),
    ("expect_column_values_to_not_match_regex", {"column": "x", "regex": "^a"}, "x: must not match '^a'"),
    ("expect_column_values_to_be_between", {"column": "x"}, "x: must be between"),
    ("expect_column_pair_values_a_to_be_greater_than_b", {"column_A": "x", "column_B": "y"}, "pair values a must be greater than b (column_A='x', column_B='y')"),
])  # fmt: skip
def test_an_expectation_in_words(kind: str, kwargs: dict, said: str) -> None:
    assert in_words(kind, kwargs) == said
