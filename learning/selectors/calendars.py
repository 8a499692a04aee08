"""Which plan a learner's calendar shows, and who reads it by which address."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.db.models import F

from aurora_site.accounts.models import Membership
from learning.calendars import PlanCalendar
from learning.models import CalendarSubscription, Learner, Plan, PlanItem
from learning.selectors.plans import version_ids

# What calendars are told of that is gone, newest first.
MOST_GONE = 500
LONGEST_TOKEN = 100


def calendar_of(learner: Learner) -> PlanCalendar:
    """The calendar of the learner's active plan, or the last one; empty without any."""
    plans = Plan.objects.for_organization(learner.organization_id).filter(learner=learner)
    # One plan at most is active, and only it has ``active_for``.
    newest = plans.order_by(F("active_for").desc(nulls_last=True), "-version").first()
    return calendar_of_plan(learner, newest) if newest else PlanCalendar(learner=learner, plan=None)


def calendar_of_plan(learner: Learner, plan: Plan) -> PlanCalendar:
    """The calendar of one version of a plan, with what it dropped of those before it."""
    plans = Plan.objects.for_organization(learner.organization_id).prefetch_related("items__resource")
    shown = plans.get(pk=plan.pk)
    return PlanCalendar(learner=learner, plan=shown, gone=_gone(shown))


def subscribed_learner(token: str) -> Learner | None:
    """Whose calendar a token shows; None for one that isn't known, and once the learner has left the organisation."""
    if len(token) > LONGEST_TOKEN:
        return None
    rows = CalendarSubscription.objects.select_related("learner__user")  # the token says whose it is
    subscription = rows.filter(token_digest=token_digest(token)).first()
    return subscription.learner if subscription and _is_there(subscription.learner) else None


def token_digest(token: str) -> str:
    """What a token is found by."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _is_there(learner: Learner) -> bool:
    if learner.user_id is None:
        return True
    members = Membership.objects.for_organization(learner.organization_id)
    return members.filter(user_id=learner.user_id, user__is_active=True).exists()


def _gone(plan: Plan) -> list[PlanItem]:
    versions = version_ids(plan)
    older = versions[versions.index(plan.pk) + 1 :]
    items = PlanItem.objects.filter(plan__in=older).exclude(uid__in=[item.uid for item in plan.items.all()])
    newest: dict[UUID, PlanItem] = {}
    for item in items.select_related("resource").order_by("-plan__version", "date", "position", "pk")[: 4 * MOST_GONE]:
        newest.setdefault(item.uid, item)
    return list(newest.values())[:MOST_GONE]
