"""Reads an iCalendar file (RFC 5545) as shifts: who is named in each event, and from when until when. Pure.

Repeated events are followed by ``recurrence``, less EXDATE, plus RDATE; an event with RECURRENCE-ID takes the place of the
one that it names. What is not understood is reported, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar import Calendar

from incidents.recurrence import days_of

MOST_EVENTS = 1000
MOST_SHIFTS = 2000
LONGEST_TEXT = 1_000_000
# Longer shifts would have every day since their beginning looked at.
LONGEST_SHIFT = timedelta(days=366)
# What is compared with every member's name, for every shift.
LONGEST_SUMMARY, MOST_ATTENDEES = 500, 50
# What reading one event may raise: icalendar's own errors, and ours, are ValueErrors.
_BAD_EVENT = (ValueError, TypeError, AttributeError, KeyError, OverflowError)


class UnreadableCalendar(ValueError):
    """A text that can't be read as a calendar; the text says why."""


@dataclass(frozen=True, kw_only=True)
class CalendarShift:
    """One occurrence of an event; ``attendees`` are e-mail addresses and names."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    attendees: tuple[str, ...]
    summary: str


@dataclass
class CalendarRead:
    """The occurrences within a window, and what could not be read, in words for people."""

    shifts: list[CalendarShift] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def calendar_read(text: str, since: datetime, until: datetime) -> CalendarRead:
    """What of a calendar lies between two times. Raises UnreadableCalendar."""
    calendar = _calendar(text)
    zone = _zone(str(calendar.get("X-WR-TIMEZONE", "UTC")))
    events = calendar.walk("VEVENT")
    if len(events) > MOST_EVENTS:
        raise UnreadableCalendar(f"The calendar has more than {MOST_EVENTS:,} events.")
    found = CalendarRead()
    replaced = _replaced(events, zone)
    for event in events:
        try:
            found.shifts.extend(_Event(event, zone).shifts(since, until, replaced))
        except _BAD_EVENT as error:
            found.problems.append(f"{_label(event)}: {error or type(error).__name__}"[:300])
        if len(found.shifts) > MOST_SHIFTS:
            raise UnreadableCalendar(f"The calendar has more than {MOST_SHIFTS:,} shifts.")
    found.shifts.sort(key=lambda each: (each.starts_at, each.uid))
    return found


class _Event:
    """An event as shifts."""

    def __init__(self, event: Any, zone: tzinfo) -> None:
        self._event = event
        self._zone = zone
        if event.errors:
            raise ValueError("; ".join(f"{name}: {text}" for name, text in event.errors))
        if "DTSTART" not in event:
            raise ValueError("It has no start.")
        self._start = _local(event["DTSTART"].dt, zone)
        self._length = self._measured()
        self.uid = str(event.get("UID", ""))[:255]

    def shifts(self, since: datetime, until: datetime, replaced: set[tuple[str, datetime]]) -> Iterator[CalendarShift]:
        if str(self._event.get("STATUS", "")).upper() == "CANCELLED":
            return
        overrides = "RECURRENCE-ID" in self._event
        for start in self._starts(since - self._length, until):
            moment, end = _moment(start), _moment(start + self._length)
            if end > since and moment < until and (overrides or (self.uid, moment) not in replaced):
                yield CalendarShift(
                    uid=self.uid,
                    starts_at=moment,
                    ends_at=end,
                    attendees=tuple(islice(_attendees(self._event), MOST_ATTENDEES)),
                    summary=str(self._event.get("SUMMARY", ""))[:LONGEST_SUMMARY],
                )

    def _starts(self, since: datetime, until: datetime) -> list[datetime]:
        rule = self._event.get("RRULE")
        if isinstance(rule, list):
            raise ValueError("Events with two rules are not understood.")
        starts = [self._start] if rule is None else self._repeated(rule, since, until)
        left_out = {_moment(each) for each in self._listed("EXDATE")}
        starts = [*starts, *self._listed("RDATE")]
        return sorted({each for each in starts if _moment(each) not in left_out})

    def _repeated(self, rule: Any, since: datetime, until: datetime) -> list[datetime]:
        # A day more on both sides: it is another day elsewhere in the world.
        day = timedelta(days=1)
        days = days_of(rule, self._start.date(), since.date() - day, until.date() + day)
        starts = [datetime.combine(each, self._start.timetz()) for each in days]
        if ends := rule.get("UNTIL"):
            last = _local(ends[0], self._zone)
            if not isinstance(ends[0], datetime):
                last += timedelta(days=1, microseconds=-1)
            starts = [each for each in starts if _moment(each) <= _moment(last)]
        return starts

    def _listed(self, name: str) -> list[datetime]:
        values = self._event.get(name, [])
        lists = values if isinstance(values, list) else [values]
        return [_local(each.dt, self._zone) for one in lists for each in one.dts]

    def _measured(self) -> timedelta:
        """How long it takes by the clock on the wall, so that shifts that follow each other still do when that changes."""
        if "DTEND" in self._event:
            length = _local(self._event["DTEND"].dt, self._zone).replace(tzinfo=None) - self._start.replace(tzinfo=None)
        elif "DURATION" in self._event:
            length = self._event["DURATION"].dt
        elif not isinstance(self._event["DTSTART"].dt, datetime):
            length = timedelta(days=1)
        else:
            raise ValueError("It has no end.")
        if length <= timedelta(0):
            raise ValueError("It ends before it starts.")
        if length > LONGEST_SHIFT:
            raise ValueError("It is longer than a year.")
        return length


def _calendar(text: str) -> Any:
    if len(text) > LONGEST_TEXT:
        raise UnreadableCalendar(f"The calendar is longer than {LONGEST_TEXT:,} characters.")
    try:
        calendar = Calendar.from_ical(text)
    except _BAD_EVENT as error:
        raise UnreadableCalendar(f"This isn't an iCalendar file: {error}"[:300]) from error
    if getattr(calendar, "name", "") != "VCALENDAR":
        raise UnreadableCalendar("This isn't an iCalendar file: it doesn't begin with BEGIN:VCALENDAR.")
    return calendar


def _replaced(events: list[Any], zone: tzinfo) -> set[tuple[str, datetime]]:
    """Occurrences that an event of their own stands for, by UID and start."""
    found = set()
    for event in events:
        identifier = event.get("RECURRENCE-ID")
        # Another error of the event is reported when it is read itself.
        if hasattr(identifier, "dt"):
            found.add((str(event.get("UID", ""))[:255], _moment(_local(identifier.dt, zone))))
    return found


def _attendees(event: Any) -> Iterator[str]:
    values = event.get("ATTENDEE", [])
    for value in values if isinstance(values, list) else [values]:
        address = str(value)
        yield address[7:] if address[:7].lower() == "mailto:" else address
        if name := value.params.get("CN"):
            yield str(name)


def _local(value: Any, zone: tzinfo) -> datetime:
    """A time of the calendar; days, and times that name no zone, are in the calendar's own."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime.combine(value, time(tzinfo=zone))
    raise ValueError("It has a time that is no day and no time of day.")


def _moment(value: datetime) -> datetime:
    return value.astimezone(UTC)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _label(event: Any) -> str:
    return f"{event.get('SUMMARY', 'An event')} ({event.get('UID', 'without UID')})"[:150]
