"""Integrations and their deliveries as their pages show them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import TruncHour
from django.utils import timezone

from incidents.models import Alert, Delivery, DeliveryState, Integration

HOURS = 24
HEIGHT, LEAST = 24, 2
LONGEST_BODY = 16_000
STATE_WORDS = {
    str(DeliveryState.PENDING): ("is-waiting", "Waiting"),
    str(DeliveryState.PROCESSED): ("is-good", "Processed"),
    str(DeliveryState.IGNORED): ("", "Nothing in it"),
    str(DeliveryState.UNREADABLE): ("is-bad", "Unreadable"),
    str(DeliveryState.FAILED): ("is-bad", "Failed"),
}
BAD = (DeliveryState.UNREADABLE, DeliveryState.FAILED)


@dataclass(frozen=True)
class Bar:
    """The deliveries of one hour, drawn."""

    place: int
    height: int
    words: str

    @property
    def top(self) -> int:
        return HEIGHT - self.height


@dataclass(frozen=True)
class Row:
    """An integration of the list: what arrived in the last day, hour by hour, and what was wrong."""

    integration: Integration
    last_at: datetime | None
    count: int
    bars: Sequence[Bar]
    unreadable: int
    failed: int
    refused_lately: bool


@dataclass(frozen=True)
class Shown:
    """A delivery: its body as text, bounded, and the alerts that it was the last to speak of."""

    delivery: Delivery
    tag: str
    words: str
    body: str
    is_cut: bool
    headers: Sequence[tuple[str, str]]
    alerts: Sequence[Alert]
    can_retry: bool


def integration_rows(integrations: Iterable[Integration], organization_id: object) -> list[Row]:
    """The rows of integrations, in two queries however many there are."""
    listed, now = list(integrations), timezone.now()
    since = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    deliveries = Delivery.objects.for_organization(organization_id).filter(integration__in=listed).order_by()
    lately = deliveries.filter(received_at__gte=since)
    hourly: dict[Any, dict[datetime, int]] = {row.pk: {} for row in listed}
    for integration_id, hour, count in (
        lately.annotate(hour=TruncHour("received_at")).values_list("integration", "hour").annotate(count=Count("pk"))
    ):
        hourly[integration_id][hour] = count
    sums = {row["integration"]: row for row in deliveries.values("integration").annotate(
        last=Max("received_at"),
        unreadable=Count("pk", filter=Q(received_at__gte=since, state=DeliveryState.UNREADABLE)),
        failed=Count("pk", filter=Q(received_at__gte=since, state=DeliveryState.FAILED)),
    )}  # fmt: skip
    most = max((count for counts in hourly.values() for count in counts.values()), default=0)
    return [_row(each, sums.get(each.pk, {}), hourly[each.pk], since, most) for each in listed]


def _row(
    integration: Integration, sums: dict[str, Any], hourly: dict[datetime, int], since: datetime, most: int
) -> Row:
    refused = integration.refused_at is not None and integration.refused_at >= since
    bars = [
        Bar(place, max(LEAST, round(HEIGHT * count / most)), f"{hour:%H}:00 UTC: {count}")
        for place in range(HOURS)
        if (count := hourly.get(hour := since + timedelta(hours=place), 0))
    ]
    return Row(
        integration=integration,
        last_at=sums.get("last"),
        count=sum(hourly.values()),
        bars=bars,
        unreadable=sums.get("unreadable", 0),
        failed=sums.get("failed", 0),
        refused_lately=refused,
    )


def shown_deliveries(deliveries: QuerySet[Delivery], most: int) -> list[Shown]:
    """The first of some deliveries, with the alerts that came of them."""
    listed = list(deliveries[:most])
    alerts: dict[Any, list[Alert]] = {}
    found = Alert.objects.for_organization(listed[0].organization_id) if listed else Alert.objects.none()
    for alert in found.filter(last_delivery__in=listed).select_related("incident").defer("payload"):
        alerts.setdefault(alert.last_delivery_id, []).append(alert)
    return [_shown(each, alerts.get(each.pk, [])) for each in listed]


def _shown(delivery: Delivery, alerts: Sequence[Alert]) -> Shown:
    tag, words = STATE_WORDS[delivery.state]
    body = readable(bytes(delivery.body))
    return Shown(
        delivery=delivery,
        tag=tag,
        words=words,
        body=body[:LONGEST_BODY],
        is_cut=len(body) > LONGEST_BODY,
        headers=[(str(name), str(value)) for name, value in delivery.headers.items()],
        alerts=alerts[:20],
        can_retry=delivery.state in BAD,
    )


def readable(body: bytes) -> str:
    """A body as text: JSON indented where it is short enough to be worth it, anything else as it came."""
    text = body[: 4 * LONGEST_BODY].decode("utf-8", "replace")
    if len(body) > LONGEST_BODY:
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
