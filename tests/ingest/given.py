"""Small pipelines for tests: a CSV, its pipeline and its suite."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from boathouse.lake.records import COUNTS, RunRecord
from boathouse.workbench import Workbench

COLUMNS = {"id": "BIGINT", "price": "DOUBLE", "day": "DATE", "note": "VARCHAR"}


def expect(kind: str, *columns: str, severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    """`expect("not_be_null", "id")`."""
    named = {"column": columns[0]} if len(columns) == 1 else {"column_list": list(columns)} if columns else {}
    name = kind if kind.startswith(("expect_", "unexpected_")) else f"expect_column_values_to_{kind}"
    return {"type": name, "kwargs": named | kwargs, "severity": severity}


def suite(wb: Workbench, *expectations: dict[str, Any], name: str = "orders") -> None:
    (wb.root / "expectations").mkdir(exist_ok=True)
    text = json.dumps({"name": name, "expectations": expectations}, indent=1)
    (wb.root / "expectations" / f"{name}.json").write_text(text, encoding="utf-8")


def csv(wb: Workbench, lines: str | Iterable[str], item: str = "orders.csv") -> None:
    """The rows of an item, under the header of COLUMNS."""
    rows = lines.split() if isinstance(lines, str) else lines
    (wb.root / item).write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")


def pipeline(
    wb: Workbench, *, name: str = "orders", location: str = "orders.csv", columns: dict[str, str] = COLUMNS, **other: Any
) -> None:
    made = {"source": {"type": "csv", "location": location, "delimiter": ","}, "columns": columns, "quarantine_limit": 1} | other
    (wb.root / "pipelines").mkdir(exist_ok=True)
    (wb.root / "pipelines" / f"{name}.yml").write_text(json.dumps(made), encoding="utf-8")  # JSON is YAML


def counts(record: RunRecord) -> dict[str, int]:
    """The counts of a run that are not zero, without `rows_`; inserted, updated and unchanged are within published."""
    named = {name.removeprefix("rows_"): record.total(name) for name in COUNTS}
    return {name: n for name, n in named.items() if n and name not in ("inserted", "updated", "unchanged")}


def kept_out(wb: Workbench, name: str = "orders") -> dict[int, list[str]]:
    """Row number and reasons of what is in quarantine."""
    return {row["row_number"]: row["reasons"] for row in wb.quarantine(name)}
