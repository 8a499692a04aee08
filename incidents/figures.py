"""How fast an organisation acknowledges and resolves: MTTA and MTTR, by severity and by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, median
from typing import Any

from django.utils import timezone

from incidents.models import Incident, IncidentStatus, Severity

# More than an organisation has in a year; the newest count.
MOST_INCIDENTS = 50_000
GRAVE = (Severity.CRITICAL, Severity.HIGH)


@dataclass(frozen=True)
class Row:
    """What counts of an incident."""

    severity: str
    started_at: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None


def response_figures(organization_id: object, days: int) -> dict[str, Any]:
    """Of the incidents that began in the last ``days``, all but the merged ones; times are in seconds from the start of the
    incident. One query. ``{"days", "since", "total", "complete", "mtta", "mttr", "by_severity", "per_day"}``.
    """
    now = timezone.now()
    since = now - timedelta(days=days)
    found = Incident.objects.for_organization(organization_id).filter(started_at__gte=since)
    found = found.exclude(status=IncidentStatus.MERGED).order_by("-started_at", "-id")
    columns = ("severity", "started_at", "acknowledged_at", "resolved_at")
    rows = [Row(*values) for values in found.values_list(*columns)[: MOST_INCIDENTS + 1]]
    return {
        "days": days,
        "since": since,
        "total": len(rows[:MOST_INCIDENTS]),
        "complete": len(rows) <= MOST_INCIDENTS,
        **_times(rows[:MOST_INCIDENTS]),
        "by_severity": _by_severity(rows[:MOST_INCIDENTS]),
        "per_day": _per_day(rows[:MOST_INCIDENTS], since, now),
    }


def _times(rows: Iterable[Row]) -> dict[str, Any]:
    rows = list(rows)
    return {
        "mtta": _summed_up((row.acknowledged_at - row.started_at) for row in rows if row.acknowledged_at),
        "mttr": _summed_up((row.resolved_at - row.started_at) for row in rows if row.resolved_at),
    }


def _summed_up(spans: Iterable[timedelta]) -> dict[str, Any]:
    # A sender's clock may be ahead of ours.
    seconds = [max(span.total_seconds(), 0.0) for span in spans]
    if not seconds:
        return {"count": 0, "mean_seconds": None, "median_seconds": None}
    return {
        "count": len(seconds),
        "mean_seconds": round(fmean(seconds), 1),
        "median_seconds": round(median(seconds), 1),
    }


def _by_severity(rows: list[Row]) -> dict[str, Any]:
    groups = {severity: [row for row in rows if row.severity == severity] for severity in Severity.values}
    return {severity: {"total": len(group), **_times(group)} for severity, group in groups.items()}


def _per_day(rows: list[Row], since: datetime, now: datetime) -> list[dict[str, Any]]:
    """How many began, how many of these were critical or high (``grave``), and how many of all were resolved, on each day
    (UTC), oldest first."""
    opened = Counter(row.started_at.date() for row in rows)
    grave = Counter(row.started_at.date() for row in rows if row.severity in GRAVE)
    resolved = Counter(row.resolved_at.date() for row in rows if row.resolved_at)
    days = [since.date() + timedelta(days=number) for number in range((now.date() - since.date()).days + 1)]
    return [{"date": day, "opened": opened[day], "grave": grave[day], "resolved": resolved[day]} for day in days]
