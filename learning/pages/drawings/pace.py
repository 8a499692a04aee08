"""Draws the minutes planned and done so far against each other, and where the plan is likely to end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from learning.pages.drawings.scale import Scale, area, line, months

WIDTH, HEIGHT, EDGE, FOOT = 720, 220, 4, 22


@dataclass(frozen=True)
class Settled:
    """An item of the plan: when it is planned, its minutes, and the day it was done."""

    planned_on: date
    minutes: int
    done_on: date | None = None


@dataclass(frozen=True)
class Week:
    """A week counted from the start of the plan: the minutes planned and done until its end."""

    number: int
    ends_on: date
    planned: int
    done: int | None


@dataclass(frozen=True)
class PaceDrawing:
    """Paths of what is planned and done; ``today`` and ``finish`` are places across, ``band`` is the forecast's
    left edge and width. Words that begin after ``late`` end where they would begin."""

    planned: str
    done: str
    done_area: str
    today: float | None
    finish: float
    band: tuple[float, float] | None
    likely: float | None
    ticks: Sequence[tuple[float, str]]
    weeks: Sequence[Week]
    total: int
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - FOOT
    edge: int = EDGE
    right: int = WIDTH - EDGE
    foot: int = HEIGHT - 5
    late: int = WIDTH - 60
    band_height: int = HEIGHT - FOOT - EDGE


def pace_drawing(
    items: Iterable[Settled],
    *,
    starts_on: date,
    ends_on: date,
    today: date,
    forecast: tuple[date, date, date] | None = None,
) -> PaceDrawing:
    """Draw a plan from its first to its last day, or to the end of ``forecast`` (earliest, likely, latest) if later."""
    rows = list(items)
    last = max([ends_on, *(forecast or ()), today if today <= ends_on + timedelta(days=60) else ends_on])
    planned = _sums(((each.planned_on, each.minutes) for each in rows), starts_on, ends_on)
    until = min(today, last)
    done = _sums(((each.done_on, each.minutes) for each in rows if each.done_on), starts_on, until)
    total = sum(each.minutes for each in rows)
    across = Scale(starts_on.toordinal(), last.toordinal(), EDGE, WIDTH - EDGE)
    up = Scale(0, max(total, 1), HEIGHT - FOOT, EDGE)
    places = [(across(day.toordinal()), up(minutes)) for day, minutes in done]
    return PaceDrawing(
        planned=line((across(day.toordinal()), up(minutes)) for day, minutes in planned),
        done=line(places),
        done_area=area(places, [(x, up(0)) for x, _ in places]),
        today=across(today.toordinal()) if starts_on <= today <= last else None,
        finish=across(ends_on.toordinal()),
        band=_band(forecast, across),
        likely=across(forecast[1].toordinal()) if forecast else None,
        ticks=months(starts_on, last, across),
        weeks=_weeks(dict(planned), dict(done), starts_on, ends_on),
        total=total,
    )


def _band(forecast: tuple[date, date, date] | None, across: Scale) -> tuple[float, float] | None:
    """Left edge and width of the forecast; at least wide enough to be seen."""
    if forecast is None:
        return None
    left, right = across(forecast[0].toordinal()), across(forecast[2].toordinal())
    return left, max(round(right - left, 1), 3.0)


def _sums(rows: Iterable[tuple[date | None, int]], first: date, last: date) -> list[tuple[date, int]]:
    """The minutes until the end of each day; what lies before the first day counts on it, what lies after the last not."""
    minutes: Counter[date] = Counter()
    for day, amount in rows:
        if day is not None and day <= last:
            minutes[max(day, first)] += amount
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return list(zip(days, accumulate(minutes[day] for day in days), strict=True))


def _weeks(planned: dict[date, int], done: dict[date, int], first: date, last: date) -> list[Week]:
    rows = []
    for number in range((last - first).days // 7 + 1):
        end = min(first + timedelta(days=7 * number + 6), last)
        begun = first + timedelta(days=7 * number)
        rows.append(Week(number + 1, end, planned[end], done.get(end, max(done.values()) if begun in done else None)))
    return rows
