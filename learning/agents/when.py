"""Reads lengths of time and dates out of what a person says. Pure; the year and "next week" are by ``today``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from learning.agents.words import MONTHS, NUMBERS, WEEKDAYS

_SPELT = "|".join(sorted(NUMBERS, key=len, reverse=True))
_NUMBER = rf"(\d{{1,4}}(?:[.,]\d{{1,2}})?|(?:{_SPELT})(?:[ -](?:{_SPELT}))?|an?|half an?)"
_TIME = r"(hours?|hrs?|h|minutes?|mins?)"
_PER_WEEK = re.compile(
    rf"\b{_NUMBER}[ -]?{_TIME}\b[ ]*(?:(?:a|per|each|every|of my|in a|/)[ ]*(?:week|wk)\b|/ ?wk?\b|weekly)", re.I
)
_PER_DAY = re.compile(
    rf"\b{_NUMBER}[ -]?{_TIME}\b[ ]*(?:(?:a|per|each|every|/)[ ]*((?:week|work|working )?day)\b|daily)", re.I
)
_HOURS_ALONE = re.compile(rf"\b{_NUMBER}[ -]?(hours?|hrs?|h)\b", re.I)
_SPAN = re.compile(
    (
        rf"\b{_NUMBER}[ -]?(days?|weeks?|months?)\b(?! ?(?:a|per|each|every) (?:week"
        rf"|month|day|year)|\s*(?:ago|off|away|late))"
    ),
    re.I,
)
_RELATIVE = re.compile(
    (
        rf"\b(?:by|another|add|extra|plus)\s+(?:(?:another|extra)\s+)?{_NUMBER}["
        rf" -]?(days?|weeks?)\b|\b{_NUMBER}[ -]?(?:more|extra|additional)[ -](days?"
        rf"|weeks?)\b|\b{_NUMBER}[ -]?(days?|weeks?) (?:more|longer)\b"
    ),
    re.I,
)
_SHORTER = re.compile(r"\b(?:shorten|shorter|fewer|less|cut)\b", re.I)
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY_NAMES = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_DATE = (
    rf"(\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})\b\.?"
    rf"(?:,? \d{{4}})?|(?:{_MONTH})\b\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
    rf"|\d{{1,2}}\.\d{{1,2}}\.(?:\d{{4}})?|today|tomorrow|(?:next )?(?:{_DAY_NAMES})\b)"
)
_BARE_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_RANGE = re.compile(rf"\b{_DATE}\s*(?:to|until|till|through|and|-|–)\s*(?:the )?{_DATE}", re.I)
_RANGE_OF_MONTH = re.compile(rf"\b{_BARE_DAY}\s*(?:to|until|till|through|and|-|–)\s*(?:the )?{_DATE}", re.I)
_RANGE_IN_MONTH = re.compile(
    rf"\b((?:{_MONTH})\b\.? \d{{1,2}})(?:st|nd|rd|th)?\s*(?:to|until|till|through|-|–)\s*{_BARE_DAY}\b", re.I
)
_SINGLE = re.compile(rf"\b{_DATE}", re.I)
_RATE = re.compile(r"(?:hours?|hrs?|h|days?|minutes?|mins?|times?|once|twice)\s*$", re.I)
_PAST = re.compile(r"\b(?:last|past|after)\s+$", re.I)
DAYS_OF = {"day": 1, "week": 7, "month": 30}
DAYS_A_WEEK, WORKDAYS_A_WEEK = 7, 5


@dataclass(frozen=True)
class Span:
    """Days from the first to the last, both included."""

    first: date
    last: date


def weekly_hours_in(text: str) -> float | None:
    """The hours a week that a text speaks of; hours a day count seven times, hours a working day five times."""
    if match := _PER_WEEK.search(text):
        return _hours(match[1], match[2])
    if match := _PER_DAY.search(text):
        days = DAYS_A_WEEK if (match[3] or "day").lower() == "day" else WORKDAYS_A_WEEK
        return _hours(match[1], match[2]) * days
    if match := _HOURS_ALONE.search(text):
        return _hours(match[1], match[2])
    return None


def days_in(text: str) -> int | None:
    """The length in days that a text speaks of; weeks have seven, months thirty."""
    spans = [match for match in _SPAN.finditer(text) if not _of_time(text, match)]
    if not spans:
        return None
    return round(_number(spans[0][1]) * DAYS_OF[spans[0][2].lower().rstrip("s")])


def more_days_in(text: str) -> int | None:
    """By how many days a text wants something longer; fewer than 0 for shorter."""
    match = _RELATIVE.search(text)
    if match is None:
        return None
    number, unit = next((match[at], match[at + 1]) for at in (1, 3, 5) if match[at])
    days = round(_number(number) * DAYS_OF[unit.lower().rstrip("s")])
    return -days if _SHORTER.search(text) else days


def span_in(text: str, today: date) -> Span | None:
    """The days that a text names: a range, a week, or a single day; None for none, or for a day that there isn't."""
    try:
        return _range(text, today) or _week(text, today) or _single(text, today)
    except (ValueError, OverflowError):
        return None


