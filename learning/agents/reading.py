"""Reads what the learning agents speak of: of the asking person alone, never of anybody else. Synchronous."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.renderers import JSONRenderer

from aurora_site.accounts.models import Membership
from learning.agents.facts import ItemFact, LearnerFact, MilestoneFact, PlanFact, RoleFact, Scene
from learning.api.shapes.plans import PlanDetailSerializer
from learning.models import Completion, Learner, Plan, PlanItem, Skill
from learning.selectors.catalogue import roles
from learning.selectors.mastery import mastery_now
from learning.selectors.plans import active_plan, today_of

MOST_COMPLETIONS = 100


def own_learner(organization_id: str, actor_id: str) -> Learner | None:
    """The learner of a member of the organisation; None for who isn't a member (any more) or no learner."""
    if not Membership.objects.for_organization(organization_id).filter(user_id=actor_id).exists():
        return None
    learners = Learner.objects.for_organization(organization_id).select_related("role", "user")
    return learners.filter(user_id=actor_id).first()


def scene_of(organization_id: str, actor_id: str) -> Scene:
    """What there is to plan towards, and the person's own learner with their plan. A constant number of queries."""
    learner = own_learner(organization_id, actor_id)
    plan = active_plan(learner) if learner else None
    skills = {str(pk): name for pk, name in Skill.objects.for_organization(organization_id).values_list("pk", "name")}
    beliefs = mastery_now(learner) if learner else {}
    return Scene(
        today=today_of(learner) if learner else timezone.now().date(),
        learner=_learner(learner) if learner else None,
        plan=plan_fact(plan, skills) if plan else None,
        plan_json=plan_as_json(plan) if plan else None,
        roles=[
            RoleFact(id=str(role.pk), name=role.name, skills={row.skill.name: row.level for row in role.targets.all()})
            for role in roles(organization_id)
        ],
        skill_ids={name: skill_id for skill_id, name in skills.items()},
        mastery={skills[str(pk)]: belief.mean for pk, belief in beliefs.items() if str(pk) in skills},
    )


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """A plan with its items, as REST shows it."""
    shown: dict[str, Any] = json.loads(JSONRenderer().render(PlanDetailSerializer(plan).data))
    return shown


def plan_fact(plan: Plan, skills: Mapping[str, str]) -> PlanFact:
    """A plan whose items are prefetched; ``skills`` are names by id."""
    milestones = {row.pk: row for row in plan.milestones.all()}
    return PlanFact(
        id=str(plan.pk),
        version=plan.version,
        role=plan.role.name if plan.role else "",
        starts_on=plan.starts_on,
        days=plan.days,
        weekly_minutes=plan.weekly_minutes,
        verdict=plan.verdict,
        gap=float(plan.summary.get("gap") or 0),
        gain=float(plan.summary.get("gain") or 0),
        dropped=[skills[each] for each in dropped_of(plan) if each in skills],
        items=[_item(item, milestones) for item in plan.items.all()],
        milestones=[
            MilestoneFact(title=row.title, due_on=row.due_on, skills=[skill.name for skill in row.skills.all()])
            for row in milestones.values()
        ],
    )


def dropped_of(plan: Plan) -> list[str]:
    """The ids of the skills that were left out of a plan."""
    return [str(each) for each in plan.summary.get("asked", {}).get("drop", ())]


def completions_of(organization_id: str, learner_id: str) -> list[dict[str, Any]]:
    """``courses_completed``: the resources that a learner has finished, newest first."""
    rows = Completion.objects.for_organization(organization_id).filter(learner_id=learner_id)
    return [
        {
            "title": row.resource.title,
            "status": "Completed",
            "completed_at": row.completed_at.isoformat(),
            "url": row.resource.url,
        }
        for row in rows.select_related("resource")[:MOST_COMPLETIONS]
    ]


def _learner(learner: Learner) -> LearnerFact:
    return LearnerFact(
        id=str(learner.pk),
        name=learner.name,
        role=learner.role.name if learner.role else "",
        weekly_minutes=sum(learner.minutes_per_weekday),
        assessed=learner.assessed_at is not None,
    )


def _item(item: PlanItem, milestones: Mapping[UUID, Any]) -> ItemFact:
    milestone = milestones.get(item.milestone_id) if item.milestone_id else None
    resource = item.resource
    return ItemFact(
        id=str(item.pk),
        date=item.date,
        minutes=item.minutes,
        kind=item.kind,
        title=item.title,
        reason=item.reason,
        state=item.state,
        skills=[skill.name for skill in item.skills.all()],
        resource=resource.title if resource else "",
        url=resource.url if resource else "",
        level=resource.level if resource else "",
        milestone=milestone.title if milestone else "",
        settled_at=item.settled_at.isoformat() if item.settled_at else "",
        part=item.part,
        parts=item.parts,
    )
