"""What columns hold: at the version that is asked for, and for values that lie on no line."""

from __future__ import annotations

import pytest

from boathouse.workbench import Workbench
from tests.query.lakes import publish


def test_an_old_version_has_the_columns_that_it_had(wb: Workbench):
    publish(wb, "orders", "order_id: BIGINT, old: VARCHAR", "1,a\n")
    publish(wb, "orders", "order_id: BIGINT, fresh: DATE", "1,2026-01-01\n")
    pinned = {"orders": 0}
    assert [(name, one["type"]) for name, one in wb.profile("orders", versions=pinned).items()] == [
        ("order_id", "BIGINT"),
        ("old", "VARCHAR"),
    ]
    assert wb.shape("orders", "old", versions=pinned)["data"]["values"] == [{"x": "a", "y": 1}]
    pytest.importorskip("ipywidgets", reason="ipywidgets is not installed: pip install 'boathouse[lab]'")
    assert "old" in wb["orders"].at(0).show().tab.children[0].children[0].value


def test_what_lies_on_no_line(wb: Workbench):
    publish(wb, "odd", "size: DOUBLE, parts: 'BIGINT[]'", '1,"[1,2]"\nnan,"[1,2]"\ninf,\n3,\n')
    assert sum(bar["y"] for bar in wb.shape("odd", "size")["data"]["values"]) == 2
    assert wb.shape("odd", "parts")["data"]["values"] == [{"x": "(empty)", "y": 2}, {"x": "[1, 2]", "y": 2}]
