"""When a pipeline is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from boathouse.schedule import check, overdue

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "last", "since"),
    [
        ("0 5 * * *", datetime(2026, 11, 25, 5, 1, tzinfo=UTC), None),
        ("0 5 * * *", datetime(2026, 11, 24, 5, 1, tzinfo=UTC), datetime(2026, 11, 25, 5, 0, tzinfo=UTC)),
        ("0 5 * * *", None, datetime(2026, 11, 25, 5, 0, tzinfo=UTC)),
        ("0 9 * * *", datetime(2026, 11, 24, 9, 1, tzinfo=UTC), None),  # half an hour late is not late
        ("0 6 1 * *", datetime(2026, 11, 2, tzinfo=UTC), None),
        ("*/5 * * * *", NOW - timedelta(minutes=20), None),
    ],
)
def test_it_is_overdue_since_the_last_time_it_should_have_run(line: str, last: datetime | None, since: datetime | None):
    assert overdue(line, last, NOW) == since


def test_the_line_is_read_in_the_workbenchs_time_zone():
    now = datetime(2026, 11, 25, 12, tzinfo=ZoneInfo("America/New_York"))
    since = overdue("0 5 * * *", None, now)
    assert since is not None
    assert since.utcoffset() == timedelta(hours=-5)


@pytest.mark.parametrize("line", ["daily", "61 * * * *", "* * * *", ""])
def test_what_is_no_cron_line_is_said(line: str):
    with pytest.raises(ValueError, match="cron line"):
        check(line)