def _of_time(text: str, match: re.Match[str]) -> bool:
    """Whether the length says how often or how long ago: "five hours a week", "the last two weeks"."""
    before = text[: match.start()]
    if match[1].lower() in ("a", "an"):
        return bool(_RATE.search(before))
    return bool(_PAST.search(before))


def _hours(number: str, unit: str) -> float:
    value = _number(number)
    return value / 60 if unit.lower().startswith("m") else value


def _number(text: str) -> float:
    text = text.lower().strip()
    if text.startswith("half"):
        return 0.5
    if text in ("a", "an"):
        return 1.0
    if text[0].isdigit():
        return float(text.replace(",", "."))
    return float(sum(NUMBERS[word] for word in re.split(r"[ -]", text)))


def _range(text: str, today: date) -> Span | None:
    if match := _RANGE.search(text):
        first = _date(match[1], today)
        last = _date(match[2], first)
    elif match := _RANGE_OF_MONTH.search(text):
        last = _date(match[2], today)
        first = last.replace(day=int(match[1]))
        first = first if first <= last else (last.replace(day=1) - timedelta(days=1)).replace(day=int(match[1]))
    elif match := _RANGE_IN_MONTH.search(text):
        first = _date(match[1], today)
        last = first.replace(day=int(match[2]))
    else:
        return None
    if first > last:
        raise ValueError("The last day is before the first.")
    return Span(first, last)


def _week(text: str, today: date) -> Span | None:
    monday = today - timedelta(days=today.weekday())
    if re.search(r"\bnext week\b", text, re.I):
        return Span(monday + timedelta(days=7), monday + timedelta(days=13))
    if re.search(r"\b(?:this week|rest of the week)\b", text, re.I):
        return Span(today, monday + timedelta(days=6))
    return None


def _single(text: str, today: date) -> Span | None:
    if match := _SINGLE.search(text):
        day = _date(match[1], today)
        until = re.search(rf"\b(?:until|till) (?:the )?{re.escape(match[1])}", text, re.I)
        return Span(today if until else day, day)
    return None


def _date(text: str, today: date) -> date:
    """A date in words; without a year the next one from ``today`` on. Raises ValueError for a day that there isn't."""
    lowered = text.lower().strip().rstrip(".")
    if lowered in ("today", "tomorrow"):
        return today + timedelta(days=lowered == "tomorrow")
    if weekday := re.fullmatch(rf"(next )?({_DAY_NAMES})", lowered):
        ahead = (WEEKDAYS[weekday[2]] - today.weekday()) % 7
        return today + timedelta(days=ahead or (7 if weekday[1] else 0))
    if iso := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", lowered):
        return date(int(iso[1]), int(iso[2]), int(iso[3]))
    numbers = re.findall(r"\d+", lowered)
    month = next((MONTHS[word] for word in re.findall(r"[a-z]+", lowered) if word in MONTHS), None)
    if month is None:
        month = int(numbers.pop(1))
    year = next((int(number) for number in numbers if len(number) == 4), None)
    day = int(next(number for number in numbers if len(number) < 3))
    found = date(year or today.year, month, day)
    return found if year or found >= today else date(today.year + 1, month, day)
