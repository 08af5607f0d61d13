"""When a pipeline is due, by its cron line."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cronsim import CronSim, CronSimError

from boathouse.errors import first_line

_GRACE = timedelta(hours=1)  # for which a run may be late


def check(line: str) -> str:
    """A cron line as it is. Raises ValueError for one that is none."""
    try:
        CronSim(line, datetime(2026, 1, 1))
    except CronSimError as error:
        raise ValueError(f"no cron line: {first_line(error)}; write `0 6 * * *` for each day at six") from error
    return line


def overdue(line: str, last: datetime | None, now: datetime) -> datetime | None:
    """The moment at which it was due and since which it has not run, where that is more than an hour ago. `now` is in the
    workbench's time zone, in which the line is read."""
    due = next(CronSim(line, now - _GRACE, reverse=True), None)
    return due if due and (last is None or last < due) else None


def due(line: str, runs: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    """When it ran `last`, is due `next`, and since when it is `overdue`; `runs` are its records, newest first."""
    last = datetime.fromisoformat(runs[0]["started_at"]) if runs else None
    return {"schedule": line, "last": last, "next": next(CronSim(line, now)), "overdue": overdue(line, last, now)}
