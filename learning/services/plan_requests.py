"""Requests for plans as they were sent, by which the same request is known when it comes again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from agents.runs.errors import IdempotencyKeyReused
from learning.models import Plan


def as_sent(
    *,
    days: int,
    role_id: UUID | None = None,
    weekly_hours: float | None = None,
    starts_on: date | None = None,
    dropped_skill_ids: Iterable[UUID] = (),
) -> dict[str, Any]:
    """What was asked for as it was sent, in JSON: what wasn't given is None, whatever it came to then."""
    return {
        "days": days,
        "role": str(role_id) if role_id else None,
        "weekly_hours": weekly_hours,
        "starts_on": starts_on.isoformat() if starts_on else None,
        "drop": sorted(set(map(str, dropped_skill_ids))),
    }


def plan_made_before(
    organization_id: UUID, learner_id: UUID, plan_id: UUID | None, sent: Mapping[str, Any]
) -> Plan | None:
    """The plan that the same request made; raises IdempotencyKeyReused where another one did."""
    plans = Plan.objects.for_organization(organization_id).select_related("learner", "role")
    made = plans.filter(pk=plan_id).first() if plan_id else None
    if made is not None and (made.learner_id != learner_id or made.summary.get("asked", {}).get("sent") != sent):
        raise IdempotencyKeyReused
    return made
