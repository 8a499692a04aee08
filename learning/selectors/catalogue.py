"""Reads of the catalogue. Every list takes a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from django.db.models import Q, QuerySet

from learning.models import Resource, Role, Skill, SkillPrerequisite


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
