"""Reads of learning. Every list takes a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from django.db.models import Q, QuerySet

from learning.models import Learner, Plan, Resource, Role, Skill, SkillPrerequisite


def learners_visible_to(*, organization_id: object, user_id: str, sees_everyone: bool) -> QuerySet[Learner]:
    """The organisation's learners; only the person's own unless ``sees_everyone``."""
    learners = Learner.objects.for_organization(organization_id).select_related("role")
    return learners if sees_everyone else learners.filter(user_id=user_id)


def plans_visible_to(*, organization_id: object, user_id: str, sees_everyone: bool) -> QuerySet[Plan]:
    """The organisation's plans, newest first; only the person's own unless ``sees_everyone``."""
    plans = Plan.objects.for_organization(organization_id).select_related("learner", "role")
    return plans if sees_everyone else plans.filter(learner__user_id=user_id)


def with_items(plans: QuerySet[Plan]) -> QuerySet[Plan]:
    """Plans with their milestones and items, and what those refer to."""
    return plans.prefetch_related("milestones__skills", "items__skills", "items__resource")


def skills(organization_id: object) -> QuerySet[Skill]:
    """The organisation's skills by name, with their prerequisite links."""
    return Skill.objects.for_organization(organization_id).prefetch_related("prerequisite_links")


def roles(organization_id: object) -> QuerySet[Role]:
    """The organisation's roles by name, with their target levels."""
    return Role.objects.for_organization(organization_id).prefetch_related("targets__skill")


def resources(organization_id: object) -> QuerySet[Resource]:
    """The organisation's resources by title, with the skills they teach."""
    return Resource.objects.for_organization(organization_id).prefetch_related("taught_skills__skill")


def matching_resources(*, organization_id: object, skill_id: UUID | None, text: str) -> QuerySet[Resource]:
    """Resources that teach a skill, or whose title contains a text; each filter counts where it is given."""
    found = resources(organization_id)
    if skill_id is not None:
        found = found.filter(Q(taught_skills__skill_id=skill_id))
    return found.filter(title__icontains=text) if text else found


def prerequisite_graph(organization_id: object) -> dict[UUID, set[UUID]]:
    """Every skill of the organisation that has prerequisites, with their ids."""
    graph: defaultdict[UUID, set[UUID]] = defaultdict(set)
    links = SkillPrerequisite.objects.filter(skill__in=Skill.objects.for_organization(organization_id))
    for skill_id, prerequisite_id in links.values_list("skill_id", "prerequisite_id"):
        graph[skill_id].add(prerequisite_id)
    return dict(graph)
