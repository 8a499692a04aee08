"""A plan as an iCalendar file (RFC 5545): an event for each item, one after another on its day.

An event's UID is that of its item in every version of the plan, and its SEQUENCE grows when it changes; what a version no
longer has is there as cancelled, for the calendars that know it. The same plan gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vText

from learning.models import ItemState, Learner, Plan, PlanItem
from learning.timetable import minutes_before
from learning.zones import zone_component

PRODUCER = "-//Aurora//Learning//EN"
REFRESH = timedelta(hours=1)
# Text may hold anything that isn't a control character (RFC 5545, 3.3.11); line breaks the library writes as such.
_CONTROLS = {number: None for number in (*range(32), 127) if number != ord("\n")}


@dataclass(frozen=True, kw_only=True)
class PlanCalendar:
    """What goes into a calendar: a plan with its items (None without one), and items of its older versions that it doesn't
    have any more, each as it was last."""

    learner: Learner
    plan: Plan | None
    gone: Sequence[PlanItem] = ()

    @property
    def changed_at(self) -> datetime:
        """When anything of it changed last; the learner's own changes move the times of day."""
        times = [self.learner.updated_at, *([self.plan.updated_at] if self.plan else [])]
        return max(times).astimezone(UTC).replace(microsecond=0)

    def to_ical(self) -> bytes:
        """The file: UTF-8, lines ended by CRLF."""
        calendar = _calendar(self.learner)
        items = list(self.plan.items.all()) if self.plan else []
        events = [*self._events(items, gone=False), *self._events(self.gone, gone=True)]
        zone = ZoneInfo(self.learner.time_zone)
        if events and zone.key != "UTC":
            days = [item.date for item in (*items, *self.gone)]
            calendar.add_component(zone_component(zone, min(days), max(days) + timedelta(days=2)))
        for event in events:
            calendar.add_component(event)
        content: bytes = calendar.to_ical()
        return content

    def _events(self, items: Sequence[PlanItem], *, gone: bool) -> Iterable[Event]:
        starts = minutes_before(items)
        for item in items:
            yield self._event(item, starts[item.uid], cancelled=gone and item.state != ItemState.DONE)

    def _event(self, item: PlanItem, minutes: int, *, cancelled: bool) -> Event:
        event = Event()
        event.add("uid", f"{item.uid}@aurora")
        event.add("sequence", item.sequence + cancelled)
        event.add("dtstamp", self.changed_at)
        event.add("last-modified", self.changed_at)
        event.add("dtstart", self._time(item, minutes))
        event.add("dtend", self._time(item, minutes + item.minutes))
        event.add("summary", _text(_summary(item)))
        event.add("description", _text(_description(item)))
        event.add("categories", [item.kind])
        event.add("status", "CANCELLED" if cancelled or item.state == ItemState.SKIPPED else "CONFIRMED")
        if item.resource and item.resource.url:
            event.add("url", _text(item.resource.url).replace("\n", ""))
        return event

    def _time(self, item: PlanItem, minutes: int) -> datetime:
        """When so many minutes of an item's day are over. Minutes pass as they do, whatever the clock is set to."""
        zone = ZoneInfo(self.learner.time_zone)
        begin = datetime.combine(item.date, self.learner.study_at, zone).astimezone(UTC)
        moment = (begin + timedelta(minutes=minutes)).astimezone(zone)
        # Of a local time that comes twice, calendars take the first (3.3.5): the second can only be said in UTC.
        return moment.astimezone(UTC) if moment.fold else moment


def _calendar(learner: Learner) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCER)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    # The library escapes what it knows as text; these it doesn't know.
    title = vText(_text(f"Learning plan of {learner.name}"))
    calendar.add("name", title)
    calendar.add("x-wr-calname", title)
    calendar.add("x-wr-timezone", learner.time_zone)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    return calendar


def _summary(item: PlanItem) -> str:
    parts = f" ({item.part} of {item.parts})" if item.parts > 1 else ""
    done = "Done: " if item.state == ItemState.DONE else ""
    return f"{done}{item.title}{parts}"


def _description(item: PlanItem) -> str:
    states = {ItemState.DONE: "This is done.", ItemState.SKIPPED: "This was skipped."}
    return "\n\n".join(filter(None, [item.reason, states.get(ItemState(item.state), "")]))


def _text(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)
