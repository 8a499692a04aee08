"""Time zones in calendars say what the zone says."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from learning.zones import zone_component

YEAR = date(2026, 1, 1), date(2026, 12, 31)


def onsets(zone):
    found = zone_component(ZoneInfo(zone), *YEAR)
    return [
        (
            each.name,
            each["DTSTART"].dt.isoformat(),
            each["TZOFFSETFROM"].td / timedelta(hours=1),
            each["TZOFFSETTO"].td / timedelta(hours=1),
        )
        for each in found.subcomponents
    ]


@pytest.mark.parametrize(
    ("zone", "forward", "back"),
    [
        ("Europe/Berlin", ("2026-03-29T02:00:00", 1, 2), ("2026-10-25T03:00:00", 2, 1)),
        ("America/New_York", ("2026-03-08T02:00:00", -5, -4), ("2026-11-01T02:00:00", -4, -5)),
        ("Australia/Lord_Howe", ("2026-10-04T02:00:00", 10.5, 11), ("2026-04-05T02:00:00", 11, 10.5)),
    ],
)
def test_a_change_begins_in_the_local_time_before_it(zone, forward, back):
    first, *changes = onsets(zone)

    assert first[1] < "2026-01-01T00:00:00"
    assert sorted(changes, key=lambda each: each[0]) == [("DAYLIGHT", *forward), ("STANDARD", *back)]


def test_a_zone_that_never_changes_has_one_rule():
    assert onsets("Asia/Kolkata") == [("STANDARD", "2025-12-31T05:30:00", 5.5, 5.5)]


def offset_by(component, moment):
    """The offset at a moment by the rules of a VTIMEZONE alone, each from its onset on."""
    begun = [
        (each["DTSTART"].dt - each["TZOFFSETFROM"].td, each["TZOFFSETTO"].td)
        for each in component.subcomponents
        if each["DTSTART"].dt - each["TZOFFSETFROM"].td <= moment.replace(tzinfo=None)
    ]
    return max(begun)[1]


@given(
    st.sampled_from(sorted(available_timezones() - {"localtime"})),
    st.lists(st.integers(0, 364 * 24 * 3600), min_size=1, max_size=10),
)
def test_every_moment_of_the_span_has_the_zones_offset(zone, seconds):
    text = zone_component(ZoneInfo(zone), *YEAR).to_ical()
    component = Calendar.from_ical(text)

    for number in seconds:
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
        assert offset_by(component, at) == at.astimezone(ZoneInfo(zone)).utcoffset()
