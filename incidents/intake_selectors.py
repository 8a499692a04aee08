"""Reads of integrations, deliveries, alerts and silences. Every list takes a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from incidents.models import UNKNOWN_SERVICE, Alert, Delivery, Integration, Repeat, Silence

DAY = timedelta(days=1)


def integrations(organization_id: object) -> QuerySet[Integration]:
    """The organisation's integrations, by name, each with ``last_delivery_at``."""
    newest = Delivery.objects.for_organization(organization_id).filter(integration=OuterRef("pk"))
    last = newest.order_by("-received_at").values("received_at")[:1]
    return Integration.objects.for_organization(organization_id).annotate(last_delivery_at=Subquery(last))


def deliveries_of_today(organization_id: object, rows: Iterable[Integration]) -> dict[UUID, dict[str, int]]:
    """How many deliveries of each state the integrations had in the last 24 hours."""
    found: dict[UUID, dict[str, int]] = {}
    recent = Delivery.objects.for_organization(organization_id).filter(received_at__gte=timezone.now() - DAY)
    groups = recent.filter(integration__in=list(rows)).order_by().values("integration_id", "state")
    for group in groups.annotate(count=Count("pk")):
        found.setdefault(group["integration_id"], {})[group["state"]] = group["count"]
    return found


def deliveries(organization_id: object, *, integration_id: UUID | None = None, state: str = "") -> QuerySet[Delivery]:
    """Deliveries without their bodies, newest first."""
    rows = Delivery.objects.for_organization(organization_id).defer("body")
    if integration_id is not None:
        rows = rows.filter(integration_id=integration_id)
    return rows.filter(state=state) if state else rows


def alerts(
    organization_id: object,
    *,
    status: str = "",
    severity: str = "",
    service: str = "",
    source: str = "",
    text: str = "",
) -> QuerySet[Alert]:
    """Alerts that meet every filter given, newest first."""
    rows = Alert.objects.for_organization(organization_id).select_related("service")
    exact = {"status": status, "severity": severity, "source_type": source}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if service:
        rows = rows.filter(**({"service": None} if service == UNKNOWN_SERVICE else {"service__name": service}))
    if text:
        rows = rows.filter(Q(title__icontains=text) | Q(source_alert_id__icontains=text))
    return rows.order_by("-received_at", "-id")


def silences(organization_id: object, *, over: bool | None = None) -> QuerySet[Silence]:
    """Silences and maintenance windows, those that start last first; ``over``: whether they will never hold again."""
    rows = Silence.objects.for_organization(organization_id).prefetch_related("services")
    if over is None:
        return rows
    now = timezone.now()
    ended = Q(ended_early_at__lte=now) | Q(repeat=Repeat.NEVER, ends_at__lte=now)
    return rows.filter(ended) if over else rows.exclude(ended)
