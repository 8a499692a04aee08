"""On which days an event repeats, against dateutil's reading of the same rules."""

from datetime import date, datetime, time, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from incidents.recurrence import WEEKDAYS, RuleNotUnderstood, days_of

SINCE, UNTIL = date(2026, 3, 1), date(2027, 3, 1)
DAYS = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3, unique=True)
NUMBERED = st.builds("{}{}".format, st.sampled_from([-2, -1, 1, 2, 4, 5]), st.sampled_from(WEEKDAYS))
MONTHS = st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True)
MONTH_DAYS = st.lists(st.integers(-31, 31).filter(bool), min_size=1, max_size=3, unique=True)


@st.composite
def rules(draw):
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    rule = {"FREQ": [frequency], "INTERVAL": [draw(st.integers(1, 5))]}
    parts = {"WKST": st.sampled_from(WEEKDAYS).map(lambda day: [day]), "BYMONTH": MONTHS, "BYDAY": DAYS}
    if frequency != "WEEKLY":
        parts["BYMONTHDAY"] = MONTH_DAYS
    if frequency == "MONTHLY":
        parts["BYDAY"] = DAYS | st.lists(NUMBERED, min_size=1, max_size=2, unique=True)
    if draw(st.booleans()):
        rule["COUNT"] = [draw(st.integers(1, 60))]
    return rule | {name: draw(values) for name, values in parts.items() if draw(st.booleans())}


@given(rule=rules(), start=st.dates(date(2020, 1, 1), date(2026, 12, 31)))
def test_the_days_are_those_of_the_standard(rule, start):
    text = ";".join(f"{name}={','.join(map(str, values))}" for name, values in rule.items())
    standard = rrulestr(text, dtstart=datetime.combine(start, time(9)))
    expected = standard.between(datetime.combine(SINCE, time()), datetime.combine(UNTIL, time(23)), inc=True)

    assert days_of(rule, start, SINCE, UNTIL) == [each.date() for each in expected]


@pytest.mark.parametrize(
    "rule",
    [
        {"FREQ": ["SECONDLY"]},
        {"FREQ": ["HOURLY"]},
        {},
        {"FREQ": ["DAILY"], "BYSETPOS": [1]},
        {"FREQ": ["DAILY"], "INTERVAL": [0]},
        {"FREQ": ["WEEKLY"], "BYDAY": ["1MO"]},
        {"FREQ": ["WEEKLY"], "BYDAY": ["XX"]},
        {"FREQ": ["WEEKLY"], "BYMONTHDAY": [1]},
    ],
)
def test_what_is_not_understood_is_said(rule):
    with pytest.raises(RuleNotUnderstood):
        days_of(rule, SINCE, SINCE, UNTIL)


def test_what_never_happens_is_found_out_within_the_window():
    rule = {"FREQ": ["DAILY"], "BYMONTH": [2], "BYMONTHDAY": [30]}

    assert days_of(rule, date(1, 1, 1), SINCE, UNTIL) == []
    with pytest.raises(RuleNotUnderstood, match="too long ago"):
        days_of({**rule, "COUNT": [1]}, SINCE - timedelta(days=9000), SINCE, UNTIL)
