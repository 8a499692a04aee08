"""Removing old deliveries when their organisation wants it. Alerts and incidents that came of them stay."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from audit.services import record
from aurora_site.core.retention import Kind
from incidents.models import Delivery, DeliveryState

DELIVERIES_AT_ONCE = 500
MINIMUM_DAYS = 7


def deliveries_prune(*, organization_id: str, before: datetime, dry_run: bool = False) -> int:
    """Remove an organisation's deliveries from before a time, but those that still wait to be processed; how many."""
    rows = Delivery.objects.for_organization(organization_id).filter(received_at__lt=before).order_by()
    rows = rows.exclude(state=DeliveryState.PENDING)
    if dry_run:
        return rows.count()
    removed = 0
    while ids := list(rows.order_by("received_at").values_list("pk", flat=True)[:DELIVERIES_AT_ONCE]):
        with transaction.atomic():
            Delivery.objects.for_organization(organization_id).filter(pk__in=ids).delete()
            record(
                event="incidents.deliveries_pruned",
                organization_id=organization_id,
                subject=("organization", organization_id),
                data={"before": before.isoformat(), "deliveries": len(ids)},
            )
        removed += len(ids)
    return removed


KIND = Kind(
    name="deliveries",
    meaning="What monitoring systems sent, as it arrived. The alerts and incidents that came of it stay.",
    minimum_days=MINIMUM_DAYS,
    prune=deliveries_prune,
)
