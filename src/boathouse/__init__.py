"""Boathouse: a company's tables, in one data lake that can be trusted.

import boathouse
wb = boathouse.open()
wb.run("orders")
wb.sql("SELECT region, sum(amount) FROM orders GROUP BY region").df()
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from boathouse.errors import BoathouseError

if TYPE_CHECKING:
    from boathouse.workbench import Workbench

__version__ = "0.1.0"
__all__ = ["BoathouseError", "open"]


def open(folder: Path | str | None = None, *, environment: str | None = None) -> Workbench:
    """The workbench in `folder`, or the nearest above the current one. Raises UsageError where there is none."""
    from boathouse.workbench import Workbench

    return Workbench(folder, environment=environment)
