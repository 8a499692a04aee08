"""How long an organisation keeps what: set by its admins, applied once a day."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit.services import record
from aurora_site.accounts.models import Organization, RetentionPolicy, User
from aurora_site.accounts.models.retention import LONGEST_DAYS, days_allowed
from aurora_site.core import retention
from aurora_site.core.http.errors import BadRequest

logger = logging.getLogger(__name__)


def retention_of(organization: Organization) -> dict[str, int | None]:
    """Days by kind; None keeps it for ever."""
    rows = RetentionPolicy.objects.for_organization(organization)
    set_ones = dict(rows.values_list("kind", "days"))
    return {name: set_ones.get(name) for name in retention.kinds()}


@transaction.atomic
def retention_set(*, organization: Organization, actor: User, days: Mapping[str, Any]) -> dict[str, int | None]:
    """Set the days of the kinds that are given; 0 and None keep for ever. Returns all policies from then on.

    Raises BadRequest, which names each kind that isn't known or whose days can't be.
    """
    _check(days)
    Organization.objects.select_for_update().get(pk=organization.pk)
    before = retention_of(organization)
    wanted = {name: value or None for name, value in days.items()}
    changed = {name: {"from": before[name], "to": value} for name, value in wanted.items() if before[name] != value}
    for name in changed:
        rows = RetentionPolicy.objects.for_organization(organization)
        if wanted[name] is None:
            rows.filter(kind=name).delete()
        else:
            rows.update_or_create(organization=organization, kind=name, defaults={"days": wanted[name]})
    if changed:
        record(
            event="accounts.retention_changed",
            organization_id=organization.pk,
            actor_id=actor.pk,
            subject=("organization", organization.pk),
            data={"changed": changed},
        )
    return {**before, **wanted}


def retention_apply(*, now: datetime | None = None) -> dict[str, int]:
    """Remove what every organisation's policies say; how much of each kind. What fails is logged, and the last failure
    raised once the others were tried."""
    now, removed, failure = now or timezone.now(), dict.fromkeys(retention.kinds(), 0), None
    for policy in RetentionPolicy.objects.order_by("organization_id", "kind"):
        kind = retention.kinds().get(policy.kind)
        if kind is None:
            continue
        try:
            before = now - timedelta(days=max(policy.days, kind.minimum_days))
            removed[kind.name] += kind.prune(organization_id=str(policy.organization_id), before=before)
        except Exception as error:
            logger.exception("%s of %s can't be removed now", kind.name, policy.organization_id)
            failure = error
    if failure is not None:
        raise failure
    return removed


def _check(days: Mapping[str, Any]) -> None:
    kinds, wrong = retention.kinds(), {}
    for name, value in days.items():
        kind = kinds.get(name)
        if kind is None:
            wrong[name] = [f"There is no such kind. Kinds: {', '.join(kinds)}."]
        elif value is not None and not _is_days(value, kind):
            wrong[name] = [days_allowed(kind)]
    if wrong:
        raise BadRequest("Some periods can't be set.", code="VALIDATION_ERROR", fields=wrong)


def _is_days(value: Any, kind: retention.Kind) -> bool:
    return type(value) is int and (value == 0 or kind.minimum_days <= value <= LONGEST_DAYS)
