"""Days of study in a row, with free days, freezes, and clocks that are put forward and back."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.progress.streaks import MOST_FREEZES, local_day, streak_of

MONDAY = date(2026, 1, 5)


def days(*numbers):
    return {MONDAY + timedelta(days=number) for number in numbers}


def day(number):
    return MONDAY + timedelta(days=number)


def never_free(_):
    return False


def weekend(given_day):
    return given_day.weekday() >= 5


def shown(streak):
    return streak.days, streak.longest, streak.freezes


def test_without_study_there_is_no_streak():
    assert streak_of([], never_free, day(0)).as_json() == {
        "days": 0,
        "longest": 0,
        "freezes": 0,
        "studied_today": False,
        "at_risk": False,
        "frozen": [],
    }


def test_days_in_a_row_are_counted_and_today_is_not_missed_yet():
    streak = streak_of(days(0, 1, 2), never_free, day(3))

    assert (streak.days, streak.studied_today, streak.at_risk) == (3, False, True)
    assert streak_of(days(0, 1, 2, 3), never_free, day(3)).at_risk is False


def test_a_missed_day_ends_a_streak_and_the_longest_is_remembered():
    assert shown(streak_of(days(0, 1, 2, 4), never_free, day(5))) == (1, 3, 0)
    assert shown(streak_of(days(0, 1, 2), never_free, day(10))) == (0, 3, 0)


def test_free_days_neither_add_nor_break_and_studying_on_one_adds():
    # Friday, then Monday; and once with the Saturday between.
    assert shown(streak_of(days(4, 7), weekend, day(7))) == (2, 2, 0)
    assert shown(streak_of(days(4, 5, 7), weekend, day(7))) == (3, 3, 0)
    assert streak_of(days(4), weekend, day(5)).at_risk is False


def test_seven_days_of_study_earn_a_freeze_and_two_are_kept_at_most():
    assert [streak_of(days(*range(count)), never_free, day(count - 1)).freezes for count in (6, 7, 13, 14, 28)] == [
        0,
        1,
        1,
        2,
        2,
    ]


def test_a_freeze_pays_for_a_missed_day_by_itself():
    studied = days(*range(7), 8)
    streak = streak_of(studied, never_free, day(8))

    assert shown(streak) == (8, 8, 0)
    assert streak.frozen == (day(7),)
    # The next missed day finds none left.
    assert shown(streak_of(studied | days(10), never_free, day(10))) == (1, 8, 0)


def test_a_streak_on_freezes_alone_ends_when_they_are_used_up():
    studied = days(*range(14))
    assert [streak_of(studied, never_free, day(number)).days for number in (14, 15, 16, 17)] == [14, 14, 14, 0]


def test_what_lies_ahead_or_years_back_is_not_counted():
    assert shown(streak_of(days(0, 1, 5), never_free, day(1))) == (2, 2, 0)
    assert shown(streak_of(days(0, -4000), never_free, day(0))) == (1, 1, 0)


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_whatever_happened_the_numbers_hold_together(studied, free):
    def is_free(given_day):
        return given_day in days(*free)

    streak = streak_of(days(*studied), is_free, day(60))
    assert 0 <= streak.days <= streak.longest <= len(studied)
    assert 0 <= streak.freezes <= MOST_FREEZES
    # A day of study more, today, makes it longer by that day.
    assert streak_of(days(*studied, 60), is_free, day(60)).days == streak.days + (60 not in studied)


@pytest.mark.parametrize(
    ("zone", "moment", "expected"),
    [
        # The same moment is Tuesday in Berlin and still Monday in New York.
        ("Europe/Berlin", datetime(2026, 3, 9, 23, 30, tzinfo=UTC), date(2026, 3, 10)),
        ("America/New_York", datetime(2026, 3, 9, 23, 30, tzinfo=UTC), date(2026, 3, 9)),
        # Before and after clocks go forward in Berlin, on 29 March 2026 at 1:00 UTC: midnight moves by an hour.
        ("Europe/Berlin", datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28)),
        ("Europe/Berlin", datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),
        ("Europe/Berlin", datetime(2026, 3, 29, 21, 59, tzinfo=UTC), date(2026, 3, 29)),
        ("Europe/Berlin", datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        # And back, on 25 October 2026.
        ("Europe/Berlin", datetime(2026, 10, 25, 21, 59, tzinfo=UTC), date(2026, 10, 25)),
        ("Europe/Berlin", datetime(2026, 10, 25, 22, 30, tzinfo=UTC), date(2026, 10, 25)),
        ("Europe/Berlin", datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
        ("Pacific/Kiritimati", datetime(2026, 1, 5, 10, 0, tzinfo=UTC), date(2026, 1, 6)),
    ],
)
def test_a_day_is_that_of_the_learner(zone, moment, expected):
    assert local_day(moment, ZoneInfo(zone)) == expected


@pytest.mark.parametrize("first", [date(2026, 3, 26), date(2026, 10, 22)])
def test_studying_late_every_evening_across_a_change_of_clocks_breaks_nothing(first):
    zone = ZoneInfo("Europe/Berlin")
    evenings = [
        datetime(first.year, first.month, first.day, 23, 30, tzinfo=zone) + timedelta(days=number)
        for number in range(7)
    ]
    studied = {local_day(evening.astimezone(UTC), zone) for evening in evenings}

    assert streak_of(studied, never_free, first + timedelta(days=6)).days == 7


def test_whoever_moves_has_their_days_counted_where_they_are_now():
    # Studied at 22:00 UTC each day: in Berlin and in Auckland that is on different dates, but daily in both.
    moments = [datetime(2026, 1, number, 22, tzinfo=UTC) for number in range(5, 10)]
    for zone in ("Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles"):
        place = ZoneInfo(zone)
        studied = {local_day(moment, place) for moment in moments}
        assert streak_of(studied, never_free, max(studied)).days == 5
