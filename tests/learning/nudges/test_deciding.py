"""What is decided from facts: which occasion, when, and how often."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.nudges.deciding import DueReview, Facts, FinishedPlan, Task, digest_is_due, digest_occasion, drafts
from learning.nudges.hours import is_evening, is_open, opens_at
from learning.nudges.wording import duration, line

THURSDAY = date(2026, 11, 19)
LATE = Task("Indexes", date(2026, 11, 17), 45)
LATER = Task("Joins", date(2026, 11, 18), 90)


def facts(**known):
    return Facts(today=THURSDAY, last_active=THURSDAY - timedelta(days=1), **known)


def made(known):
    return [(draft.kind, draft.occasion) for draft in drafts(known)]


def test_nothing_is_said_where_there_is_nothing_to_say():
    assert drafts(facts(next_task=LATE, has_plan=True)) == []


def test_what_is_late_is_said_once_for_the_newest_day():
    known = facts(overdue=[LATE, LATER])
    [draft] = drafts(known)
    assert (draft.kind, draft.occasion) == ("overdue", "2026-11-18")
    assert draft.title == "2 items of your plan are late"
    assert "- Indexes, 45 min, planned for Tue 17 Nov\n- Joins, 1 h 30 min, planned for Wed 18 Nov" in draft.text
    assert drafts(replace(known, made=frozenset({("overdue", "2026-11-18")}))) == []


def test_something_new_that_is_late_waits_until_the_third_day():
    known = facts(overdue=[LATE, LATER])
    assert drafts(replace(known, last_made={"overdue": date(2026, 11, 17)})) == []
    assert made(replace(known, last_made={"overdue": date(2026, 11, 16)})) == [("overdue", "2026-11-18")]


def test_who_has_done_nothing_for_three_weeks_is_left_alone():
    known = facts(overdue=[LATE], reviews=[DueReview("SQL", LATE.date)])
    assert len(drafts(replace(known, last_active=THURSDAY - timedelta(days=21)))) == 2
    assert drafts(replace(known, last_active=THURSDAY - timedelta(days=22))) == []
    assert drafts(replace(known, last_active=None)) == []


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"streak": 5, "is_evening": True}, [("streak", "2026-11-19")]),
        ({"streak": 5, "is_evening": False}, []),
        ({"streak": 1, "is_evening": True}, []),
        ({"streak": 5, "is_evening": True, "has_studied_today": True}, []),
    ],
)
def test_a_streak_is_at_risk_in_the_evening_of_a_day_without_study(known, expected):
    assert made(facts(**known)) == expected


def test_a_streak_says_what_a_day_off_costs():
    kept = drafts(facts(streak=9, freezes=1, is_evening=True, next_task=LATE))[0]
    ends = drafts(facts(streak=3, is_evening=True))[0]
    assert kept.title == "Your streak of 9 days is at risk"
    assert "a freeze is used; you have 1." in kept.text
    assert kept.text.endswith("Next: Indexes, 45 min.")
    assert ends.text.endswith("Without anything today it ends.")


def test_the_most_important_comes_first():
    known = facts(
        overdue=[LATE], reviews=[DueReview("SQL", THURSDAY)], finished=[FinishedPlan("p", 45, 40, 2)], streak=4,
        is_evening=True,
    )  # fmt: skip
    assert made(known) == [
        ("finished", "p"), ("streak", "2026-11-19"), ("overdue", "2026-11-17"), ("review", "2026-11-19"),
    ]  # fmt: skip
    assert "40 items done, 2 skipped" in drafts(known)[0].text


def test_a_digest_is_due_on_mondays_once_a_week():
    monday = date(2026, 11, 23)
    known = Facts(today=monday, has_plan=True)
    assert digest_occasion(monday) == "2026-W48"
    assert digest_occasion(date(2027, 1, 1)) == "2026-W53"
    assert digest_is_due(known)
    assert not digest_is_due(replace(known, today=monday + timedelta(days=1)))
    assert not digest_is_due(replace(known, made=frozenset({("digest", "2026-W48")})))
    assert not digest_is_due(replace(known, has_plan=False))
    assert digest_is_due(replace(known, has_plan=False, last_active=monday - timedelta(days=4)))


def hours(zone="Europe/Berlin", begins=time(8), ends=time(18)):
    return SimpleNamespace(time_zone=zone, nudge_from=begins, nudge_until=ends)


@pytest.mark.parametrize(
    ("moment", "opened", "evening", "next_opening"),
    [
        # Winter time: UTC+1.
        ("2026-11-19T06:59", False, False, "2026-11-19T07:00"),
        ("2026-11-19T07:00", True, False, "2026-11-19T07:00"),
        ("2026-11-19T13:39", True, False, "2026-11-19T13:39"),
        ("2026-11-19T13:40", True, True, "2026-11-19T13:40"),
        ("2026-11-19T16:59", True, True, "2026-11-19T16:59"),
        ("2026-11-19T17:00", False, False, "2026-11-20T07:00"),
        # The clocks go forward in the night to 28 March 2027: eight o'clock comes an hour earlier in UTC.
        ("2027-03-27T17:00", False, False, "2027-03-28T06:00"),
        ("2027-03-28T06:00", True, False, "2027-03-28T06:00"),
        # And back in the night to 25 October 2026.
        ("2026-10-24T17:30", False, False, "2026-10-25T07:00"),
    ],
)
def test_hours_follow_the_learners_clock(moment, opened, evening, next_opening):
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert is_open(now, hours()) is opened
    assert is_evening(now, hours()) is evening
    assert opens_at(now, hours()) == datetime.fromisoformat(next_opening).replace(tzinfo=UTC)


@given(
    st.integers(0, 2 * 365 * 24 * 3600).map(
        lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    ),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]),
    st.tuples(st.times(), st.times()).map(sorted).filter(lambda pair: pair[0] < pair[1]),
)
def test_the_next_opening_is_within_the_hours_or_in_the_hour_that_clocks_skip(now, zone, pair):
    wanted = hours(zone, *pair)
    opening = opens_at(now, wanted)
    assert now <= opening < now + timedelta(days=2)
    here = opening.astimezone(ZoneInfo(zone))
    skipped = here.time() != pair[0] and opening != now
    assert is_open(opening, wanted) or skipped


def test_texts_of_others_stay_on_a_line_of_bounded_length():
    assert line("Down\r\nBcc: evil\x00\u2028x") == "Down Bcc: evil x"
    assert len(line("a" * 500)) == 160
    assert [duration(minutes) for minutes in (5, 60, 150)] == ["5 min", "1 h", "2 h 30 min"]
