"""API keys: made, shown once, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.services import record
from aurora_site.accounts import tokens
from aurora_site.accounts.models import ApiKey, Organization, User
from aurora_site.core.http.errors import NotFound


@transaction.atomic
def api_key_create(
    *, organization: Organization, user: User, name: str, scopes: Sequence[str], expires_in_days: int | None = None
) -> tuple[ApiKey, str]:
    """A new key and its text, which is kept nowhere and can't be shown again."""
    text, now = tokens.api_key_new(), timezone.now()
    key = ApiKey.objects.create(
        organization=organization,
        user=user,
        name=name,
        prefix=text[: tokens.API_KEY_SHOWN],
        key_hash=tokens.secret_hash(text),
        scopes=sorted(set(scopes)),
        created_at=now,
        expires_at=now + timedelta(days=expires_in_days) if expires_in_days else None,
    )
    record(
        event="accounts.api_key_created",
        organization_id=organization.pk,
        actor_id=user.pk,
        subject=("api_key", key.pk),
        data={"prefix": key.prefix, "scopes": key.scopes},
    )
    return key, text


@transaction.atomic
def api_key_revoke(*, organization: Organization, key_id: UUID, actor: User, of_anyone: bool) -> None:
    """Revoke one's own key, or with ``of_anyone`` any of the organisation. Raises NotFound."""
    keys = ApiKey.objects.for_organization(organization).filter(pk=key_id, revoked_at=None)
    if not of_anyone:
        keys = keys.filter(user=actor)
    if not keys.update(revoked_at=timezone.now()):
        raise NotFound("There is no such API key.")
    record(
        event="accounts.api_key_revoked",
        organization_id=organization.pk,
        actor_id=actor.pk,
        subject=("api_key", key_id),
    )


@transaction.atomic
def api_keys_revoke(*, organization: Organization, user: User, actor: User) -> int:
    """Revoke all keys of a user in an organisation. Returns how many were live."""
    keys = ApiKey.objects.for_organization(organization).filter(user=user, revoked_at=None)
    revoked = keys.update(revoked_at=timezone.now())
    if revoked:
        record(
            event="accounts.api_keys_revoked",
            organization_id=organization.pk,
            actor_id=actor.pk,
            subject=("user", user.pk),
            data={"count": revoked},
        )
    return revoked
