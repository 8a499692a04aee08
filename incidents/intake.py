"""Taking deliveries in: what is answered 202 is stored. Reading them comes later, in a worker.

The path of every webhook, so it does as little as it can: a query to find the sender and one insert.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from incidents.doorbell import ringer
from incidents.models import Delivery, DeliveryState, Integration
from incidents.services.integrations import integration_secrets, token_digest
from incidents.sources import registry
from incidents.sources.base import BadSignature, CannotVerify, Source, WebhookRequest
from incidents.trials import TEST_HEADER

logger = logging.getLogger(__name__)

# Of a body that is too large to be read, so much is kept to be looked at, and this header says how long it was.
KEPT_OF_TOO_LARGE = 64 * 1024
CUT_HEADER = "x-aurora-cut"
LONGEST_HEADER = 500
BACKLOG_SECONDS = 1.0

# Headers that are kept: what sources read, and what helps to see who sent it. None of them proves anything by itself.
KEPT_HEADERS = frozenset({
    "content-type", "content-length", "user-agent", "request-id", "x-request-id", "x-delivery-id",
    "sentry-hook-resource", "sentry-hook-timestamp", "x-webhook-id", "x-pagerduty-webhook-subscription-id",
    "x-amz-sns-message-type", "x-amz-sns-message-id", "x-amz-sns-topic-arn", "webhook-id", "webhook-timestamp",
    "svix-id", "svix-timestamp", "x-grafana-alerting-timestamp", "x-aurora-timestamp",
})  # fmt: skip


class UnknownAddress(Exception):
    """No enabled integration of the source has this token."""


class Overloaded(Exception):
    """Aurora takes nothing more for now; ``source`` says how its vendor is told."""

    def __init__(self, source: Source) -> None:
        super().__init__("Aurora takes no more deliveries for now. Send it again later.")
        self.source = source


@dataclass(frozen=True)
class Accepted:
    """A delivery that is stored, now or when it came first."""

    delivery: Delivery
    is_duplicate: bool


def integration_at(source_name: str, token: str) -> tuple[Integration, Source]:
    """The enabled integration at an address. Raises UnknownAddress."""
    digest = token_digest(token)
    rows = Integration.objects.filter(source=source_name, is_enabled=True)
    integration = rows.filter(token_hash=digest).first()
    if integration is None:
        integration = rows.filter(previous_token_hash=digest, previous_until__gt=timezone.now()).first()
    if integration is None:
        raise UnknownAddress
    try:
        return integration, registry.source(source_name)
    except registry.UnknownSource:
        raise UnknownAddress from None


def delivery_receive(integration: Integration, source: Source, request: WebhookRequest) -> Accepted:
    """Check who sent a delivery, and store it. Raises BadSignature and Overloaded; then nothing of it is stored."""
    try:
        source.verify(request, integration_secrets(integration))
    except BadSignature as error:
        Integration.objects.filter(pk=integration.pk).update(
            refused_count=F("refused_count") + 1, refused_at=request.received_at, refused_reason=str(error)[:300]
        )
        raise
    except CannotVerify as error:
        logger.warning("a delivery to %s can't be verified: %s", integration.pk, error)
        raise Overloaded(source) from error
    if not _minute.admits(integration.pk) or _backlog.is_full(integration.organization_id):
        raise Overloaded(source)
    return delivery_accept(integration, source, request)


def delivery_accept(
    integration: Integration, source: Source, request: WebhookRequest, *, is_test: bool = False
) -> Accepted:
    """Store a delivery whose sender is known, once, and ring for it after the commit."""
    delivery = _delivery(integration, source, request)
    if is_test:
        # Another test within the second has the same body, and isn't the same delivery.
        delivery.key, delivery.headers[TEST_HEADER] = secrets.token_hex(32), "1"
    try:
        # Alone it is one statement, committed at once; a transaction would make three of it.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            delivery.save(force_insert=True)
    except IntegrityError:
        same = Delivery.objects.filter(integration=integration, key=delivery.key)
        if not same.update(duplicates=F("duplicates") + 1):
            raise
        return Accepted(same.defer("body").get(), True)
    if delivery.state == DeliveryState.PENDING:
        transaction.on_commit(partial(ringer.ring, integration.organization_id))
    return Accepted(delivery, False)


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """What is stored of a delivery's headers: no credentials, and nothing that nobody reads."""
    return {name: value.replace("\x00", "")[:LONGEST_HEADER] for name, value in headers.items() if name in KEPT_HEADERS}


def _delivery(integration: Integration, source: Source, request: WebhookRequest) -> Delivery:
    vendor_id = source.delivery_id(request)
    delivery = Delivery(
        organization_id=integration.organization_id,
        integration=integration,
        key=_key(source, request, vendor_id),
        vendor_id=vendor_id.replace("\x00", "")[:255],
        headers=kept_headers(request.headers),
        body=request.body,
        received_at=request.received_at,
    )
    if len(request.body) > settings.AURORA_WEBHOOK_MAX_BYTES:
        megabytes = settings.AURORA_WEBHOOK_MAX_BYTES / 1024 / 1024
        delivery.state = DeliveryState.UNREADABLE
        delivery.reason = (
            f"The body is larger than {megabytes:g} MB (AURORA_WEBHOOK_MAX_MB); its first 64 KB are kept. "
            "Have the sender group fewer alerts."
        )
        delivery.processed_at = request.received_at
        delivery.body = request.body[:KEPT_OF_TOO_LARGE]
        delivery.headers[CUT_HEADER] = "1"
    return delivery


def _key(source: Source, request: WebhookRequest, vendor_id: str) -> str:
    if vendor_id:
        return hashlib.sha256(b"id:" + vendor_id.encode("utf-8", "surrogatepass")).hexdigest()
    if source.has_time:
        return hashlib.sha256(b"body:" + request.body).hexdigest()
    return secrets.token_hex(32)


class _Minute:
    """How many deliveries each integration sent to this process in the current minute."""

    def __init__(self) -> None:
        self._minute, self._counts = 0, dict[UUID, int]()

    def admits(self, integration_id: UUID) -> bool:
        minute = int(time.time() // 60)
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        count = self._counts.get(integration_id, 0) + 1
        self._counts[integration_id] = count
        return count <= settings.AURORA_INTAKE_PER_MINUTE


class _Backlog:
    """Whether too much of an organisation is unprocessed; looked up once a second."""

    def __init__(self) -> None:
        self._known: dict[UUID, tuple[float, bool]] = {}

    def is_full(self, organization_id: UUID) -> bool:
        at, full = self._known.get(organization_id, (0.0, False))
        if time.monotonic() - at < BACKLOG_SECONDS:
            return full
        rows = Delivery.objects.for_organization(organization_id).filter(state=DeliveryState.PENDING).order_by()
        full = rows.values("pk")[: settings.AURORA_INTAKE_BACKLOG].count() >= settings.AURORA_INTAKE_BACKLOG
        self._known[organization_id] = time.monotonic(), full
        return full


_minute = _Minute()
_backlog = _Backlog()
