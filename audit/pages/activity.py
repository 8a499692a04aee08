"""What was recorded lately, counted to be drawn: records a day of each part of the product, and how long seals took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from math import log1p

from django.db.models import Count
from django.db.models.functions import TruncDay
from django.utils import timezone

from audit.models import Leaf, Record, TreeHead
from audit.pages.wording import area_of, duration

DAYS = 30
SEALS = 40
# The height of the drawings, and what the least of something is drawn as.
HEIGHT, LEAST = 24, 2
# Seconds; waits are told apart from about here.
SHORTEST = 0.1


@dataclass(frozen=True)
class Bar:
    """One bar of a drawing: its place from 0, its height, and what it stands for in words."""

    place: int
    height: int
    count: float
    words: str

    @property
    def top(self) -> int:
        return HEIGHT - self.height


@dataclass(frozen=True)
class Row:
    """The bars of one part of the product; all rows have one scale."""

    area: str
    total: int
    bars: Sequence[Bar]
    events: Mapping[str, int]


@dataclass(frozen=True)
class Activity:
    """The records of the last ``days`` days, the busiest part first. ``most`` is what the highest bar stands for."""

    rows: Sequence[Row]
    days: Sequence[date]
    most: int

    @property
    def total(self) -> int:
        return sum(row.total for row in self.rows)


def activity_of(organization_id: object) -> Activity:
    """An organisation's records of the last days, by day (UTC) and area."""
    today = timezone.now().date()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    since = timezone.make_aware(datetime.combine(days[0], time.min))
    records = Record.objects.filter(organization_id=str(organization_id), at__gte=since).order_by()
    counted = records.annotate(day=TruncDay("at")).values_list("event", "day").annotate(count=Count("id"))
    daily: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    events: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for event, day, count in counted:
        daily[area_of(event)][day.date()] += count
        events[area_of(event)][event] += count
    most = max((count for counts in daily.values() for count in counts.values()), default=0)
    rows = [
        Row(area, sum(counts.values()), _daily_bars(counts, days, most), dict(events[area]))
        for area, counts in daily.items()
    ]
    return Activity(sorted(rows, key=lambda row: (-row.total, row.area)), days, most)


def _daily_bars(counts: Mapping[date, int], days: Sequence[date], most: int) -> list[Bar]:
    return [
        Bar(place, _height(counts[day], most), counts[day], f"{day:%-d %b}: {counts[day]:,}")
        for place, day in enumerate(days)
        if counts.get(day)
    ]


@dataclass(frozen=True)
class SealTimes:
    """How long the first record of each of the last seals had waited, the oldest seal first; seconds. The bars are drawn
    on a logarithmic scale: a worker that was away for an hour mustn't make all the others look like nothing."""

    bars: Sequence[Bar]
    longest: float
    latest: float

    @property
    def longest_words(self) -> str:
        return duration(1000 * self.longest)

    @property
    def latest_words(self) -> str:
        return duration(1000 * self.latest)


def seal_times() -> SealTimes:
    """From the newest heads: when each was signed, and when the first record it added was written."""
    newest = list(TreeHead.objects.order_by("-size").values_list("size", "at")[: SEALS + 1])[::-1]
    if len(newest) <= SEALS:
        newest = [(0, timezone.now()), *newest]
    firsts = dict(Leaf.objects.filter(seq__in=[size for size, _ in newest[:-1]]).values_list("seq", "record_id"))
    times = dict(Record.objects.filter(pk__in=firsts.values()).order_by().values_list("pk", "at"))
    waits = []
    for (before, _), (_, signed) in pairwise(newest):
        # Clocks may step; the record may have been removed by retention.
        written = times.get(firsts.get(before))  # type: ignore[arg-type]
        waits.append(max(0.0, (signed - written).total_seconds()) if written else 0.0)
    longest = max(waits, default=0.0)
    bars = [
        Bar(place, _height(log1p(wait / SHORTEST), log1p(longest / SHORTEST)), wait, duration(1000 * wait))
        for place, wait in enumerate(waits)
    ]
    return SealTimes(bars, longest, waits[-1] if waits else 0.0)


def _height(count: float, most: float) -> int:
    return max(LEAST, round(HEIGHT * count / most)) if count else 0
