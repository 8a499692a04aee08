"""Writes of learning. Each commits its rows and its ledger record together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.text import slugify

from audit.services import record
from aurora_site.accounts.models import Membership
from learning.errors import AlreadyExists, PrerequisiteCycle, UnknownReference
from learning.graph import cycle_through
from learning.models import Learner, Resource, ResourceSkill, Role, RoleSkill, Skill, SkillPrerequisite
from learning.selectors import prerequisite_graph
from learning.validators import default_minutes_per_weekday

Row = TypeVar("Row", bound=models.Model)


@transaction.atomic
def learner_create(
    *,
    organization_id: UUID,
    actor_id: str,
    name: str,
    email: str = "",
    user_id: str | None = None,
    role_id: UUID | None = None,
    goals: str = "",
    minutes_per_weekday: list[int] | None = None,
    blackout_dates: Iterable[date] = (),
    time_zone: str = "UTC",
    start_date: date | None = None,
) -> Learner:
    """A new learner. ``start_date`` is today (UTC) unless given.

    Raises UnknownReference for a role of elsewhere or a user who isn't a member, AlreadyExists for a user who has a
    learner already.
    """
    if role_id is not None:
        _require_all(Role, organization_id, [role_id], field="role")
    if user_id is not None and not _is_member(organization_id, user_id):
        raise UnknownReference("The organisation has no such member.", field="user")
    learner = _insert(
        Learner(
            organization_id=organization_id,
            name=name,
            email=email,
            user_id=user_id,
            role_id=role_id,
            goals=goals,
            minutes_per_weekday=minutes_per_weekday or default_minutes_per_weekday(),
            blackout_dates=[day.isoformat() for day in sorted(set(blackout_dates))],
            time_zone=time_zone,
            start_date=start_date or timezone.now().date(),
        ),
        AlreadyExists("This member has a learner already.", field="user"),
    )
    record(
        event="learning.learner_created",
        organization_id=learner.organization_id,
        actor_id=actor_id,
        subject=("learner", learner.pk),
        data={"user": user_id, "role": role_id},
        personal={"name": name, "goals": goals},
        person_id=user_id,
    )
    return learner


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
    prerequisites = _require_all(Skill, organization_id, prerequisite_ids, field="prerequisites")
    skill = Skill(
        organization_id=organization_id,
        key=key or slugify(name, allow_unicode=True)[:100],
        name=name,
        description=description,
        external_refs=external_refs or [],
    )
    if not skill.key:
        skill.key = f"skill-{skill.pk.hex[:12]}"
    _insert(skill, AlreadyExists(f"The key {skill.key} is taken.", field="key"))
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
        raise _unknown("prerequisites", prerequisites - skills.keys())
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
    _require_all(Skill, organization_id, levels, field="skills")
    role = _insert(
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
    url: str = "",
    rating: float | None = None,
    gains: Mapping[UUID, float],
) -> Resource:
    """A new resource with how much of each skill it brings. Raises UnknownReference for a skill of elsewhere."""
    _require_all(Skill, organization_id, gains, field="skills")
    resource = Resource.objects.create(
        organization_id=organization_id, title=title, url=url, kind=kind, minutes=minutes, level=level, rating=rating
    )
    ResourceSkill.objects.bulk_create(
        ResourceSkill(resource=resource, skill_id=skill, gain=gain) for skill, gain in gains.items()
    )
    taught = {str(skill): gain for skill, gain in gains.items()}
    _record("resource", resource, actor_id, {"title": title, "kind": kind, "minutes": minutes, "skills": taught})
    return resource


def _is_member(organization_id: UUID, user_id: str) -> bool:
    return Membership.objects.for_organization(organization_id).filter(user_id=user_id).exists()


def _insert(row: Row, conflict: AlreadyExists) -> Row:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise conflict from error
    return row


def _require_all(model: Any, organization_id: UUID, ids: Iterable[UUID], *, field: str) -> set[UUID]:
    wanted = set(ids)
    found = set(model.objects.for_organization(organization_id).filter(pk__in=wanted).values_list("pk", flat=True))
    if found != wanted:
        raise _unknown(field, wanted - found)
    return wanted


def _unknown(field: str, ids: Iterable[UUID]) -> UnknownReference:
    return UnknownReference(f"The organisation has none with id {', '.join(sorted(map(str, ids)))}.", field=field)


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
