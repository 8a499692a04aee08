"""Writes of the catalogue. Each commits its rows and its ledger record together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify

from audit.services import record
from learning.errors import AlreadyExists, BadValue, PrerequisiteCycle, UnknownReference
from learning.graph import cycle_through
from learning.models import Resource, ResourceSkill, Role, RoleSkill, Skill, SkillPrerequisite
from learning.selectors.catalogue import prerequisite_graph
from learning.services.rows import insert, require_all, unknown

RESOURCE_FIELDS = frozenset({"title", "url", "kind", "level", "minutes", "rating", "offered"})


@transaction.atomic
def skill_create(
    *,
    organization_id: UUID,
    actor_id: str,
    name: str,
    key: str = "",
    description: str = "",
    external_refs: list[dict[str, str]] | None = None,
    prerequisite_ids: Iterable[UUID] = (),
) -> Skill:
    """A new skill; its ``key`` is made from the name unless given.

    Raises UnknownReference for a prerequisite of elsewhere, AlreadyExists for a key that is taken.
    """
    prerequisites = require_all(Skill, organization_id, prerequisite_ids, field="prerequisites")
    skill = Skill(
        organization_id=organization_id,
        key=key or slugify(name, allow_unicode=True)[:100],
        name=name,
        description=description,
        external_refs=external_refs or [],
    )
    if not skill.key:
        skill.key = f"skill-{skill.pk.hex[:12]}"
    insert(skill, AlreadyExists(f"The key {skill.key} is taken.", field="key"))
    _link_prerequisites(skill, prerequisites)
    _record(
        "skill", skill, actor_id, {"key": skill.key, "name": name, "prerequisites": sorted(map(str, prerequisites))}
    )
    return skill


@transaction.atomic
def skill_set_prerequisites(
    *, organization_id: UUID, actor_id: str, skill_id: UUID, prerequisite_ids: Iterable[UUID]
) -> None:
    """Replace what is to be learned before a skill.

    Raises UnknownReference for ids of elsewhere, PrerequisiteCycle when the skill would come before itself.
    """
    # One change of the graph at a time: two that are harmless alone can close a cycle together.
    skills = {
        skill.pk: skill for skill in Skill.objects.for_organization(organization_id).order_by("pk").select_for_update()
    }
    if skill_id not in skills:
        raise UnknownReference("The organisation has no such skill.", field="skill")
    prerequisites = set(prerequisite_ids)
    if not prerequisites <= skills.keys():
        raise unknown("prerequisites", prerequisites - skills.keys())
    graph = prerequisite_graph(organization_id)
    if prerequisites == graph.get(skill_id, set()):
        return
    if cycle := cycle_through(graph, skill_id, prerequisites):
        names = " needs ".join(skills[node].name for node in cycle)
        raise PrerequisiteCycle(f"These prerequisites go round: {names}.")
    SkillPrerequisite.objects.filter(skill_id=skill_id).exclude(prerequisite_id__in=prerequisites).delete()
    _link_prerequisites(skills[skill_id], prerequisites - graph.get(skill_id, set()))
    record(
        event="learning.skill_prerequisites_set",
        organization_id=organization_id,
        actor_id=actor_id,
        subject=("skill", skill_id),
        data={"prerequisites": sorted(map(str, prerequisites))},
    )


@transaction.atomic
def role_create(
    *, organization_id: UUID, actor_id: str, name: str, description: str = "", levels: Mapping[UUID, float]
) -> Role:
    """A new role with the level it asks of each skill.

    Raises UnknownReference for a skill of elsewhere, AlreadyExists for a name that is taken.
    """
    require_all(Skill, organization_id, levels, field="skills")
    role = insert(
        Role(organization_id=organization_id, name=name, description=description),
        AlreadyExists(f"There is a role named {name} already.", field="name"),
    )
    RoleSkill.objects.bulk_create(RoleSkill(role=role, skill_id=skill, level=level) for skill, level in levels.items())
    targets = {str(skill): level for skill, level in levels.items()}
    _record("role", role, actor_id, {"name": name, "skills": targets})
    return role


@transaction.atomic
def resource_create(
    *,
    organization_id: UUID,
    actor_id: str,
    title: str,
    kind: str,
    minutes: int,
    level: str,
    key: str = "",
    url: str = "",
    rating: float | None = None,
    gains: Mapping[UUID, float],
) -> Resource:
    """A new resource with how much of each skill it brings; its ``key`` is made from the title unless given.

    Raises UnknownReference for a skill of elsewhere, AlreadyExists for a key that is taken.
    """
    require_all(Skill, organization_id, gains, field="skills")
    resource = Resource(
        organization_id=organization_id, title=title, url=url, kind=kind, minutes=minutes, level=level, rating=rating
    )
    # Two resources may have one title; only a key that was asked for can be taken.
    resource.key = key or f"{slugify(title, allow_unicode=True)[:80]}-{resource.pk.hex[:12]}".lstrip("-")
    insert(resource, AlreadyExists(f"The key {key} is taken.", field="key"))
    ResourceSkill.objects.bulk_create(
        ResourceSkill(resource=resource, skill_id=skill, gain=gain) for skill, gain in gains.items()
    )
    taught = {str(skill): gain for skill, gain in gains.items()}
    _record("resource", resource, actor_id, {"title": title, "kind": kind, "minutes": minutes, "skills": taught})
    return resource


@transaction.atomic
def resource_update(*, organization_id: UUID, actor_id: str, resource_id: UUID, changes: Mapping[str, Any]) -> Resource:
    """Change a resource's title, url, kind, level, minutes, rating, or whether it is offered; what is so already leaves
    no record.

    Raises UnknownReference for a resource of elsewhere, BadValue for a field that can't be changed here.
    """
    resource: Resource | None = (
        Resource.objects.for_organization(organization_id).select_for_update().filter(pk=resource_id).first()
    )
    if resource is None:
        raise unknown("resource", [resource_id])
    if other := set(changes) - RESOURCE_FIELDS:
        raise BadValue("This can't be changed here.", field=min(other))
    changed = {name: value for name, value in changes.items() if getattr(resource, name) != value}
    if not changed:
        return resource
    for name, value in changed.items():
        setattr(resource, name, value)
    resource.save(update_fields=[*changed])
    record(
        event="learning.resource_edited",
        organization_id=organization_id,
        actor_id=actor_id,
        subject=("resource", resource.pk),
        data={"changes": changed},
    )
    return resource


def _link_prerequisites(skill: Skill, prerequisite_ids: Iterable[UUID]) -> None:
    SkillPrerequisite.objects.bulk_create(
        SkillPrerequisite(skill=skill, prerequisite_id=prerequisite) for prerequisite in prerequisite_ids
    )


def _record(noun: str, row: Any, actor_id: str, data: Mapping[str, Any]) -> None:
    record(
        event=f"learning.{noun}_created",
        organization_id=row.organization_id,
        actor_id=actor_id,
        subject=(noun, row.pk),
        data=data,
    )
