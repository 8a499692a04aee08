"""On which days an event repeats (RFC 5545, RRULE), by looking at each day in turn: bounded, whatever the rule says. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
KNOWN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY"})
# A rule that counts is followed from its first day on; no further back than this.
LONGEST_COUNTED = timedelta(days=20 * 366)


class RuleNotUnderstood(ValueError):
    """A rule with a part that isn't known here; the text names it."""


def days_of(rule: Mapping[str, Sequence[Any]], start: date, since: date, until: date) -> list[date]:
    """The days from ``since`` to ``until`` on which an event that began on ``start`` happens, by a rule as icalendar reads
    it (``UNTIL`` is the caller's, who knows the time of day). Raises RuleNotUnderstood."""
    parsed = _Rule(rule, start)
    if parsed.count is None:
        return [day for day in _days(max(start, since), until) if parsed.meets(day)]
    if until - start > LONGEST_COUNTED:
        raise RuleNotUnderstood("A rule with COUNT began too long ago.")
    days = [day for day in _days(start, until) if parsed.meets(day)][: parsed.count]
    return [day for day in days if day >= since]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


class _Rule:
    """A rule, asked day by day."""

    def __init__(self, rule: Mapping[str, Sequence[Any]], start: date) -> None:
        if unknown := {name.upper() for name in rule} - KNOWN:
            raise RuleNotUnderstood(f"Rules with {', '.join(sorted(unknown))} are not understood.")
        self.start = start
        self.frequency = str(_one(rule, "FREQ", "")).upper()
        self.interval = int(_one(rule, "INTERVAL", 1))
        count = _one(rule, "COUNT", None)
        self.count = None if count is None else int(count)
        self.week_start = WEEKDAYS.index(str(_one(rule, "WKST", "MO")).upper())
        self.months = {int(month) for month in rule.get("BYMONTH", ())}
        self.month_days = {int(day) for day in rule.get("BYMONTHDAY", ())}
        self.weekdays = [_weekday(str(day).upper()) for day in rule.get("BYDAY", ())]
        self._check()
        self._complete()

    def meets(self, day: date) -> bool:
        return (
            self._period(day) % self.interval == 0
            and (not self.months or day.month in self.months)
            and (not self.month_days or bool({day.day, day.day - _month_length(day) - 1} & self.month_days))
            and (not self.weekdays or any(_is_weekday(day, *weekday) for weekday in self.weekdays))
        )

    def _check(self) -> None:
        if self.frequency not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
            raise RuleNotUnderstood(f"Rules that repeat {self.frequency or 'without FREQ'} are not understood.")
        if self.interval < 1:
            raise RuleNotUnderstood("INTERVAL is less than 1.")
        if self.frequency == "WEEKLY" and self.month_days:
            raise RuleNotUnderstood("Weekly rules with BYMONTHDAY are not understood.")
        if any(number for number, _ in self.weekdays) and self.frequency != "MONTHLY":
            raise RuleNotUnderstood("Numbers in BYDAY are understood in monthly rules alone.")

    def _complete(self) -> None:
        """What a rule leaves open is as on the first day."""
        if self.frequency == "WEEKLY" and not self.weekdays:
            self.weekdays = [(0, self.start.weekday())]
        if self.frequency in ("MONTHLY", "YEARLY") and not self.weekdays and not self.month_days:
            self.month_days = {self.start.day}
            if self.frequency == "YEARLY" and not self.months:
                self.months = {self.start.month}

    def _period(self, day: date) -> int:
        """How many days, weeks, months or years lie between the first one and this one."""
        if self.frequency == "DAILY":
            return (day - self.start).days
        if self.frequency == "WEEKLY":
            return (self._week(day) - self._week(self.start)) // 7
        years = day.year - self.start.year
        return years if self.frequency == "YEARLY" else years * 12 + day.month - self.start.month

    def _week(self, day: date) -> int:
        return day.toordinal() - (day.weekday() - self.week_start) % 7


def _one(rule: Mapping[str, Sequence[Any]], name: str, default: Any) -> Any:
    values = rule.get(name)
    return values[0] if values else default


def _weekday(text: str) -> tuple[int, int]:
    """``-1FR`` as (-1, 4); (0, 4) for ``FR``."""
    name, number = text[-2:], text[:-2]
    if name not in WEEKDAYS:
        raise RuleNotUnderstood(f"{text} is no day of the week.")
    return int(number or 0), WEEKDAYS.index(name)


def _is_weekday(day: date, number: int, weekday: int) -> bool:
    """Whether it is such a day of the week: any of the month for 0, else its first, second, or (below 0) last."""
    if day.weekday() != weekday:
        return False
    nth, from_end = (day.day - 1) // 7 + 1, -((_month_length(day) - day.day) // 7 + 1)
    return number in (0, nth, from_end)


def _month_length(day: date) -> int:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (following - timedelta(days=1)).day
