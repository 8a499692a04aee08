"""Writes of integrations: the senders of alerts, their addresses and secrets."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.services import record
from aurora_site.core.secret_text import seal, unseal
from incidents.errors import AlreadyExists, UnknownReference, UnknownSourceName
from incidents.models import Delivery, Integration
from incidents.sources import registry

TOKEN_BYTES = 24
MOST_REMOVED_AT_ONCE = 500


def integration_create(
    *,
    organization_id: UUID,
    actor_id: str,
    source: str,
    name: str,
    secret: str = "",
    options: Mapping[str, Any] | None = None,
) -> Integration:
    """A new sender. With a secret, its deliveries must prove that they know it. Raises AlreadyExists, UnknownSourceName."""
    try:
        registry.source(source)
    except registry.UnknownSource as error:
        known = ", ".join(sorted(each.name for each in registry.sources()))
        raise UnknownSourceName(f"There is no source named {source}. Allowed values: {known}.") from error
    token = secrets.token_urlsafe(TOKEN_BYTES)
    integration = Integration(
        organization_id=organization_id,
        source=source,
        name=name,
        token_hash=token_digest(token),
        token_sealed=seal(token),
        secret_sealed=seal(secret),
        options=dict(options or {}),
        created_by_id=actor_id,
    )
    with transaction.atomic():
        _save(integration)
        _record("created", integration, actor_id, {"source": source, "name": name, "has_secret": bool(secret)})
    return integration


def integration_update(
    *,
    organization_id: UUID,
    actor_id: str,
    integration_id: UUID,
    name: str | None = None,
    is_enabled: bool | None = None,
    options: Mapping[str, Any] | None = None,
) -> Integration:
    """Change what is given. Raises UnknownReference, AlreadyExists."""
    given = {"name": name, "is_enabled": is_enabled, "options": None if options is None else dict(options)}
    with transaction.atomic():
        integration = integration_locked(organization_id, integration_id)
        changed = {
            field: value for field, value in given.items() if value is not None and value != getattr(integration, field)
        }
        if changed:
            for field, value in changed.items():
                setattr(integration, field, value)
            _save(integration)
            told = {field: value for field, value in changed.items() if field != "options"}
            _record("updated", integration, actor_id, {"changed": sorted(changed), **told})
    return integration


def integration_rotate(
    *,
    organization_id: UUID,
    actor_id: str,
    integration_id: UUID,
    token: bool,
    secret: str | None,
    grace_hours: int = 24,
) -> Integration:
    """A new address (``token``), a new secret (empty: none any more; None: as it is), or both.

    What is replaced stays good for ``grace_hours``; 0 ends it at once. What isn't replaced keeps its own grace.
    Raises UnknownReference.
    """
    with transaction.atomic():
        integration, now = integration_locked(organization_id, integration_id), timezone.now()
        until = now + timedelta(hours=grace_hours)
        if token:
            _token_replace(integration, keep=grace_hours > 0)
            integration.previous_until = until
        if secret is not None:
            integration.previous_secret_sealed = integration.secret_sealed if grace_hours else ""
            integration.secret_sealed = seal(secret)
            integration.previous_secret_until = until
        integration.save()
        data = {"token": token, "secret": secret is not None, "grace_hours": grace_hours}
        _record("rotated", integration, actor_id, data)
    return integration


def integration_delete(*, organization_id: UUID, actor_id: str, integration_id: UUID) -> None:
    """Take an integration away with its deliveries; the alerts and incidents that came of them stay.

    Raises UnknownReference.
    """
    integration_update(
        organization_id=organization_id, actor_id=actor_id, integration_id=integration_id, is_enabled=False
    )
    removed = 0
    while count := _deliveries_remove(organization_id, integration_id):
        removed += count
    with transaction.atomic():
        integration = integration_locked(organization_id, integration_id)
        _record("deleted", integration, actor_id, {"name": integration.name, "deliveries": removed})
        integration.delete()


def integration_address(integration: Integration) -> str:
    """Where its sender sends to. Raises SecretUnreadable."""
    token = unseal(integration.token_sealed)
    return f"{settings.AURORA_PUBLIC_URL}/api/webhooks/{integration.source}/{token}"


def integration_secrets(integration: Integration) -> list[str]:
    """The secrets that its deliveries may be signed with now, the current one first; none where it needs none.

    Raises SecretUnreadable.
    """
    if not integration.secret_sealed:
        return []
    until = integration.previous_secret_until
    grace = until is not None and until > timezone.now()
    previous = unseal(integration.previous_secret_sealed) if grace else ""
    return [unseal(integration.secret_sealed), *([previous] if previous else [])]


def integration_locked(organization_id: UUID, integration_id: UUID) -> Integration:
    """An integration of the organisation while nobody else changes it. Raises UnknownReference."""
    rows = Integration.objects.for_organization(organization_id).select_for_update()
    integration = rows.filter(pk=integration_id).first()
    if integration is None:
        raise UnknownReference("There is no such integration.", field="integration")
    return integration


def token_digest(token: str) -> str:
    """What a token is found by."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _token_replace(integration: Integration, *, keep: bool) -> None:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    integration.previous_token_hash = integration.token_hash if keep else None
    integration.token_hash, integration.token_sealed = token_digest(token), seal(token)


def _save(integration: Integration) -> None:
    try:
        with transaction.atomic():
            integration.save()
    except IntegrityError as error:
        raise AlreadyExists(f"There is an integration named {integration.name} already.", field="name") from error


def _deliveries_remove(organization_id: UUID, integration_id: UUID) -> int:
    rows = Delivery.objects.for_organization(organization_id).filter(integration_id=integration_id).order_by()
    ids = list(rows.values_list("pk", flat=True)[:MOST_REMOVED_AT_ONCE])
    rows.filter(pk__in=ids).delete()
    return len(ids)


def _record(verb: str, integration: Integration, actor_id: str, data: Mapping[str, Any]) -> None:
    record(
        event=f"incidents.integration_{verb}",
        organization_id=integration.organization_id,
        actor_id=actor_id,
        subject=("integration", integration.pk),
        data=data,
    )
