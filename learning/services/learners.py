"""Writes of learners. Each commits its rows and its ledger record together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.services import record
from aurora_site.accounts.models import Membership
from learning.errors import AlreadyExists, BadValue, UnknownReference
from learning.models import Learner, Role
from learning.services.items import items_retimed
from learning.services.mastery import learner_lock
from learning.services.rows import insert, require_all
from learning.validators import MAXIMUM_BLACKOUT_DATES, default_minutes_per_weekday

# What a learner may set for themselves. Whose account it is, and the address that mail goes to, are for editors.
SETTINGS = frozenset(
    {
        "name", "goals", "role", "minutes_per_weekday", "blackout_dates", "time_zone", "study_at", "nudges", "digest",
        "nudge_from", "nudge_until",
    }
)  # fmt: skip


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

    Raises UnknownReference for a role of elsewhere or a user who isn't a member, BadValue for an address that isn't that
    user's, AlreadyExists for a user who has a learner already.
    """
    if role_id is not None:
        require_all(Role, organization_id, [role_id], field="role")
    if user_id is not None:
        _require_own_address(organization_id, user_id, email)
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


@transaction.atomic
def learner_update(*, organization_id: UUID, actor_id: str, learner_id: UUID, changes: Mapping[str, Any]) -> Learner:
    """Change a learner's settings: any of ``SETTINGS``, ``role`` by its id or None, ``blackout_dates`` as dates.

    What is as it was already leaves no record. Raises UnknownLearner, UnknownReference for a role of elsewhere, BadValue
    for a setting that there isn't, too many days away, or reminders that would end before they begin.
    """
    learner = learner_lock(organization_id, learner_id)
    if unknown := set(changes) - SETTINGS:
        raise BadValue("This can't be changed here.", field=min(unknown))
    values = dict(changes)
    if "role" in values:
        values["role_id"] = values.pop("role")
        if values["role_id"] is not None:
            require_all(Role, organization_id, [values["role_id"]], field="role")
    if "blackout_dates" in values:
        values["blackout_dates"] = [day.isoformat() for day in sorted(set(values["blackout_dates"]))]
    changed = {name: value for name, value in values.items() if getattr(learner, name) != value}
    if not changed:
        return learner
    for name, value in changed.items():
        setattr(learner, name, value)
    if len(learner.blackout_dates) > MAXIMUM_BLACKOUT_DATES:
        raise BadValue(
            f"Give at most {MAXIMUM_BLACKOUT_DATES} days away, those of before included.", field="blackout_dates"
        )
    if learner.nudge_from >= learner.nudge_until:
        raise BadValue("Reminders must end later in the day than they begin.", field="nudge_until")
    learner.save(update_fields=[*changed, "updated_at"])
    if changed.keys() & {"study_at", "time_zone"}:
        items_retimed(learner)
    record(
        event="learning.learner_settings_changed",
        organization_id=organization_id,
        actor_id=actor_id,
        subject=("learner", learner_id),
        data={"fields": sorted(name.removesuffix("_id") for name in changed)}
        | ({"role": changed["role_id"]} if "role_id" in changed else {}),
        personal={name: changed[name] for name in ("name", "goals") if name in changed},
        person_id=learner.user_id,
    )
    return learner


def _require_own_address(organization_id: UUID, user_id: str, email: str) -> None:
    """A member's reminders, which tell how they are doing, go to nobody else: not to the editor who made the learner."""
    member = Membership.objects.for_organization(organization_id).filter(user_id=user_id).select_related("user").first()
    if member is None:
        raise UnknownReference("The organisation has no such member.", field="user")
    if email and email.lower() != member.user.email.lower():
        raise BadValue("The mail of a member goes to their account's address: leave this out.", field="email")
