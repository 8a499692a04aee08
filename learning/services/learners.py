"""Writes of learners. Each commits its rows and its ledger record together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.services import record
from aurora_site.accounts.models import Membership
from learning.errors import AlreadyExists, UnknownReference
from learning.models import Learner, Role
from learning.services.rows import insert, require_all
from learning.validators import default_minutes_per_weekday


@transaction.atomic
def learner_create(
    *,
    organization_id: UUID,
    actor_id: str,
    name: str,
    email: str = "",
    user_id: str | None = None,
    role_id: UUID | None = None,
    goals: str = "",
    minutes_per_weekday: list[int] | None = None,
    blackout_dates: Iterable[date] = (),
    time_zone: str = "UTC",
    start_date: date | None = None,
) -> Learner:
    """A new learner. ``start_date`` is today (UTC) unless given.

    Raises UnknownReference for a role of elsewhere or a user who isn't a member, AlreadyExists for a user who has a
    learner already.
    """
    if role_id is not None:
        require_all(Role, organization_id, [role_id], field="role")
    if user_id is not None and not _is_member(organization_id, user_id):
        raise UnknownReference("The organisation has no such member.", field="user")
    learner = insert(
        Learner(
            organization_id=organization_id,
            name=name,
            email=email,
            user_id=user_id,
            role_id=role_id,
            goals=goals,
            minutes_per_weekday=minutes_per_weekday or default_minutes_per_weekday(),
            blackout_dates=[day.isoformat() for day in sorted(set(blackout_dates))],
            time_zone=time_zone,
            start_date=start_date or timezone.now().date(),
        ),
        AlreadyExists("This member has a learner already.", field="user"),
    )
    record(
        event="learning.learner_created",
        organization_id=learner.organization_id,
        actor_id=actor_id,
        subject=("learner", learner.pk),
        data={"user": user_id, "role": role_id},
        personal={"name": name, "goals": goals},
        person_id=user_id,
    )
    return learner


def _is_member(organization_id: UUID, user_id: str) -> bool:
    return Membership.objects.for_organization(organization_id).filter(user_id=user_id).exists()
