"""Who writes what a learner has shown holds the learner meanwhile."""

from __future__ import annotations

from uuid import UUID

from learning.errors import UnknownLearner
from learning.models import Learner


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
