"""Whose learning a caller may see: their own, that of the teams they lead, as an administrator everyone's."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from aurora_site.accounts.identity import Identity
from aurora_site.accounts.models import Role
from learning.models import Learner, Plan


def learners_followed_by(identity: Identity) -> QuerySet[Learner]:
    """The learners whose plans, evidence and progress the caller may see."""
    learners = Learner.objects.for_organization(identity.organization_id).select_related("role")
    if identity.has_role(Role.ADMIN):
        return learners
    # By a subquery: a learner in two teams of one lead comes once.
    led = Q(pk__in=learners.filter(teams__leads__user_id=identity.user_id).values("pk"))
    return learners.filter(Q(user_id=identity.user_id) | led)


def learners_listed_for(identity: Identity) -> QuerySet[Learner]:
    """The learners that the caller may know of: editors, who make them, know everyone, but not how they are doing."""
    if identity.has_role(Role.EDITOR):
        return Learner.objects.for_organization(identity.organization_id).select_related("role")
    return learners_followed_by(identity)


def learners_led_by(identity: Identity) -> QuerySet[Learner]:
    """The learners whom the caller may vouch for: those they lead, as an administrator everyone's; never themselves."""
    return learners_followed_by(identity).exclude(user_id=identity.user_id)


def learner_of(identity: Identity) -> Learner | None:
    """The caller's own learner."""
    learners = Learner.objects.for_organization(identity.organization_id).select_related("role")
    return learners.filter(user_id=identity.user_id).first()


def plans_followed_by(identity: Identity) -> QuerySet[Plan]:
    """The plans of the learners whom the caller follows, newest first."""
    plans = Plan.objects.for_organization(identity.organization_id).select_related("learner", "role")
    return plans.filter(learner__in=learners_followed_by(identity).values("pk"))
