"""Sentences that give different values for the same thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.providers.contradictions import Value, contradict, values

LEAVE = "Full-time employees get 25 days of annual leave a year."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LEAVE, "Every employee gets 28 days of annual leave each year."),
        ("The hotel limit in London is £170 a night.", "In London the limit for a hotel is £150 per night."),
        ("Passwords have at least 14 characters.", "A password has at least twelve characters."),
        ("Core hours are 10:00 to 15:30.", "The core hours are 09:30 to 16:00."),
        ("The freeze ends on 2 December.", "The freeze ends on December 9."),
        ("The freeze ends on 2026-12-02.", "The freeze ends on 9 December."),
        ("Backups are kept for 35 days.", "Backups are kept for 6 weeks."),
        ("New code has at least 80 % of its lines covered.", "New code has at least 70% of its lines covered."),
        ("Item: laptop; Price: £900; Delivery: 2 days", "Item: laptop; Price: £950; Delivery: 2 days"),
    ],
)
def test_different_values_for_the_same_thing_contradict(one: str, other: str) -> None:
    assert contradict(one, other)
    assert contradict(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LEAVE, LEAVE),
        (LEAVE, "Employees get twenty-five days of annual leave a year, and 8 public holidays."),
        (LEAVE, "Part-time colleagues get leave in proportion to their hours: 20 days for a four-day week."),
        (LEAVE, "Sick leave is paid in full for 20 days."),
        ("Backups are kept for 35 days.", "Backups are kept for five weeks."),
        ("Give notice of 24 hours.", "Give notice of 1 day."),
        ("Logs are kept for 30 days.", "Traces are kept for 7 days."),
        ("The group answers within one working day.", "Your manager answers within three working days."),
        ("Severity: SEV1; Update every: 30 minutes", "Severity: SEV2; Update every: 60 minutes"),
        ("A release takes 90 seconds.", "A release is announced in the channel."),
        ("Call 0113 496 0177 for help.", "Call 0113 496 0199 for help."),
        ("", ""),
    ],
)
def test_what_agrees_or_is_about_something_else_does_not_contradict(one: str, other: str) -> None:
    assert not contradict(one, other)
    assert not contradict(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Private laptops may be used for work.", "Private laptops must not be used for work."),
        ("Dogs are welcome in the Leeds office.", "Dogs are not allowed in the Leeds office."),
    ],
)
def test_a_denial_contradicts_where_the_question_is_whether(one: str, other: str) -> None:
    assert contradict(one, other, decides=True)
    assert not contradict(one, other)


def test_a_denial_of_something_else_does_not() -> None:
    one, other = (
        "Dogs are welcome in the Leeds office.",
        "Visitors without a badge are not allowed in the Leeds office.",
    )
    assert not contradict(one, other, decides=True)


def test_values_are_read_with_their_units() -> None:
    assert values("Within five working days, £1,200 or 12.5 %, by 09:30 on 3 March, after 90 seconds or 2 GB.") == {
        Value("work day", 5.0), Value("£", 1200.0), Value("%", 12.5), Value("clock", 570.0), Value("date", 303.0),
        Value("seconds", 90.0), Value("bytes", 2e9),
    }  # fmt: skip


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_can_be_compared_and_none_contradicts_itself(one: str, other: str) -> None:
    assert contradict(one, other) == contradict(other, one)
    assert not contradict(one, one, decides=True)


def test_a_long_run_of_digits_is_read_in_linear_time() -> None:
    assert values("1" * 20_000) == frozenset()
