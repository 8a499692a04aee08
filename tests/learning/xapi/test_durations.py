"""Durations and times as ISO 8601 writes them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.xapi.durations import minutes_of, seconds_of, written
from learning.xapi.values import is_language, moment_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT1H30M", 5400),
        ("PT0S", 0),
        ("P1D", 86_400),
        ("P2W", 1_209_600),
        ("PT1.5H", 5400),
        ("PT1,5M", 90),
        ("PT12.34S", 12.34),
        ("P1DT1S", 86_401),
        ("P1Y", 31_557_600),
    ],
)
def test_a_duration_has_its_length(text, seconds):
    assert seconds_of(text) == pytest.approx(seconds)


NO_DURATIONS = [
    "",
    "P",
    "PT",
    "P1",
    "1H",
    "PT1H30",
    "P1DT",
    "-PT1H",
    "PT1.5H30M",
    "P1W2D",
    "PT1M1H",
    "pt1h",
    "PT1H ",
    "P١D",
]


@pytest.mark.parametrize("text", [*NO_DURATIONS, "P" + "1" * 200 + "D"])
def test_what_is_no_duration_has_no_length(text):
    assert seconds_of(text) is None


@given(st.integers(1, 100_000))
def test_minutes_are_read_as_they_are_written(minutes):
    assert minutes_of(written(minutes)) == minutes


@given(st.integers(0, 999), st.integers(0, 999), st.integers(0, 999), st.integers(0, 999))
def test_the_parts_add_up(days, hours, minutes, seconds):
    expected = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)

    assert seconds_of(f"P{days}DT{hours}H{minutes}M{seconds}S") == expected.total_seconds()


@given(st.text(alphabet="PTYMDWHS0123456789.,-", max_size=12))
def test_any_text_is_a_duration_or_isn_t(text):
    seconds = seconds_of(text)

    assert seconds is None or seconds >= 0


# Python's own range, but for what another zone may lead out of it.
TIMES = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29))  # noqa: DTZ001 zones are drawn


@given(TIMES, st.integers(-14 * 60 + 1, 14 * 60))
def test_a_time_is_read_as_python_writes_it(moment, offset):
    at = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))

    assert moment_of(at.isoformat()) == at


def test_a_time_may_be_more_precise_than_is_kept():
    assert moment_of("2026-01-05t09:30:00.123456789z") == datetime(2026, 1, 5, 9, 30, 0, 123456, UTC)


@pytest.mark.parametrize(
    "tag", ["en", "en-GB", "zh-Hans-CN", "sr-Latn", "de-DE-1996", "tlh", "x-private", "i-klingon", "es-419"]
)
def test_language_tags_are_known(tag):
    assert is_language(tag)


@pytest.mark.parametrize("tag", ["", "e", "en_GB", "english language", "en-", "-en", "en--GB", "123", "en-GB-", "Ω"])
def test_what_is_no_language_tag_is_not(tag):
    assert not is_language(tag)
