"""Where a learner's mail goes, if anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from aurora_site.accounts.models import Membership
from learning.models import Learner


def addresses_of(learners: Sequence[Learner]) -> dict[UUID, str]:
    """The addresses of those who can be mailed, by the learner's id. Read learners with their ``user``.

    A learner's own address goes before the account's. Who has an account and has left, or may not sign in any more, gets
    no mail.
    """
    users = {learner.user_id for learner in learners if learner.user_id}
    memberships = Membership.objects.filter(user_id__in=users, user__is_active=True)
    members = set(memberships.values_list("organization_id", "user_id")) if users else set()
    found: dict[UUID, str] = {}
    for learner in learners:
        is_here = learner.user_id is None or (learner.organization_id, learner.user_id) in members
        address = learner.email or (learner.user.email if learner.user else "")
        if is_here and address:
            found[learner.pk] = address
    return found
