"""What the pages of learning share: whose things a reader may open, and what every page needs to know."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404

from aurora_site.accounts.identity import Identity
from aurora_site.accounts.models import Role
from learning.models import Learner, Plan
from learning.selectors.people import learners_followed_by, plans_followed_by
from learning.selectors.plans import with_items


def page_context(identity: Identity, part: str) -> dict[str, Any]:
    """Where in the navigation a page is, and what its reader may do."""
    return {
        "section": "learning",
        "part": part,
        "organization": identity.organization,
        "own_id": identity.user_id,
        "is_admin": identity.has_role(Role.ADMIN),
    }


def acting(identity: Identity) -> dict[str, Any]:
    """Who acts where, as the services take it."""
    return {"organization_id": identity.organization_id, "actor_id": identity.user_id}


def learner_or_404(identity: Identity, learner_id: UUID) -> Learner:
    """A learner whom the reader follows. Raises Http404, whether there is none or it isn't theirs to see."""
    learner = learners_followed_by(identity).filter(pk=learner_id).first()
    if learner is None:
        raise Http404("There is no such learner.")
    return learner


def plan_or_404(identity: Identity, plan_id: UUID) -> Plan:
    """A plan, with its items, of a learner whom the reader follows. Raises Http404 as ``learner_or_404``."""
    plan = with_items(plans_followed_by(identity)).filter(pk=plan_id).first()
    if plan is None:
        raise Http404("There is no such plan.")
    return plan
