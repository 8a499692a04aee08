"""The mastery rows: a cache of what evidence says, renewed in the transaction that changes the evidence."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from learning.errors import UnknownLearner
from learning.mastery import belief_at, practised_at
from learning.models import Learner, Mastery
from learning.selectors.mastery import observations_of


def learner_lock(organization_id: UUID, learner_id: UUID) -> Learner:
    """The learner, locked until the transaction ends: evidence of one learner is written one after the other.

    Raises UnknownLearner for a learner of elsewhere.
    """
    learner: Learner | None = (
        Learner.objects.for_organization(organization_id).select_for_update().filter(pk=learner_id).first()
    )
    if learner is None:
        raise UnknownLearner("The organisation has no such learner.")
    return learner


def mastery_refresh(learner: Learner, skill_ids: Collection[UUID], at: datetime) -> None:
    """Compute the mastery of skills anew from all evidence. The caller holds the learner's lock."""
    seen = observations_of(learner, skill_ids)
    rows = Mastery.objects.for_organization(learner.organization_id).filter(learner=learner, skill__in=skill_ids)
    known = {row.skill_id: row for row in rows}
    fresh: list[Mastery] = []
    for skill_id in skill_ids:
        belief = belief_at(seen.get(skill_id, ()), at)
        if belief is None:
            continue
        row = known.pop(skill_id, None)
        if row is None:
            row = Mastery(organization_id=learner.organization_id, learner=learner, skill_id=skill_id)
            row._state.adding = True
        row.mean, row.variance, row.updated_at = belief.mean, belief.variance, at
        row.practiced_at = practised_at(seen[skill_id])
        fresh.append(row)
    rows.filter(pk__in=[row.pk for row in known.values()]).delete()
    Mastery.objects.bulk_create([row for row in fresh if row._state.adding])
    changed = [row for row in fresh if not row._state.adding]
    rows.bulk_update(changed, ["mean", "variance", "updated_at", "practiced_at"])
