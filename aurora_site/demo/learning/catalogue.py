"""The demo's skills, roles, and resources, from the files beside this one.

The resources are real and public; minutes are estimates, ratings are made up. Lists in a cell are parted by semicolons,
levels and gains follow a colon: ``python:0.7;sql:0.6``.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from django.db import transaction

from learning.models import Skill
from learning.services.catalogue import resource_create, role_create, skill_create

FOLDER = Path(__file__).parent
# What a skill is known as elsewhere: the service whose incidents are evidence of it; "*" stands for incidents of any.
SERVICE_SCHEME, INCIDENTS_SCHEME = "aurora:service", "aurora:incidents"


@transaction.atomic
def catalogue_ensure(organization_id: UUID) -> bool:
    """Make the catalogue unless the organisation has skills, of the demo or its own. True if it was made."""
    if Skill.objects.for_organization(organization_id).exists():
        return False
    skills = _skills_create(organization_id)
    for row in rows("roles"):
        role_create(
            organization_id=organization_id, actor_id="", name=row["name"], description=row["description"],
            levels=_numbers(row["skills"], skills),
        )  # fmt: skip
    for row in rows("resources"):
        resource_create(
            organization_id=organization_id, actor_id="", key=row["key"], title=row["title"], url=row["url"],
            kind=row["kind"], level=row["level"], minutes=int(row["minutes"]), rating=float(row["rating"]),
            gains=_numbers(row["skills"], skills),
        )  # fmt: skip
    return True


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a file, by column."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _skills_create(organization_id: UUID) -> dict[str, UUID]:
    """The skills' ids by key. In the file prerequisites come before what needs them."""
    made: dict[str, UUID] = {}
    for row in rows("skills"):
        skill = skill_create(
            organization_id=organization_id, actor_id="", key=row["key"], name=row["name"],
            description=row["description"], external_refs=[_reference(service) for service in _list(row["services"])],
            prerequisite_ids=[made[key] for key in _list(row["prerequisites"])],
        )  # fmt: skip
        made[row["key"]] = skill.pk
    return made


def _reference(service: str) -> dict[str, str]:
    return {"scheme": INCIDENTS_SCHEME if service == "*" else SERVICE_SCHEME, "identifier": service}


def _numbers(cell: str, skills: Mapping[str, UUID]) -> dict[UUID, float]:
    pairs = (pair.split(":") for pair in _list(cell))
    return {skills[key]: float(number) for key, number in pairs}


def _list(cell: str) -> list[str]:
    return cell.split(";") if cell else []
