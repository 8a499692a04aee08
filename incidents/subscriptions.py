"""Subscriptions of Amazon SNS are confirmed after their message was verified and stored, not while Amazon waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from audit.services import record
from aurora_site.core.netguard import Guard, Limits, OutboundFailed, OutboundRefused
from incidents.models import Delivery, DeliveryState, Integration
from incidents.sources import sns
from incidents.sources.cloudwatch import CONFIRM_TASK, WAITS, CloudWatch, topic_is_taken

LIMITS = Limits(max_bytes=20_000, max_redirects=0, cut=True)
# Amazon keeps a subscription waiting for three days.
SWEEP_AFTER, SWEEP_UNTIL, SWEEP_LIMIT = timedelta(minutes=2), timedelta(days=3), 50
_RETRY: dict[str, Any] = {
    "autoretry_for": (OutboundFailed,),
    "max_retries": 5,
    "retry_backoff": True,
    "ignore_result": True,
}


@shared_task(name=CONFIRM_TASK, **_RETRY)
def confirm_subscription(delivery_id: str) -> None:
    """Confirm the subscription that a delivery asks for, once."""
    subscription_confirm(delivery_id=UUID(delivery_id))


@shared_task(name="incidents.sweep_subscriptions", ignore_result=True)
def sweep_subscriptions() -> None:
    """Ring again for subscriptions whose task was lost or failed."""
    now = timezone.now()
    waiting = Delivery.objects.filter(
        integration__in=Integration.objects.filter(source=CloudWatch.name, is_enabled=True),
        received_at__range=(now - SWEEP_UNTIL, now - SWEEP_AFTER),
        state=DeliveryState.IGNORED,
        reason__endswith=WAITS,
    )
    for delivery_id in waiting.values_list("pk", flat=True)[:SWEEP_LIMIT]:
        confirm_subscription.delay(str(delivery_id))


def subscription_confirm(*, delivery_id: UUID, guard: Guard | None = None) -> None:
    """Confirm what a stored delivery asks for; the delivery's reason tells what came of it.

    The first topic confirmed is the only one that its integration takes from then on, unless it has a list. Calling it
    again does no harm. Raises OutboundFailed: then it is worth another try.
    """
    delivery = Delivery.objects.select_related("integration").filter(pk=delivery_id).first()
    if delivery is None or not delivery.reason.endswith(WAITS) or delivery.integration.source != CloudWatch.name:
        return
    try:
        message = sns.message_from(bytes(delivery.body))
        url = sns.confirmation_url(message)
        if not topic_is_taken(message.topic, delivery.integration.options):
            raise ValueError("The topic isn't among the integration's topics (topic_arns).")
        answer = (guard or Guard(limits=LIMITS)).request("GET", url)
    except (ValueError, OutboundRefused) as error:
        _tell(delivery, f"Not confirmed: {error}")
        return
    if answer.status >= 500 or answer.status == 429:
        raise OutboundFailed(f"Amazon answered {answer.status}.")
    if answer.status != 200:
        _tell(
            delivery, f"Not confirmed: Amazon answered {answer.status}. Request the confirmation again in its console."
        )
        return
    _confirmed(delivery, message.topic)


@transaction.atomic
def _confirmed(delivery: Delivery, topic: str) -> None:
    integration = Integration.objects.select_for_update().get(pk=delivery.integration_id)
    if not _tell(delivery, f"Confirmed the subscription of {topic}."):
        return
    if not integration.options.get("topic_arns"):
        integration.options = {**integration.options, "topic_arns": [topic]}
        integration.save(update_fields=["options", "updated_at"])
    record(
        event="incidents.subscription_confirmed",
        organization_id=integration.organization_id,
        actor_id="",
        subject=("integration", integration.pk),
        data={"topic": topic},
    )


def _tell(delivery: Delivery, reason: str) -> bool:
    """Put a final reason on a delivery that waits; whether it still did."""
    waiting = Delivery.objects.filter(pk=delivery.pk, reason__endswith=WAITS)
    return bool(waiting.update(reason=reason[:500]))
