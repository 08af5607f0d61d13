"""Every expectation type of GX on the engine, against GX's own answers on pandas over the same rows."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pandas as pd
import pytest
from expectation_cases import (
    AGGREGATES,
    ELSEWHERE,
    OF_TYPE,
    ON_SQL_ONLY,
    ONE_COLUMN,
    SEVERAL_COLUMNS,
    TABLE,
    TABLE_LEVEL,
    compared_with_pandas,
)

from boathouse.engine import Engine
from boathouse.errors import UsageError
from boathouse.suites.judge import Finding, judge, quiet
from boathouse.suites.suite import Suite

CASES = compared_with_pandas()
NAMES = [re.sub(r"[^\w,:=.]+", "-", f"{kind.removeprefix('expect_')}-{json.dumps(kwargs)}")[:150] for kind, kwargs in CASES]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory):
    from boathouse.config import Limits

    engine = Engine(Limits.model_validate({}), tmp_path_factory.mktemp("engine"))
    engine.run(TABLE)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def found(small: Engine) -> list[tuple[Finding, set[int] | None]]:
    """For each case what the engine's GX found, and which rows the predicate of a failed one marks."""
    return _judged(small, CASES)


@pytest.fixture(scope="module")
def told(small: Engine) -> list[dict[str, Any]]:
    """For each case what GX's pandas engine says."""
    with quiet():
        import great_expectations as gx
        from great_expectations.expectations.registry import get_expectation_impl

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        frame = _frame(small)
        asset = context.data_sources.add_pandas("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("w")
        batch = asset.get_batch(batch_parameters={"dataframe": frame})
        suite = gx.ExpectationSuite("s", expectations=[get_expectation_impl(kind)(**kwargs) for kind, kwargs in CASES])
        for position, expectation in enumerate(suite.expectations):
            expectation.id = str(position)
        results = batch.validate(suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0}).results
        return [each.to_json_dict() for each in sorted(results, key=lambda each: int(each.expectation_config.id))]


def _judged(engine: Engine, cases: list[tuple[str, dict[str, Any]]]) -> list[tuple[Finding, set[int] | None]]:
    made = judge(Suite("s", [{"type": kind, "kwargs": kwargs} for kind, kwargs in cases]), engine, "small")
    marked = {
        finding.position: {row for (row,) in engine.run(f"SELECT _row FROM small WHERE {test}")}
        for finding, test in made.predicates
    }
    return [(finding, marked.get(finding.position)) for finding in sorted(made.findings, key=lambda each: each.position)]


def _frame(engine: Engine) -> pd.DataFrame:
    """The rows as pandas people have them: NaN for a missing number, None for a missing text, dates as objects."""
    frame = engine.con.sql("SELECT * EXCLUDE (_row) FROM small ORDER BY _row").df()
    for name in ("i", "p", "q", "m"):
        frame[name] = frame[name].astype("float64")
    frame["dt"] = pd.Series([None if pd.isna(each) else each.date() for each in frame["dt"]], dtype=object)
    for name in ("s", "j", "w", "b"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    return frame


def test_no_expectation_is_left_out() -> None:
    import great_expectations  # noqa: F401
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    tried = {*ONE_COLUMN, *SEVERAL_COLUMNS, *AGGREGATES, *TABLE_LEVEL, *OF_TYPE, *ELSEWHERE, *(kind for kind, *_ in ON_SQL_ONLY)}
    assert tried == set(list_registered_expectation_implementations())


@pytest.mark.parametrize("position", range(len(CASES)), ids=NAMES)
def test_like_pandas(position: int, found: Any, told: Any) -> None:
    (kind, kwargs), (finding, marked), other = CASES[position], found[position], told[position]
    if _raised(other):  # more unexpected rows than rows without a NULL: GX gives up on either engine
        assert "ignore_row_if" in str(finding.error)
        return
    assert finding.error is None
    if finding.row_level and not finding.success:
        assert marked is not None
        assert len(marked) == finding.unexpected
    if _nulls_are_compared_otherwise(kind, kwargs):
        return
    assert finding.success == other["success"]
    if finding.row_level:
        assert finding.unexpected == other["result"]["unexpected_count"]
    observed = other["result"].get("observed_value")
    if isinstance(observed, float) and isinstance(finding.observed, int | float):
        assert math.isclose(finding.observed, observed, rel_tol=1e-9)


def _raised(other: dict[str, Any]) -> bool:
    info = other["exception_info"]
    entries = [info] if "raised_exception" in info else info.values()
    return any(entry["raised_exception"] for entry in entries)


def _nulls_are_compared_otherwise(kind: str, kwargs: dict[str, Any]) -> bool:
    """SQL knows not whether NULL is greater than 1, or what it sums up to; pandas says no, and zero."""
    one_may_be_missing = kwargs.get("ignore_row_if") not in ("either_value_is_missing", "any_value_is_missing")
    return one_may_be_missing and kind in ("expect_column_pair_values_a_to_be_greater_than_b", "expect_multicolumn_sum_to_equal")


def test_a_comparison_with_null_is_no_violation(small: Engine) -> None:
    greater, total = _judged(small, [("expect_column_pair_values_a_to_be_greater_than_b", {"column_A": "p", "column_B": "q"}),
                                     ("expect_multicolumn_sum_to_equal", {"column_list": ["p", "q", "r"], "sum_total": 25})])  # fmt: skip
    assert greater[1] == {0, 2, 6}
    assert total[1] == {1, 2, 6}


@pytest.mark.parametrize(("kind", "kwargs", "rows"), ON_SQL_ONLY, ids=[kind for kind, *_ in ON_SQL_ONLY])
def test_what_pandas_lacks(small: Engine, kind: str, kwargs: dict[str, Any], rows: set[int]) -> None:
    [(finding, marked)] = _judged(small, [(kind, kwargs)])
    assert (finding.error, finding.row_level, finding.success) == (None, True, False)
    assert marked == rows
    assert finding.unexpected == len(rows)


@pytest.mark.parametrize("kind", OF_TYPE)
def test_types_are_the_engines(small: Engine, kind: str) -> None:
    for kwargs, right in OF_TYPE[kind]:
        [(finding, _)] = _judged(small, [(kind, kwargs)])
        assert (finding.error, finding.success, finding.row_level) == (None, right, False)


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_other_tables_are_out_of_reach(small: Engine, kind: str) -> None:
    with pytest.raises(UsageError, match="outside"):
        _judged(small, [(kind, ELSEWHERE[kind])])


def test_text_that_is_no_json_does_not_conform(small: Engine) -> None:
    [(finding, marked)] = _judged(small, [("expect_column_values_to_match_json_schema", {"column": "w", "json_schema": {}})])
    assert finding.error is None
    assert marked == {0, 1, 3, 4, 5, 6}


def test_a_query_without_row_numbers_speaks_of_the_table(small: Engine) -> None:
    query = "SELECT s FROM {batch} GROUP BY s HAVING count(*) > 1"
    [(finding, marked)] = _judged(small, [("unexpected_rows_expectation", {"unexpected_rows_query": query})])
    assert (finding.row_level, finding.success, finding.observed, marked) == (False, False, 1, None)
