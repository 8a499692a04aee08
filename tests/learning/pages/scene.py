"""A learner in the middle of things, for the tests of pages."""

from __future__ import annotations

from typing import Any

from aurora_site.accounts.models import Membership
from learning.models import Learner, Role, RoleSkill, Skill, SkillPrerequisite
from learning.services.catalogue import resource_create
from tests.factories.learning import LearnerFactory, RoleFactory, SkillFactory

HOSTILE = '<script>alert(1)</script>"\u202e' + "x" * 120


def skill_of(member: Membership, name: str, *needs: Skill, **fields: Any) -> Skill:
    """A skill that comes after ``needs``, and something that teaches it."""
    skill = SkillFactory(organization=member.organization, name=name, **fields)
    for need in needs:
        SkillPrerequisite.objects.create(skill=skill, prerequisite=need)
    resource_create(
        organization_id=member.organization_id,
        actor_id=member.user_id,
        title=f"{name[:60]} course",
        url=f"https://example.org/{skill.pk}",
        kind="course",
        minutes=90,
        level="beginner",
        gains={skill.pk: 0.8},
    )
    return skill


def role_of(member: Membership, name: str, *skills: Skill, level: float = 0.7) -> Role:
    role = RoleFactory(organization=member.organization, name=name)
    RoleSkill.objects.bulk_create(RoleSkill(role=role, skill=skill, level=level) for skill in skills)
    return role


def learner_for(member: Membership, role: Role | None = None, **fields: Any) -> Learner:
    """The learner of a member, who has an hour each weekday."""
    fields = {"name": "Ann", "time_zone": "UTC"} | fields
    return LearnerFactory(organization=member.organization, user=member.user, role=role, **fields)
