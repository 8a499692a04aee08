"""What time alone changes: silences that end while something fires, and alerts that stop flapping."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from incidents.flapping import flapping_settle
from incidents.journal import journal
from incidents.models import Alert, AlertSeries, AlertStatus
from incidents.placing import Placer
from incidents.silencing import silence_of, silences_since

MOST_AT_ONCE = 200


def alerts_sweep() -> None:
    """Let alerts that were kept quiet open their incidents once nothing silences them, and settle those that flapped."""
    for organization_id in _organizations(_quiet(Alert.objects.all())):
        silenced_place(organization_id)
    for organization_id in _organizations(AlertSeries.objects.filter(flapping_since__isnull=False)):
        flapping_settle(organization_id)


def silenced_place(organization_id: UUID) -> None:
    """Put the firing alerts of an organisation that no silence matches any more into incidents."""
    quiet = _quiet(Alert.objects.for_organization(organization_id)).select_related("service")
    looked_at = quiet.defer("payload", "annotations").order_by("received_at", "id")
    now = timezone.now()
    silences = silences_since(organization_id, now)
    waiting = [row.pk for row in looked_at if silence_of(silences, row, now) is None][:MOST_AT_ONCE]
    if not waiting:
        return
    with journal(organization_id) as log:
        placer = Placer(log)
        rows = [
            row for row in quiet.filter(pk__in=waiting).order_by("received_at", "id") if not placer.is_silenced(row)
        ]
        placer.load(rows)
        for row in rows:
            placer.unsilence(row)
        placer.close()


def _quiet(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    return alerts.filter(Q(incident=None) | Q(silence__isnull=False), status=AlertStatus.FIRING)


def _organizations(rows: QuerySet[Alert] | QuerySet[AlertSeries]) -> list[UUID]:
    return list(rows.order_by().values_list("organization_id", flat=True).distinct())
