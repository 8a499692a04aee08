"""Reads of plans. Every list takes a constant number of queries."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone

from learning.differences import Difference, difference
from learning.models import Completion, Learner, Plan, PlanState

__all__ = [
    "Difference", "active_plan", "finished_resources", "plan_history", "plans_difference", "today_of", "version_ids",
    "with_items",
]  # fmt: skip


def with_items(plans: QuerySet[Plan]) -> QuerySet[Plan]:
    """Plans with their milestones and items, and what those refer to."""
    return plans.prefetch_related("milestones__skills", "items__skills", "items__resource")


def active_plan(learner: Learner) -> Plan | None:
    """The plan that the learner follows now, with its items; None without one."""
    plans = Plan.objects.for_organization(learner.organization_id).select_related("learner", "role")
    return with_items(plans).filter(learner=learner, state=PlanState.ACTIVE).first()


def version_ids(plan: Plan) -> list[UUID]:
    """The ids of the versions that a plan is one of, newest first: those that it replaced and those that replaced it."""
    rows = Plan.objects.for_organization(plan.organization_id).filter(learner_id=plan.learner_id)
    links = list(rows.order_by("-version").values_list("pk", "previous_id"))
    before = dict(links)
    root_of: dict[UUID, UUID] = {}
    for plan_id, previous_id in reversed(links):
        # Older versions come first here, so what was replaced has its root already.
        root_of[plan_id] = root_of.get(previous_id, plan_id) if previous_id else plan_id
    return [plan_id for plan_id in before if root_of[plan_id] == root_of[plan.pk]]


def plan_history(plan: Plan, ids: list[UUID] | None = None) -> list[Plan]:
    """The versions of a plan with their items, newest first; ``ids`` picks some of them."""
    wanted = version_ids(plan) if ids is None else ids
    rows = Plan.objects.for_organization(plan.organization_id).select_related("learner", "role")
    return list(rows.filter(pk__in=wanted).prefetch_related("items").order_by("-version"))


def plans_difference(before: Plan, after: Plan) -> Difference:
    """What the items of one version do otherwise than those of another."""
    return difference(before.items.all(), after.items.all())


def finished_resources(learner: Learner) -> set[UUID]:
    """The ids of the resources that a learner has finished, in a plan or elsewhere."""
    rows = Completion.objects.for_organization(learner.organization_id).filter(learner=learner)
    return set(rows.values_list("resource_id", flat=True))


def today_of(learner: Learner, at: datetime | None = None) -> date:
    """The date in the learner's time zone, now or at a moment."""
    return (at or timezone.now()).astimezone(ZoneInfo(learner.time_zone)).date()
