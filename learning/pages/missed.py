"""Why items that were missed aren't in the version that was made after."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from learning.models import ItemState, Plan, PlanItem
from learning.pages.plan_choices import dropped_of
from learning.selectors.plans import today_of


def reasons_gone(before: Plan, after: Plan) -> dict[str, str]:
    """By the uid of each item of ``before`` that was overdue when ``after`` was made and isn't in it: why it is gone."""
    made_on = today_of(after.learner, after.created_at)
    still = {item.uid for item in after.items.all()}
    missed = PlanItem.objects.filter(plan=before, state=ItemState.PLANNED, date__lt=made_on).prefetch_related("skills")
    gone = [item for item in missed if item.uid not in still]
    if not gone:
        return {}
    open_items = PlanItem.objects.filter(plan=after, state=ItemState.PLANNED)
    taught = set(open_items.order_by().values_list("skills", flat=True).distinct())
    return {str(item.uid): _reason(item, after, taught) for item in gone}


def _reason(item: PlanItem, after: Plan, taught: Iterable[UUID | None]) -> str:
    dropped, unreached = dropped_of(after), after.summary.get("unreached", {})
    skills = sorted(item.skills.all(), key=lambda skill: skill.name)
    names = " and ".join(skill.name for skill in skills)
    ids = {str(skill.pk) for skill in skills}
    if not ids:
        return "no longer needed"
    if ids <= dropped:
        return f"left out: {names} {_is(ids)} dropped"
    if ids & unreached.keys():
        return "left out: the plan does other things in the time that is left"
    if any(skill.pk in taught for skill in skills):
        return f"no longer needed: other items bring {names}"
    return f"no longer needed: the goal for {names} is reached"


def _is(ids: Iterable[str]) -> str:
    return "is" if len(list(ids)) == 1 else "are"
