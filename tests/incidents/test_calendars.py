"""Shifts out of iCalendar files."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.calendars import UnreadableCalendar, calendar_read

SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 30, tzinfo=UTC)


def calendar(*events, head=""):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//EN", *filter(None, [head])]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.split("\n"), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def times(text):
    read = calendar_read(text, SINCE, UNTIL)
    assert read.problems == []
    return [(f"{each.starts_at:%m-%d %H:%M}", f"{each.ends_at:%m-%d %H:%M}") for each in read.shifts]


def test_an_event_is_a_shift():
    text = calendar(
        "UID:a\nSUMMARY:Night\nDTSTART:20260310T200000Z\nDTEND:20260311T080000Z\n"
        "ATTENDEE;CN=Ops One:mailto:one@example.com\nATTENDEE:MAILTO:two@example.com"
    )

    (shift,) = calendar_read(text, SINCE, UNTIL).shifts

    assert (shift.uid, shift.summary) == ("a", "Night")
    assert shift.attendees == ("one@example.com", "Ops One", "two@example.com")
    assert (shift.starts_at, shift.ends_at) == (
        datetime(2026, 3, 10, 20, tzinfo=UTC),
        datetime(2026, 3, 11, 8, tzinfo=UTC),
    )


def test_shifts_follow_each_other_when_the_clocks_change():
    text = calendar(
        "UID:a\nSUMMARY:x\nDTSTART;TZID=Europe/Berlin:20260327T090000\nDTEND;TZID=Europe/Berlin:20260328T090000\n"
        "RRULE:FREQ=DAILY;COUNT=4"
    )

    assert times(text) == [
        ("03-27 08:00", "03-28 08:00"),
        ("03-28 08:00", "03-29 07:00"),
        ("03-29 07:00", "03-30 07:00"),
        ("03-30 07:00", "03-31 07:00"),
    ]


def test_what_is_left_out_added_and_moved():
    text = calendar(
        "UID:a\nSUMMARY:x\nDTSTART:20260302T090000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;UNTIL=20260330T090000Z\n"
        "EXDATE:20260309T090000Z\nRDATE:20260401T120000Z",
        "UID:a\nSUMMARY:x\nRECURRENCE-ID:20260316T090000Z\nDTSTART:20260317T100000Z\nDURATION:PT2H",
        "UID:a\nSUMMARY:x\nSTATUS:CANCELLED\nRECURRENCE-ID:20260323T090000Z\nDTSTART:20260323T090000Z\nDURATION:PT1H",
    )

    assert times(text) == [
        ("03-02 09:00", "03-02 10:00"),
        ("03-17 10:00", "03-17 12:00"),
        ("03-30 09:00", "03-30 10:00"),
        ("04-01 12:00", "04-01 13:00"),
    ]


def test_days_are_those_of_the_calendar():
    text = calendar(
        "UID:a\nSUMMARY:x\nDTSTART;VALUE=DATE:20260302\nDTEND;VALUE=DATE:20260309", head="X-WR-TIMEZONE:Europe/Berlin"
    )

    assert times(text) == [("03-01 23:00", "03-08 23:00")]


def test_a_shift_that_is_on_already_counts():
    assert times(calendar("UID:a\nDTSTART:20260228T120000Z\nDTEND:20260302T120000Z")) == [
        ("02-28 12:00", "03-02 12:00")
    ]
    assert times(calendar("UID:a\nDTSTART:20260220T120000Z\nDTEND:20260301T000000Z")) == []


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ("UID:a\nSUMMARY:x\nDTSTART:20260310T090000Z", "It has no end."),
        ("UID:a\nSUMMARY:x\nDTEND:20260310T090000Z", "It has no start."),
        ("UID:a\nSUMMARY:x\nDTSTART:20260310T090000Z\nDTEND:20260310T090000Z", "It ends before it starts."),
        ("UID:a\nSUMMARY:x\nDTSTART:20260310T090000Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY", "SECONDLY"),
        ("UID:a\nSUMMARY:x\nDTSTART:tomorrow\nDURATION:PT1H", "DTSTART"),
        ("UID:a\nSUMMARY:x\nDTSTART:20260310T090000Z\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20260401T120000Z/PT1H", ""),
    ],
)
def test_an_event_that_is_not_understood_is_reported_and_the_others_are_read(event, says):
    good = "UID:b\nSUMMARY:y\nDTSTART:20260311T090000Z\nDURATION:PT1H"

    read = calendar_read(calendar(event, good), SINCE, UNTIL)

    assert [shift.uid for shift in read.shifts] == ["b"]
    (problem,) = read.problems
    assert problem.startswith("x (a): ")
    assert says in problem


@pytest.mark.parametrize("text", ["", "Hello", "BEGIN:VEVENT\nUID:a\nEND:VEVENT", "x" * 1_000_001, "BEGIN:VCALENDAR"])
def test_what_is_no_calendar_is_refused(text):
    with pytest.raises(UnreadableCalendar):
        calendar_read(text, SINCE, UNTIL)


def test_too_many_shifts_are_refused():
    events = [
        f"UID:{number}\nDTSTART:20260301T{number:02}0000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY" for number in range(24)
    ] * 2

    with pytest.raises(UnreadableCalendar, match="2,000 shifts"):
        calendar_read(calendar(*events), SINCE, UNTIL)


WORDS = st.sampled_from(
    """DTSTART DTEND DURATION RRULE EXDATE RDATE UID SUMMARY ATTENDEE RECURRENCE-ID STATUS : ; = TZID=Europe/Berlin
    VALUE=DATE 20260310 20260310T090000Z 20260310T090000 PT1H -PT1H FREQ=DAILY COUNT=3 UNTIL=20260401 BYDAY=MO,XX
    INTERVAL=0 99991231T235959Z 00010101 mailto:a@example.com""".split()  # noqa: SIM905
)


@given(lines=st.lists(st.lists(WORDS | st.text(max_size=5), max_size=5).map("".join), max_size=6))
def test_whatever_is_in_it_either_reads_or_is_refused_in_words(lines):
    text = calendar("UID:x\nDTSTART:20260310T090000Z\nDURATION:PT1H\n" + "\n".join(lines))
    try:
        read = calendar_read(text, SINCE, UNTIL)
    except UnreadableCalendar:
        return
    assert all(shift.ends_at > shift.starts_at for shift in read.shifts)


def test_a_shift_of_centuries_has_not_every_day_of_them_looked_at():
    text = calendar(*["UID:a\nDTSTART:00020101T000000Z\nDTEND:20000101T000000Z\nRRULE:FREQ=DAILY;INTERVAL=99999"] * 100)

    read = calendar_read(text, SINCE, UNTIL)

    assert (read.shifts, read.problems) == ([], ["An event (a): It is longer than a year."] * 100)


def test_what_names_people_is_bounded():
    attendees = "\n".join(f"ATTENDEE:mailto:person{number}@example.com" for number in range(100))
    summary = "a" * 100_000
    text = calendar(f"UID:a\nSUMMARY:{summary}\nDTSTART:20260310T090000Z\nDURATION:PT1H\n{attendees}")

    (shift,) = calendar_read(text, SINCE, UNTIL).shifts

    assert (len(shift.summary), len(shift.attendees)) == (500, 50)
