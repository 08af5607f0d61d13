"""Now: the workbench's time zone, and BOATHOUSE_NOW where a test or a demo fixes it."""

from __future__ import annotations

import os
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from boathouse.errors import UsageError


def zone(name: str) -> ZoneInfo:
    """The time zone of this name. Raises UsageError where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(f"no time zone is called {name!r}", hint="use a name such as Europe/Berlin or UTC") from error


def now(tz: ZoneInfo) -> datetime:
    """The current time in `tz`."""
    fixed = os.environ.get("BOATHOUSE_NOW")
    if not fixed:
        return datetime.now(tz)
    try:
        moment = datetime.fromisoformat(fixed)
    except ValueError as error:
        raise UsageError(f"BOATHOUSE_NOW is {fixed!r}", hint="write it as 2026-11-22T06:00:00") from error
    return moment.astimezone(tz) if moment.tzinfo else moment.replace(tzinfo=tz)


def logical_date(text: str | None, tz: ZoneInfo) -> date:
    """The run's logical date: `text` as yyyy-mm-dd, or today."""
    if text is None:
        return now(tz).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a date", hint="write it as 2026-11-22") from error
