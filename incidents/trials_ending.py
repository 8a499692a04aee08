"""Ends test alerts: a task does so when their time is over, and the sweep those that the queue forgot."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from incidents.journal import journal
from incidents.models import Alert, AlertStatus, Delivery
from incidents.placing import Placer
from incidents.services.closing import alerts_end
from incidents.trials import LASTS, TEST_LABEL

# The task comes first where it can.
FORGOTTEN = LASTS + timedelta(seconds=15)
MOST_AT_ONCE = 200


def test_alerts_end(delivery_id: UUID) -> None:
    """End the alerts of a test delivery that fire. Twice is as once."""
    delivery = Delivery.objects.filter(pk=delivery_id).only("organization_id").first()
    if delivery is not None:
        _end(delivery.organization_id, _firing().filter(last_delivery=delivery))


def test_alerts_sweep() -> None:
    """End the test alerts of all organisations that fire for longer than they should."""
    late = _firing().filter(received_at__lt=timezone.now() - FORGOTTEN)
    for organization_id in list(late.order_by().values_list("organization_id", flat=True).distinct()):
        _end(organization_id, late)


def _firing() -> QuerySet[Alert]:
    return Alert.objects.filter(**{f"labels__{TEST_LABEL}": "true"}, status=AlertStatus.FIRING)


def _end(organization_id: UUID, alerts: QuerySet[Alert]) -> None:
    with journal(organization_id) as log:
        own = alerts.filter(organization_id=organization_id).select_related("series", "service")
        rows = list(own.order_by("received_at", "id")[:MOST_AT_ONCE])
        alerts_end(log, rows)
        placer = Placer(log)
        placer.load(rows)
        for row in rows:
            placer.ended(row)
        placer.close()
