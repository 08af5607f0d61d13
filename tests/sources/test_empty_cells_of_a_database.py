"""A row in which several cells are empty is read like any other: `add` counts it, a run publishes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from boathouse.workbench import Workbench


def test_rows_with_empty_moments_and_numbers(wb: Workbench, go: Callable):
    with sqlite3.connect(wb.root / "trips.db") as database:
        database.execute("CREATE TABLE trips (id INTEGER PRIMARY KEY, ended_at DATETIME, minutes REAL, km REAL)")
        rows = [(n, f"2026-10-{n % 28 + 1:02} 11:00:00", n * 1.5, n / 2) for n in range(300)]
        database.executemany("INSERT INTO trips VALUES (?, ?, ?, ?)", [*rows, (300, None, None, None), (301, None, 1.0, None)])
    draft = wb.add("trips", f"sqlite:///{wb.root / 'trips.db'}", {"table": "trips"})
    assert draft.rows == 302
    assert "could not be read" not in " ".join(draft.assumptions)
    assert '"ended_at"' not in draft.suite.split("expect_column_values_to_not_be_null", 1)[-1].split("severity", 1)[0]
    record = go("trips")
    assert record.status == "published"
    assert record.total("rows_published") == 302
    assert wb.sql("SELECT count(*) FILTER (ended_at IS NULL) AS n FROM trips").rows() == [{"n": 2}]
