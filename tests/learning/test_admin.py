"""Learning in the admin: lists open, and the graph can't be bent there either."""

import pytest

from audit.models import Record
from learning.models import SkillPrerequisite
from tests.factories.learning import (
    EvidenceFactory,
    LearnerFactory,
    MasteryFactory,
    MilestoneFactory,
    PlanFactory,
    PlanItemFactory,
    ResourceFactory,
    RoleFactory,
    SkillFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "make", [LearnerFactory, SkillFactory, RoleFactory, ResourceFactory, EvidenceFactory, MasteryFactory, PlanFactory]
)
def test_lists_and_forms_open(operator_client, make):
    row = make()
    name = row._meta.model_name

    listed = operator_client.get(f"/admin/learning/{name}/?q=a")
    opened = operator_client.get(f"/admin/learning/{name}/{row.pk}/change/")

    assert (listed.status_code, opened.status_code) == (200, 200)
    assert str(row.pk) in operator_client.get(f"/admin/learning/{name}/").content.decode()


def test_a_plan_is_shown_with_its_items_and_not_changed(operator_client):
    plan = PlanFactory()
    PlanItemFactory(plan=plan, title="Read the runbook")
    MilestoneFactory(plan=plan, title="Half way there")

    page = operator_client.get(f"/admin/learning/plan/{plan.pk}/change/").content.decode()
    answer = operator_client.post(f"/admin/learning/plan/{plan.pk}/change/", {"days": 45})

    assert "Read the runbook" in page
    assert "Half way there" in page
    assert answer.status_code == 403
    plan.refresh_from_db()
    assert plan.days == 30


def save_prerequisite(client, skill, prerequisite_id):
    return client.post(
        f"/admin/learning/skill/{skill.pk}/change/",
        {
            "organization": str(skill.organization_id),
            "key": skill.key,
            "name": skill.name,
            "description": "",
            "external_refs": "[]",
            "prerequisite_links-TOTAL_FORMS": "1",
            "prerequisite_links-INITIAL_FORMS": "0",
            "prerequisite_links-0-skill": str(skill.pk),
            "prerequisite_links-0-prerequisite": str(prerequisite_id),
            "prerequisite_links-0-id": "",
        },
    )


def test_a_prerequisite_is_added_and_recorded(operator_client):
    skill = SkillFactory()
    before = SkillFactory(organization=skill.organization)

    answer = save_prerequisite(operator_client, skill, before.pk)

    assert answer.status_code == 302
    assert list(SkillPrerequisite.objects.values_list("skill", "prerequisite")) == [(skill.pk, before.pk)]
    assert Record.objects.get(event="learning.skill_changed").subject_id == str(skill.pk)


def test_a_cycle_is_refused(operator_client):
    first = SkillFactory(name="First")
    second = SkillFactory(organization=first.organization, name="Second")
    SkillPrerequisite.objects.create(skill=second, prerequisite=first)

    answer = save_prerequisite(operator_client, first, second.pk)

    assert answer.status_code == 200
    assert "Second itself needs First." in answer.content.decode()
    assert SkillPrerequisite.objects.count() == 1


def test_a_prerequisite_of_another_organisation_is_refused(operator_client):
    answer = save_prerequisite(operator_client, SkillFactory(), SkillFactory().pk)

    assert answer.status_code == 200
    assert "different organisations" in answer.content.decode()
    assert not SkillPrerequisite.objects.exists()


def test_a_prerequisite_that_is_not_there_is_refused(operator_client):
    answer = save_prerequisite(operator_client, SkillFactory(), "00000000-0000-4000-8000-000000000000")

    assert answer.status_code == 200
    assert "Select a valid choice." in answer.content.decode()
    assert not SkillPrerequisite.objects.exists()
