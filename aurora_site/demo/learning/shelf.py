"""The organisation's catalogue as the demo's history is made from: what a role needs, and what teaches it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from aurora_site.demo.learning.catalogue import rows
from learning.graph import closure
from learning.models import Resource, Role
from learning.selectors.catalogue import prerequisite_graph

LONGEST_MINUTES = 360


@dataclass(frozen=True)
class Shelf:
    """``order`` are the ids of all skills, what comes first before what needs it; ``taught`` what each resource teaches;
    ``roles`` the ids of roles by name, ``needs`` the skills that each role needs, prerequisites included."""

    order: Sequence[UUID]
    resources: Mapping[UUID, Resource]
    taught: Mapping[UUID, Sequence[UUID]]
    roles: Mapping[str, UUID]
    needs: Mapping[str, frozenset[UUID]]

    def path(self, role: str) -> list[UUID]:
        """The skills that a role needs, basics first."""
        return [skill for skill in self.order if skill in self.needs[role]]

    def teaching(self, skill: UUID) -> list[Resource]:
        """What teaches a skill in a few hours, by title."""
        return [self.resources[pk] for pk, skills in self.taught.items() if skill in skills]


def shelf_of(organization_id: UUID) -> Shelf | None:
    """The shelf; None where the demo's skills or roles aren't there."""
    from learning.models import Skill

    keys = dict(Skill.objects.for_organization(organization_id).values_list("key", "pk"))
    roles = {role.name: role for role in Role.objects.for_organization(organization_id).prefetch_related("targets")}
    wanted = [row["key"] for row in rows("skills")]
    if not set(wanted) <= keys.keys() or not {row["name"] for row in rows("roles")} <= roles.keys():
        return None
    graph = prerequisite_graph(organization_id)
    short = Resource.objects.for_organization(organization_id).filter(minutes__lte=LONGEST_MINUTES).order_by("key")
    resources = {resource.pk: resource for resource in short.prefetch_related("taught_skills")}
    return Shelf(
        order=[keys[key] for key in wanted],
        resources=resources,
        taught={pk: [link.skill_id for link in row.taught_skills.all()] for pk, row in resources.items()},
        roles={name: role.pk for name, role in roles.items()},
        needs={
            name: frozenset(closure(graph, [target.skill_id for target in role.targets.all()]))
            for name, role in roles.items()
        },
    )
