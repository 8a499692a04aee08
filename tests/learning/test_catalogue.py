"""Roles and resources by REST."""

import pytest
from rest_framework.test import APIClient

from audit.models import Record
from learning.models import Resource, ResourceSkill, Role
from tests.factories.accounts import member_factory
from tests.factories.learning import ResourceFactory, RoleFactory, SkillFactory

pytestmark = pytest.mark.django_db
ROLES = "/api/v1/learning/roles"
RESOURCES = "/api/v1/learning/resources"


def test_an_editor_creates_a_role_with_target_levels(client_of):
    editor = member_factory(role="editor")
    linux = SkillFactory(organization=editor.organization, name="Linux")

    answer = client_of(editor).post(
        ROLES, {"name": "Operator", "skills": [{"skill": str(linux.pk), "level": 0.8}]}, format="json"
    )

    assert answer.status_code == 201
    role = Role.objects.get()
    assert answer.json() == {
        "id": str(role.pk),
        "name": "Operator",
        "description": "",
        "skills": [{"skill": {"id": str(linux.pk), "name": "Linux"}, "level": 0.8}],
    }
    assert client_of(editor).get(f"{ROLES}/{role.pk}").json() == answer.json()
    assert client_of(editor).get(ROLES).json() == {"roles": [answer.json()], "total": 1}
    assert Record.objects.get(event="learning.role_created").subject_id == str(role.pk)


def test_an_editor_creates_a_resource_with_what_it_teaches(client_of):
    editor = member_factory(role="editor")
    linux = SkillFactory(organization=editor.organization, name="Linux")

    answer = client_of(editor).post(
        RESOURCES,
        {
            "title": "The command line",
            "url": "https://example.org/shell",
            "kind": "course",
            "level": "intermediate",
            "minutes": 90,
            "rating": 4.5,
            "skills": [{"skill": str(linux.pk), "gain": 0.25}],
        },
        format="json",
    )

    assert answer.status_code == 201
    resource = Resource.objects.get()
    assert answer.json() == {
        "id": str(resource.pk),
        "key": f"the-command-line-{resource.pk.hex[:12]}",
        "offered": True,
        "title": "The command line",
        "url": "https://example.org/shell",
        "kind": "course",
        "level": "intermediate",
        "minutes": 90,
        "rating": 4.5,
        "skills": [{"skill": {"id": str(linux.pk), "name": "Linux"}, "gain": 0.25}],
    }
    assert client_of(editor).get(f"{RESOURCES}/{resource.pk}").json() == answer.json()
    assert Record.objects.get(event="learning.resource_created").subject_id == str(resource.pk)


def test_resources_are_filtered_by_skill_and_text(client_of):
    viewer = member_factory(role="viewer")
    organization = viewer.organization
    linux = SkillFactory(organization=organization)
    course = ResourceFactory(organization=organization, title="Linux course")
    ResourceSkill.objects.create(resource=course, skill=linux, gain=0.2)
    book = ResourceFactory(organization=organization, title="Linux book")
    ResourceFactory(title="Linux elsewhere")
    client = client_of(viewer)

    def titles(**query):
        body = client.get(RESOURCES, query).json()
        assert body["total"] == len(body["resources"])
        return [resource["title"] for resource in body["resources"]]

    assert titles() == [book.title, course.title]
    assert titles(skill=str(linux.pk)) == [course.title]
    assert titles(text="BOOK") == [book.title]
    assert titles(text="book", skill=str(linux.pk)) == []


@pytest.mark.parametrize("query", [{"skill": "linux"}, {"text": "a\x00b"}, {"limit": "0"}, {"limit": "101"}])
def test_a_filter_that_is_wrong_is_named(client_of, query):
    answer = client_of(member_factory()).get(RESOURCES, query)

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == list(query)


@pytest.mark.parametrize(("path", "model"), [(ROLES, Role), (RESOURCES, Resource)])
def test_a_viewer_can_not_add_to_the_catalogue(client_of, path, model):
    body = {"name": "x", "title": "x", "kind": "course", "minutes": 5}

    assert client_of(member_factory(role="viewer")).post(path, body, format="json").status_code == 403
    assert not model.objects.exists()


@pytest.mark.parametrize(("path", "make"), [(ROLES, RoleFactory), (RESOURCES, ResourceFactory)])
def test_another_organisations_catalogue_is_not_found(client_of, path, make):
    row = make()
    client = client_of(member_factory(role="admin"))

    assert client.get(f"{path}/{row.pk}").status_code == 404
    assert client.get(path).json()["total"] == 0
    assert APIClient().get(f"{path}/{row.pk}").status_code == 401


def test_a_role_name_is_taken_once(client_of):
    editor = member_factory(role="editor")
    RoleFactory(organization=editor.organization, name="Operator")

    answer = client_of(editor).post(ROLES, {"name": "Operator"}, format="json")

    assert answer.status_code == 409
    assert list(answer.json()["fields"]) == ["name"]


def test_a_skill_of_another_organisation_is_refused(client_of):
    client = client_of(member_factory(role="editor"))
    skill = str(SkillFactory().pk)
    resource = {"title": "x", "kind": "course", "minutes": 5, "skills": [{"skill": skill, "gain": 0.5}]}

    role = client.post(ROLES, {"name": "x", "skills": [{"skill": skill, "level": 1}]}, format="json")
    taught = client.post(RESOURCES, resource, format="json")

    assert (role.status_code, taught.status_code) == (400, 400)
    assert list(role.json()["fields"]) == list(taught.json()["fields"]) == ["skills"]
    assert not Role.objects.exists()
    assert not Resource.objects.exists()


@pytest.mark.parametrize("level", [0, -0.1, 1.1, "NaN", "Infinity", "much", None])
def test_a_level_outside_its_range_is_refused(client_of, level):
    editor = member_factory(role="editor")
    skill = SkillFactory(organization=editor.organization)

    answer = client_of(editor).post(
        ROLES, {"name": "x", "skills": [{"skill": str(skill.pk), "level": level}]}, format="json"
    )

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["skills[0].level"]
    assert not Role.objects.exists()


def test_a_skill_twice_is_refused(client_of):
    editor = member_factory(role="editor")
    link = {"skill": str(SkillFactory(organization=editor.organization).pk), "level": 0.5}

    answer = client_of(editor).post(ROLES, {"name": "x", "skills": [link, link]}, format="json")

    assert answer.status_code == 400
    assert answer.json()["fields"] == {"skills": ["A skill is listed twice."]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "nul\x00"}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"kind": "podcast"}, "kind"),
        ({"level": "guru"}, "level"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": "long"}, "minutes"),
        ({"rating": 5.1}, "rating"),
        ({"rating": "NaN"}, "rating"),
        ({"url": "javascript:alert(1)"}, "url"),
    ],
)
def test_a_resource_that_is_wrong_is_named(client_of, change, field):
    body = {"title": "x", "kind": "course", "minutes": 5, **change}

    answer = client_of(member_factory(role="editor")).post(RESOURCES, body, format="json")

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
    assert not Resource.objects.exists()
