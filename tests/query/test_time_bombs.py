"""A query that would take for ever, or all memory there is, is stopped, and the process lives on."""

from __future__ import annotations

import time

import pytest

from boathouse.config import QueryLimits
from boathouse.errors import LimitError, QueryError
from boathouse.query.guard import check
from boathouse.workbench import Workbench
from tests.query.bombs import BOMBS, STUBBORN
from tests.query.lakes import opened


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return opened(tmp_path_factory.mktemp("bombs") / "workbench", '[limits]\nmemory = "400MB"\n')


@pytest.mark.timeout(60)
@pytest.mark.parametrize("sql", [pytest.param(sql, id=name) for name, sql in BOMBS])
def test_a_bomb_is_stopped(wb: Workbench, sql: str):
    began = time.monotonic()
    with pytest.raises(QueryError):
        for _ in wb.sql(sql, limits=QueryLimits(seconds=1)).batches():
            pass
    assert time.monotonic() - began < 10
    assert wb.sql("SELECT 1 AS one").rows() == [{"one": 1}]


@pytest.mark.parametrize("seconds", [0.001, 0.05, 0.2])
def test_a_limit_of_any_length_holds(wb: Workbench, seconds: float):
    with pytest.raises(LimitError, match="stopped after"):
        wb.sql(
            "SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c", limits=QueryLimits(seconds=seconds)
        ).rows()


def test_a_result_that_is_not_read_to_its_end_holds_nothing(wb: Workbench):
    for _ in range(20):
        batches = wb.sql("SELECT repeat('x', 100) AS x FROM range(1000000000000)").batches()
        assert next(batches).num_rows
        batches.close()


def test_rows_end_where_their_limit_is(wb: Workbench):
    result = wb.sql("SELECT * FROM range(1000000000000)", limits=QueryLimits(rows=10, seconds=20))
    assert (len(result.rows()), result.cut) == (10, True)


def test_each_bomb_may_be_asked(wb: Workbench):
    """They end by their limits, not because the guard refuses a function."""
    for _, sql in BOMBS + STUBBORN:
        check(wb.reader.cursor(), sql, [])
