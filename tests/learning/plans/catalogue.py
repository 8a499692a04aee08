"""A small catalogue and learner to plan with, and what the tests of plans ask of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from learning.models import Learner, Resource, ResourceSkill, Role, RoleSkill, Skill, SkillPrerequisite
from tests.factories.accounts import member_factory
from tests.factories.learning import LearnerFactory, ResourceFactory, RoleFactory, SkillFactory

PLANS = "/api/v1/learning/plans"
# A Monday, at noon in Europe and in the morning in America.
MONDAY = datetime(2026, 9, 7, 11, tzinfo=UTC)


@dataclass
class School:
    """Two skills, one before the other, in a role; each taught by resources; a viewer who learns."""

    member: Any
    learner: Learner
    role: Role
    first: Skill
    second: Skill
    resources: list[Resource]


def school(organization: Any = None, **learner: Any) -> School:
    member = member_factory(organization, role="viewer")
    here = {"organization": member.organization}
    first, second = SkillFactory(name="Shell", **here), SkillFactory(name="Kubernetes", **here)
    SkillPrerequisite.objects.create(skill=second, prerequisite=first)
    role = RoleFactory(**here)
    for skill in (first, second):
        RoleSkill.objects.create(role=role, skill=skill, level=0.8)
    resources = [ResourceFactory(minutes=90, **here) for _ in range(6)]
    for number, resource in enumerate(resources):
        ResourceSkill.objects.create(resource=resource, skill=(first, second)[number % 2], gain=0.3)
    learner.setdefault("role", role)
    row = LearnerFactory(user=member.user, start_date=MONDAY.date(), **here, **learner)
    return School(member, row, role, first, second, resources)


def asked(client: Any, **body: Any) -> Any:
    """The answer to the request for a plan."""
    return client.post(PLANS, {"days": 45, **body}, format="json")


def by_uid(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["uid"]: item for item in plan["items"]}
