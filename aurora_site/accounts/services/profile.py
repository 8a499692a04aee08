"""What people change about themselves."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from audit.services import record
from aurora_site.accounts.models import Membership, User
from aurora_site.core.http.errors import Forbidden


@transaction.atomic
def profile_update(*, user: User, name: str | None = None, default_organization_id: UUID | None = None) -> User:
    """Change the name or the default organisation; None leaves it. Raises Forbidden unless a member there."""
    changed = []
    if name is not None:
        user.name = name
        changed.append("name")
    if default_organization_id is not None:
        if not Membership.objects.for_organization(default_organization_id).filter(user=user).exists():
            raise Forbidden("You aren't a member of that organisation.", code="NOT_A_MEMBER")
        user.default_organization_id = default_organization_id
        changed.append("default_organization")
    if changed:
        user.save(update_fields=changed)
        record(
            event="accounts.profile_changed",
            organization_id=user.default_organization_id,
            actor_id=user.pk,
            subject=("user", user.pk),
            data={"fields": changed},
        )
    return user
