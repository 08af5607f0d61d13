"""`boathouse run` on a suite that is wrong, and on a batch that fails it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from given import csv, expect, pipeline, suite

from boathouse.workbench import Workbench


def boathouse(wb: Workbench, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "boathouse.cli", "-C", str(wb.root), *words], capture_output=True, text=True, check=False
    )


@pytest.fixture
def orders(wb: Workbench) -> Workbench:
    csv(wb, "1,10,2024-01-01,a 2,-5,2024-01-02,b")
    pipeline(wb)
    return wb


def test_an_unknown_expectation(orders: Workbench) -> None:
    suite(orders, expect("be_unique", "id"), expect("be_betwen", "price", min_value=0))
    done = boathouse(orders, "run", "orders")
    assert done.returncode == 2
    assert "expectations/orders.json:11: no expectation 'expect_column_values_to_be_betwen'" in done.stderr
    assert "did you mean 'expect_column_values_to_be_between'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (orders.root / "lake" / "curated").exists()


def test_a_file_that_is_not_json(orders: Workbench) -> None:
    suite(orders)
    (Path(orders.root) / "expectations" / "orders.json").write_text('{"expectations": [\n{"type": }]}')
    done = boathouse(orders, "run", "orders")
    assert done.returncode == 2
    assert "expectations/orders.json:2: is not JSON" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_rejected_batch(orders: Workbench) -> None:
    suite(orders, expect("expect_table_row_count_to_equal", value=3))
    done = boathouse(orders, "run", "orders")
    assert done.returncode == 3
    assert "table row count must equal (value=3), found 2" in done.stdout + done.stderr
