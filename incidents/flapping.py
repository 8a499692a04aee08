"""Alerts that come and go: until they are quiet, they neither resolve nor reopen their incident."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from incidents.journal import journal
from incidents.models import Alert, AlertSeries
from incidents.placing import Placer
from incidents.reconciling import Changes
from incidents.series import History, is_flapping, is_restless

MOST_AT_ONCE = 200


def flapping_note(changes: Changes, now: datetime) -> tuple[bool, bool]:
    """Say in the series whether it flaps; whether that began now, and whether it is over."""
    series, within = changes.series, _within()
    events = changes.history.events
    if series.flapping_since is None:
        if not is_flapping(events, now, most=settings.AURORA_FLAPPING_CHANGES, within=within):
            return False, False
        series.flapping_since = now
        return True, False
    if is_restless(events, now, within=within):
        return False, False
    series.flapping_since = None
    return False, True


def flapping_settle(organization_id: UUID) -> int:
    """Let the alerts that have become quiet resolve or reopen their incidents; how many were quiet."""
    with journal(organization_id) as log:
        rows = AlertSeries.objects.for_organization(organization_id).filter(flapping_since__isnull=False)
        quiet = [
            series
            for series in rows.order_by("flapping_since")[:MOST_AT_ONCE]
            if not is_restless(History.from_json(series.events).events, log.now, within=_within())
        ]
        AlertSeries.objects.for_organization(organization_id).filter(pk__in=[one.pk for one in quiet]).update(
            flapping_since=None
        )
        if quiet:
            _settle(Placer(log), quiet)
    return len(quiet)


def _settle(placer: Placer, quiet: list[AlertSeries]) -> None:
    newest: dict[UUID, Alert] = {}
    rows = Alert.objects.for_organization(placer.log.organization_id).filter(series__in=quiet)
    for row in rows.select_related("service").order_by("started_at"):
        newest[row.series_id] = row
    placer.load(newest.values())
    for row in newest.values():
        placer.settled(row)
    placer.close()


def _within() -> timedelta:
    return timedelta(seconds=settings.AURORA_FLAPPING_SECONDS)
