"""From what sources say to alerts and incidents, many at once: a constant number of queries for what is known already, and
a handful for each new alert. Called with the journal open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from incidents.flapping import flapping_note
from incidents.journal import Journal
from incidents.models import Alert, AlertSeries, Service
from incidents.observations import Observation
from incidents.placing import Placer
from incidents.reconciling import CONTENT, COUNTERS, STATE, Changes, reconcile
from incidents.services.service_graph import services_named
from incidents.storing import rows_update

_CONTENT_IN_ROWS = (*STATE, *COUNTERS, *CONTENT)


def observations_apply(log: Journal, observations: Sequence[Observation]) -> None:
    """Bring series, alerts and incidents in line with what was said, in order of receipt."""
    by_print: dict[str, list[Observation]] = {}
    for each in observations:
        by_print.setdefault(each.fingerprint, []).append(each)
    series = _series(log, by_print)
    rows = _rows(log, series.values())
    services = _services(log, observations)
    within = timedelta(seconds=settings.AURORA_REOPEN_SECONDS)
    changes = [
        reconcile(series[key], rows.get(series[key].pk, []), said, services, within) for key, said in by_print.items()
    ]
    _store(log, changes)


def _store(log: Journal, changes: Sequence[Changes]) -> None:
    placer = Placer(log)
    placer.load(row for one in changes for row in (*one.updated, *one.counted, *(gone for gone, _ in one.absorbed)))
    for one in changes:
        for gone, survivor in one.absorbed:
            placer.absorb(gone, survivor)
    # What ended before what began: of a fingerprint only one is open.
    updated = sorted((row for one in changes for row in one.updated), key=lambda row: row.started_at)
    rows_update(updated, _CONTENT_IN_ROWS)
    rows_update([row for one in changes for row in one.counted], COUNTERS)
    for one in changes:
        _follow(placer, one)
    rows_update([one.series for one in changes], ["events", "flapping_since"])
    placer.close()
    for one in changes:
        for row in one.created:
            placer.place(row)
    placer.close()


def _follow(placer: Placer, changes: Changes) -> None:
    """Have incidents follow alerts that ended or fire again."""
    began, quiet = flapping_note(changes, placer.log.now)
    flaps = changes.series.flapping_since is not None
    for row in changes.closed:
        placer.ended(row, is_flapping=flaps)
    for row in changes.refired:
        placer.refired(row, is_flapping=flaps)
    newest = [*changes.updated, *changes.counted][-1:]
    for row in newest:
        if began:
            placer.note(row, "alert.flapping", "It comes and goes; until it is quiet, that changes nothing here.")
        if quiet:
            placer.settled(row)


def _series(log: Journal, by_print: dict[str, list[Observation]]) -> dict[str, AlertSeries]:
    rows = AlertSeries.objects.for_organization(log.organization_id).filter(fingerprint__in=by_print)
    known = {row.fingerprint: row for row in rows}
    new = [
        AlertSeries(
            organization_id=log.organization_id,
            fingerprint=key,
            source_type=said[0].source,
            parts=list(said[0].parts),
        )
        for key, said in by_print.items()
        if key not in known
    ]
    AlertSeries.objects.bulk_create(new)
    return known | {row.fingerprint: row for row in new}


def _rows(log: Journal, series: Iterable[AlertSeries]) -> dict[UUID, list[Alert]]:
    """The alerts that events may still change, in order of time, by series."""
    known = [one for one in series if one.events]
    if not known:
        return {}
    earliest = min(datetime.fromisoformat(one.events[0][0]) for one in known)
    rows = Alert.objects.for_organization(log.organization_id).filter(series__in=known)
    rows = rows.filter(Q(open_key__isnull=False) | Q(ended_at__gte=earliest))
    found: dict[UUID, list[Alert]] = {}
    for row in rows.select_related("service").order_by("started_at"):
        found.setdefault(row.series_id, []).append(row)
    return found


def _services(log: Journal, observations: Iterable[Observation]) -> dict[str, Service]:
    names = {each.alert.service for each in observations if each.alert.service}
    return services_named(organization_id=log.organization_id, names=sorted(names))
