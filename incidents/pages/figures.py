"""What is drawn above the list: incidents of each day, and how long people took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.cache import cache

from incidents.figures import response_figures
from incidents.pages.times import span

DAYS = 30
KEPT_SECONDS = 60
# The height of the drawing, and what the least of something is drawn as.
HEIGHT, LEAST = 48, 3


@dataclass(frozen=True)
class Bar:
    """A day: its place from 0, its height, the part of it that was critical or high, and all that in words."""

    place: int
    height: int
    grave_height: int
    words: str

    @property
    def top(self) -> int:
        return HEIGHT - self.height

    @property
    def grave_top(self) -> int:
        return HEIGHT - self.grave_height


@dataclass(frozen=True)
class Figures:
    """The last ``DAYS`` days. The means are words, empty where there is nothing to average."""

    bars: Sequence[Bar]
    days: Sequence[date]
    total: int
    most: int
    until_acknowledged: str
    until_resolved: str


def figures_of(organization_id: object) -> Figures:
    """An organisation's incidents that began in the last days (UTC), as of a minute ago at most."""
    key = f"incident-figures:{organization_id}"
    found: Figures | None = cache.get(key)
    if found is None:
        found = _counted(organization_id)
        cache.set(key, found, KEPT_SECONDS)
    return found


def _counted(organization_id: object) -> Figures:
    told = response_figures(organization_id, DAYS - 1)
    most = max(day["opened"] for day in told["per_day"])
    return Figures(
        bars=_bars(told["per_day"], most),
        days=[day["date"] for day in told["per_day"]],
        total=told["total"],
        most=most,
        until_acknowledged=_words(told["mtta"]["mean_seconds"]),
        until_resolved=_words(told["mttr"]["mean_seconds"]),
    )


def _words(seconds: float | None) -> str:
    return "" if seconds is None else span(timedelta(seconds=seconds))


def _bars(per_day: Sequence[Mapping[str, Any]], most: int) -> list[Bar]:
    return [
        Bar(
            place,
            _height(day["opened"], most),
            _height(day["grave"], most),
            f"{day['date']:%-d %b}: {day['opened']}, of them {day['grave']} critical or high",
        )
        for place, day in enumerate(per_day)
        if day["opened"]
    ]


def _height(count: int, most: int) -> int:
    return max(LEAST, round(HEIGHT * count / most)) if count else 0
