"""What is drawn above the list: incidents of each day, and how long people took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.core.cache import cache
from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import TruncDay
from django.utils import timezone

from incidents.models import Incident
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
    today = timezone.now().date()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    first = timezone.make_aware(datetime.combine(days[0], time.min))
    begun = (
        Incident.objects.for_organization(organization_id).filter(started_at__gte=first, merged_into=None).order_by()
    )
    counted = begun.annotate(day=TruncDay("started_at")).values_list("day")
    groups = counted.annotate(count=Count("pk"), grave=Count("pk", filter=Q(severity__in=("critical", "high"))))
    daily = {day.date(): (count, grave) for day, count, grave in groups}
    most = max((count for count, _ in daily.values()), default=0)
    means = begun.aggregate(acknowledged=_mean("acknowledged_at"), resolved=_mean("resolved_at"))
    return Figures(
        bars=_bars(daily, days, most),
        days=days,
        total=sum(count for count, _ in daily.values()),
        most=most,
        until_acknowledged=_words(means["acknowledged"]),
        until_resolved=_words(means["resolved"]),
    )


def _mean(field: str) -> Avg:
    took = ExpressionWrapper(F(field) - F("started_at"), output_field=DurationField())
    return Avg(took, filter=Q(**{f"{field}__gte": F("started_at")}))


def _words(mean: timedelta | None) -> str:
    return "" if mean is None else span(mean)


def _bars(daily: Mapping[date, tuple[int, int]], days: Sequence[date], most: int) -> list[Bar]:
    return [
        Bar(
            place,
            _height(daily[day][0], most),
            _height(daily[day][1], most),
            f"{day:%-d %b}: {daily[day][0]}, of them {daily[day][1]} critical or high",
        )
        for place, day in enumerate(days)
        if day in daily
    ]


def _height(count: int, most: int) -> int:
    return max(LEAST, round(HEIGHT * count / most)) if count else 0
