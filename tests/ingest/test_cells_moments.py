"""Dates and times: as written, never cut, never moved to another zone or century; held against Python's own reading."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest.typed_cells import LOST, typed

many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
days = st.dates(min_value=date(1000, 1, 1))
moments = st.datetimes(min_value=datetime(1000, 1, 1))
zones = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))


@many
@given(st.lists(days, max_size=40), st.sampled_from(["%Y-%m-%d", "%Y/%m/%d"]))
def test_iso_dates(engine, dates, form):
    assert typed(engine, [day.strftime(form) for day in dates], type="DATE") == dates


@many
@given(st.lists(days, max_size=40), st.sampled_from(["%d.%m.%Y", "%m/%d/%Y", "%d %B %Y", "%b %d, %Y", "%Y%m%d", "%d-%b-%Y"]))
def test_dates_in_a_format(engine, dates, form):
    assert typed(engine, [day.strftime(form) for day in dates], type="DATE", format=form) == dates


@many
@given(st.lists(st.text("0123456789-/.: TZ+", max_size=20), max_size=60))
def test_what_is_no_iso_date_is_lost(engine, cells):
    for cell, value in zip(cells, typed(engine, cells, type="DATE"), strict=True):
        if isinstance(value, date):
            assert [int(part) for part in cell.replace("/", "-").replace(" ", "-").strip("- ").split("-")[:3]] == [
                value.year, value.month, value.day]  # fmt: skip


@many
@given(st.lists(moments, max_size=40), st.sampled_from([" ", "T"]))
def test_iso_timestamps(engine, given_moments, between):
    assert typed(engine, [moment.isoformat(between) for moment in given_moments], type="TIMESTAMP") == given_moments


@many
@given(
    st.lists(
        st.builds(lambda m, z: m.replace(tzinfo=z), st.datetimes(datetime(1600, 1, 1), datetime(2500, 1, 1)), zones), max_size=40
    )
)
def test_timestamps_with_a_zone(engine, given_moments):
    cells = [moment.isoformat() for moment in given_moments]
    assert [value.astimezone(UTC) for value in typed(engine, cells, type="TIMESTAMPTZ")] == given_moments
    assert typed(engine, cells, type="TIMESTAMP") == [LOST] * len(cells)


@pytest.mark.parametrize("cell", ["2024-01-05 10:00Z", "2024-01-05 10:00+02", "2024-01-05 10:00 PM", "2024-01-05 10:00:00 UTC", "epoch",
                                  "2024-01-05 10:00:00.1234567", "24-01-05 10:00", "2024-02-30 10:00", "infinity", "2024-01-05x"])  # fmt: skip
def test_what_is_no_timestamp(engine, cell):
    assert typed(engine, [cell], type="TIMESTAMP") == [LOST]


@pytest.mark.parametrize("cell", ["2024-01-05 10:00", "2024-01-05", "2024-01-05 10:00:00.1234567Z", "2024-01-05 10:00 EST"])
def test_what_is_no_timestamp_with_a_zone(engine, cell):
    assert typed(engine, [cell], type="TIMESTAMPTZ") == [LOST]


@pytest.mark.parametrize(
    "cell", ["24-01-05", "2024-01-05 10:00", "2024-01-05T10:00:00", "2024-13-01", "epoch", "today", "20240105"]
)
def test_what_is_no_date(engine, cell):
    assert typed(engine, [cell], type="DATE") == [LOST]


def test_two_digits_are_no_year_of_four(engine):
    assert typed(engine, ["01/02/24", "01/02/2024"], type="DATE", format="%d/%m/%Y") == [LOST, date(2024, 2, 1)]
    assert typed(engine, ["01/02/24", "01/02/2024"], type="DATE", format="%d/%m/%y") == [date(2024, 2, 1), LOST]
    assert typed(engine, ["01/02/24 10:30"], type="TIMESTAMP", format="%d/%m/%Y %H:%M") == [LOST]


def test_a_date_has_no_time(engine):
    assert typed(engine, ["2024-01-05 00:00:00", "2024-01-05T00:00"], type="DATE") == [date(2024, 1, 5)] * 2
    assert typed(engine, ["01.02.2024 10:30", "01.02.2024 00:00"], type="DATE", format="%d.%m.%Y %H:%M") == [
        LOST,
        date(2024, 2, 1),
    ]
