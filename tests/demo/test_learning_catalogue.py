"""What there is to learn in the demo organisation."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

import pytest

from audit.models import Record
from aurora_site.demo.learning.catalogue import catalogue_ensure, rows
from learning.models import Resource, Role, Skill, SkillPrerequisite
from tests.factories.accounts import organization_factory
from tests.factories.learning import SkillFactory


def listed(cell: str) -> list[str]:
    return [entry.split(":")[0] for entry in cell.split(";") if entry]


def test_every_skill_is_taught_wanted_or_leads_somewhere() -> None:
    skills = rows("skills")
    keys = [row["key"] for row in skills]
    assert len(keys) == len(set(keys)) >= 60
    for place, row in enumerate(skills):
        assert set(listed(row["prerequisites"])) <= set(keys[:place]), row["key"]
    taught = {skill for row in rows("resources") for skill in listed(row["skills"])}
    assert taught == set(keys)
    needed = {skill for row in rows("roles") for skill in listed(row["skills"])}
    needed |= {skill for row in skills for skill in listed(row["prerequisites"])}
    assert set(keys) - needed == {"domain-driven-design", "search-engines", "machine-learning"}


def test_resources_are_public_and_named_once() -> None:
    resources = rows("resources")
    assert len(resources) >= 150
    for column in ("key", "title", "url"):
        assert [entry for entry, count in Counter(row[column] for row in resources).items() if count > 1] == []
    for row in resources:
        assert urlsplit(row["url"]).scheme == "https"
        assert 10 <= int(row["minutes"]) <= 2400


@pytest.mark.django_db
def test_the_catalogue_is_made_once_and_only_where_there_is_none() -> None:
    quaywick, other = organization_factory("Quaywick"), organization_factory("Other")
    SkillFactory(organization=other)

    assert catalogue_ensure(quaywick.pk) is True
    made = [model.objects.for_organization(quaywick).count() for model in (Skill, Role, Resource)]
    assert made == [len(rows("skills")), 6, len(rows("resources"))]
    recorded = Record.objects.count()
    assert catalogue_ensure(quaywick.pk) is False
    assert catalogue_ensure(other.pk) is False
    assert Skill.objects.for_organization(other).count() == 1
    assert Record.objects.count() == recorded

    django = Skill.objects.for_organization(quaywick).get(key="django")
    before = SkillPrerequisite.objects.filter(skill=django).values_list("prerequisite__key", flat=True)
    assert set(before) == {"python", "sql", "http"}
    respond = Skill.objects.for_organization(quaywick).get(key="incident-response")
    assert respond.external_refs == [{"scheme": "aurora:incidents", "identifier": "*"}]
