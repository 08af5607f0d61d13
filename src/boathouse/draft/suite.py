"""A suggested suite: what must hold as critical, what was merely seen as a warning that leaves room for tomorrow."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

from boathouse.draft.profile import FEW, ColumnProfile

_ENOUGH = 10  # rows from which 'never empty' is more than chance


def suggest(name: str, columns: list[ColumnProfile], key: list[str], required: set[str]) -> dict[str, Any]:
    """The suite as JSON."""
    rows = columns[0].rows if columns else 0
    made = [_expect("expect_table_row_count_to_be_between", "critical", min_value=1)] if rows else []
    for column in columns:
        made += _presence(column, key, required)
    if len(key) > 1:
        made.append(_expect("expect_compound_columns_to_be_unique", "critical", column_list=key))
    for column in columns:
        if column.rows > column.nulls and column.name not in key:
            made += _seen(column)
    return {"name": name, "expectations": made}


def _expect(kind: str, severity: str, note: str | None = None, **kwargs: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": kind, "kwargs": kwargs, "severity": severity}
    return entry | ({"notes": note} if note else {})


def _presence(column: ColumnProfile, key: list[str], required: set[str]) -> list[dict[str, Any]]:
    made = []
    if column.name in key or column.name in required:
        made.append(_expect("expect_column_values_to_not_be_null", "critical", column=column.name))
    elif column.nulls == 0 and column.rows:
        severity = "critical" if column.rows >= _ENOUGH else "warning"
        made.append(_expect("expect_column_values_to_not_be_null", severity, "never empty when it was added", column=column.name))
    if key == [column.name]:
        made.append(_expect("expect_column_values_to_be_unique", "critical", column=column.name))
    return made


def _seen(column: ColumnProfile) -> list[dict[str, Any]]:
    if column.type in ("BIGINT", "INTEGER", "DOUBLE", "FLOAT") or column.type.startswith("DECIMAL"):
        return _range(column)
    if column.type in ("DATE", "TIMESTAMP") and isinstance(column.low, date):
        earliest = column.low.date() if isinstance(column.low, datetime) else column.low
        return [_expect("expect_column_values_to_be_between", "warning", "the earliest seen", column=column.name,
                        min_value=earliest.isoformat(), mostly=0.95)]  # fmt: skip
    if column.values and len(column.values) <= FEW and column.rows - column.nulls >= 5 * len(column.values):
        return [_expect("expect_column_values_to_be_in_set", "warning", "the values seen", column=column.name,
                        value_set=column.values, mostly=0.95)]  # fmt: skip
    if column.pattern:
        return [_expect("expect_column_values_to_match_regex", "warning", "the shape of all values", column=column.name,
                        regex=column.pattern, mostly=0.95)]  # fmt: skip
    return []


def _range(column: ColumnProfile) -> list[dict[str, Any]]:
    """The range seen, and half of its width again on either side; what was never negative should stay so."""
    low, high = float(column.low), float(column.high)
    if not math.isfinite(low) or not math.isfinite(high):
        return []
    room = (high - low) / 2 or abs(high) / 2 or 1.0
    least = max(0.0, low - room) if low >= 0 else low - room
    whole = column.type in ("BIGINT", "INTEGER")
    bounds = (math.floor(least), math.ceil(high + room)) if whole else (round(least, 6), round(high + room, 6))
    return [_expect("expect_column_values_to_be_between", "warning", f"seen from {column.low} to {column.high}", column=column.name,
                    min_value=bounds[0], max_value=bounds[1], mostly=0.95)]  # fmt: skip
