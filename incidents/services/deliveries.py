"""Writes of deliveries that people ask for: a test of an integration, and another try at one that failed."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils import timezone

from audit.services import record
from incidents.doorbell import ringer
from incidents.errors import IntegrationDisabled, NotRetriable, UnknownReference
from incidents.intake import CUT_HEADER, delivery_accept
from incidents.models import Delivery, DeliveryState, Integration
from incidents.services.integrations import integration_secrets
from incidents.sources import registry
from incidents.trials import END_TASK, LASTS

RETRIABLE = (DeliveryState.FAILED, DeliveryState.UNREADABLE)


def integration_test(*, organization_id: UUID, actor_id: str, integration_id: UUID) -> Delivery:
    """Take in the example of the integration's source, signed as its vendor would; a minute later its alert ends.

    Raises UnknownReference, and IntegrationDisabled for one that would refuse its vendor.
    """
    integration = Integration.objects.for_organization(organization_id).filter(pk=integration_id).first()
    if integration is None:
        raise UnknownReference("There is no such integration.", field="integration")
    if not integration.is_enabled:
        raise IntegrationDisabled("This integration is disabled, so that its address answers 404. Enable it first.")
    source = registry.source(integration.source)
    request = source.example(timezone.now())
    if secrets := integration_secrets(integration):
        request = source.signed(request, secrets[0])
    with transaction.atomic():
        delivery = delivery_accept(integration, source, request, is_test=True).delivery
        record(
            event="incidents.integration_tested",
            organization_id=organization_id,
            actor_id=actor_id,
            subject=("integration", integration.pk),
            data={"delivery_id": str(delivery.pk)},
        )
        end = partial(current_app.send_task, END_TASK, [str(delivery.pk)], countdown=LASTS.total_seconds())
        transaction.on_commit(end, robust=True)
    return delivery


def delivery_retry(*, organization_id: UUID, actor_id: str, delivery_id: UUID) -> Delivery:
    """Process a delivery again that failed or couldn't be read. Raises UnknownReference, NotRetriable."""
    with transaction.atomic():
        rows = Delivery.objects.for_organization(organization_id).select_for_update()
        delivery = rows.filter(pk=delivery_id).first()
        if delivery is None:
            raise UnknownReference("There is no such delivery.", field="delivery")
        if delivery.state not in RETRIABLE:
            raise NotRetriable(f"This delivery is {delivery.state}; only failed and unreadable ones are tried again.")
        if CUT_HEADER in delivery.headers:
            raise NotRetriable("Only the beginning of this delivery was kept, so that it can't be read again.")
        before = delivery.state
        delivery.state, delivery.attempts, delivery.reason = DeliveryState.PENDING, 0, ""
        delivery.save(update_fields=["state", "attempts", "reason"])
        record(
            event="incidents.delivery_retried",
            organization_id=organization_id,
            actor_id=actor_id,
            subject=("delivery", delivery.pk),
            data={"state": before},
        )
        transaction.on_commit(lambda: ringer.ring(organization_id))
    return delivery
