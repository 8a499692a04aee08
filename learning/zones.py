"""A time zone as calendars carry it (RFC 5545, 3.6.5): its offsets within a span of days, read off the zone itself. Pure.

icalendar can write one, too, but its onsets are off by the change itself where the clock goes forward.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
# A zone changes twice a year; more days than these are looked at in no calendar.
MOST_DAYS = 5 * 366

Rule = tuple[timedelta, timedelta, str]


def zone_component(zone: ZoneInfo, first: date, last: date) -> Timezone:
    """The VTIMEZONE of a zone for events from ``first`` to ``last``."""
    start = datetime.combine(first, time(), UTC) - DAY
    end = min(datetime.combine(last, time(), UTC) + 2 * DAY, start + MOST_DAYS * DAY)
    component = Timezone()
    component.add("tzid", zone.key)
    before = _rule(zone, start)
    component.add_component(_observance(start, before, before))
    moment = start
    while moment < end:
        after = _rule(zone, moment + DAY)
        if after != before:
            component.add_component(_observance(_change(zone, moment, moment + DAY), before, after))
        before, moment = after, moment + DAY
    return component


def _rule(zone: ZoneInfo, moment: datetime) -> Rule:
    local = moment.astimezone(zone)
    return local.utcoffset() or timedelta(0), local.dst() or timedelta(0), local.tzname() or ""


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The second in which the rule of ``low`` ends, which isn't that of ``high``."""
    rule = _rule(zone, low)
    while high - low > SECOND:
        middle = low + timedelta(seconds=(high - low) // SECOND // 2)
        low, high = (middle, high) if _rule(zone, middle) == rule else (low, middle)
    return high


def _observance(onset: datetime, before: Rule, after: Rule) -> TimezoneStandard | TimezoneDaylight:
    """A rule from its onset on, which is written in the local time of the rule before."""
    component = TimezoneDaylight() if after[1] else TimezoneStandard()
    component.add("dtstart", (onset + before[0]).replace(tzinfo=None))
    component.add("tzoffsetfrom", before[0])
    component.add("tzoffsetto", after[0])
    component.add("tzname", after[2])
    return component
