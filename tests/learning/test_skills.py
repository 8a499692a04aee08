import pytest
from rest_framework.test import APIClient

from audit.models import Record
from learning.models import Skill, SkillPrerequisite
from tests.factories.accounts import member_factory
from tests.factories.learning import SkillFactory

pytestmark = pytest.mark.django_db
SKILLS = "/api/v1/learning/skills"
NOWHERE = "00000000-0000-4000-8000-000000000000"


def needs(skill, *prerequisites):
    for prerequisite in prerequisites:
        SkillPrerequisite.objects.create(skill=skill, prerequisite=prerequisite)


def links():
    return set(SkillPrerequisite.objects.values_list("skill__name", "prerequisite__name"))


def test_an_editor_creates_a_skill_after_its_prerequisites(client_of):
    editor = member_factory(role="editor")
    linux = SkillFactory(organization=editor.organization, name="Linux")

    answer = client_of(editor).post(
        SKILLS,
        {
            "name": "Kubernetes operations",
            "description": "Run workloads.",
            "external_refs": [{"scheme": "esco", "identifier": "S5.0"}],
            "prerequisites": [str(linux.pk)],
        },
        format="json",
    )

    assert answer.status_code == 201
    created = Skill.objects.get(name="Kubernetes operations")
    assert answer.json() == {
        "id": str(created.pk),
        "key": "kubernetes-operations",
        "name": "Kubernetes operations",
        "description": "Run workloads.",
        "external_refs": [{"scheme": "esco", "identifier": "S5.0"}],
        "prerequisites": [str(linux.pk)],
    }
    assert client_of(editor).get(f"{SKILLS}/{created.pk}/").json() == answer.json()
    record = Record.objects.get(event="learning.skill_created")
    assert (record.subject_type, record.subject_id) == ("skill", str(created.pk))


def test_the_graph_lists_every_skill_of_the_organisation(client_of):
    viewer = member_factory(role="viewer")
    linux = SkillFactory(organization=viewer.organization, name="Linux")
    shell = SkillFactory(organization=viewer.organization, name="Shell")
    docker = SkillFactory(organization=viewer.organization, name="Docker")
    needs(docker, linux, shell)
    SkillFactory(name="Elsewhere")

    body = client_of(viewer).get(SKILLS).json()

    assert body["total"] == 3
    assert [(skill["name"], set(skill["prerequisites"])) for skill in body["skills"]] == [
        ("Docker", {str(linux.pk), str(shell.pk)}),
        ("Linux", set()),
        ("Shell", set()),
    ]


def test_a_viewer_can_neither_create_nor_change_a_skill(client_of):
    viewer = member_factory(role="viewer")
    skill = SkillFactory(organization=viewer.organization, name="Linux")
    other = SkillFactory(organization=viewer.organization, name="Shell")
    client = client_of(viewer)

    created = client.post(SKILLS, {"name": "Docker"}, format="json")
    changed = client.patch(f"{SKILLS}/{skill.pk}", {"prerequisites": [str(other.pk)]}, format="json")

    assert (created.status_code, changed.status_code) == (403, 403)
    assert Skill.objects.count() == 2
    assert links() == set()


def test_a_skill_of_another_organisation_is_not_found(client_of):
    editor = member_factory(role="editor")
    elsewhere = SkillFactory()
    client = client_of(editor)

    assert client.get(f"{SKILLS}/{elsewhere.pk}").status_code == 404
    assert client.patch(f"{SKILLS}/{elsewhere.pk}", {"prerequisites": []}, format="json").status_code == 404


def test_a_stranger_reads_no_skill():
    assert APIClient().get(f"{SKILLS}/{SkillFactory().pk}").status_code == 401


def test_prerequisites_of_another_organisation_are_refused(client_of):
    editor = member_factory(role="editor")
    own = SkillFactory(organization=editor.organization)
    elsewhere = SkillFactory()
    client = client_of(editor)

    created = client.post(SKILLS, {"name": "New", "prerequisites": [str(elsewhere.pk)]}, format="json")
    changed = client.patch(f"{SKILLS}/{own.pk}", {"prerequisites": [str(elsewhere.pk)]}, format="json")

    assert (created.status_code, changed.status_code) == (400, 400)
    assert list(created.json()["fields"]) == list(changed.json()["fields"]) == ["prerequisites"]
    assert not Skill.objects.filter(name="New").exists()
    assert links() == set()


def test_prerequisites_are_replaced(client_of):
    editor = member_factory(role="editor")
    organization = editor.organization
    a, b, c = (SkillFactory(organization=organization, name=name) for name in "abc")
    needs(c, a)

    answer = client_of(editor).patch(f"{SKILLS}/{c.pk}", {"prerequisites": [str(b.pk)]}, format="json")

    assert answer.status_code == 200
    assert answer.json()["prerequisites"] == [str(b.pk)]
    assert links() == {("c", "b")}
    assert Record.objects.filter(event="learning.skill_prerequisites_set").count() == 1


def test_setting_the_same_prerequisites_leaves_no_record(client_of):
    editor = member_factory(role="editor")
    a, b = (SkillFactory(organization=editor.organization, name=name) for name in "ab")
    needs(b, a)

    answer = client_of(editor).patch(f"{SKILLS}/{b.pk}", {"prerequisites": [str(a.pk)]}, format="json")

    assert answer.status_code == 200
    assert links() == {("b", "a")}
    assert not Record.objects.filter(event="learning.skill_prerequisites_set").exists()


def test_a_cycle_is_refused_and_named(client_of):
    editor = member_factory(role="editor")
    a, b, c = (SkillFactory(organization=editor.organization, name=name) for name in "abc")
    needs(b, a)
    needs(c, b)

    answer = client_of(editor).patch(f"{SKILLS}/{a.pk}", {"prerequisites": [str(c.pk)]}, format="json")

    assert answer.status_code == 400
    assert answer.json()["code"] == "PREREQUISITE_CYCLE"
    assert answer.json()["fields"] == {"prerequisites": ["These prerequisites go round: a needs c needs b needs a."]}
    assert links() == {("b", "a"), ("c", "b")}


def test_a_skill_can_not_need_itself(client_of):
    editor = member_factory(role="editor")
    a = SkillFactory(organization=editor.organization, name="a")

    answer = client_of(editor).patch(f"{SKILLS}/{a.pk}", {"prerequisites": [str(a.pk)]}, format="json")

    assert answer.status_code == 400
    assert answer.json()["fields"] == {"prerequisites": ["These prerequisites go round: a needs a."]}
    assert links() == set()


def test_a_key_is_taken_once_in_an_organisation(client_of):
    editor = member_factory(role="editor")
    SkillFactory(organization=editor.organization, key="linux")

    taken = client_of(editor).post(SKILLS, {"name": "Linux"}, format="json")
    elsewhere = client_of(member_factory(role="editor")).post(SKILLS, {"name": "Linux"}, format="json")

    assert taken.status_code == 409
    assert list(taken.json()["fields"]) == ["key"]
    assert elsewhere.status_code == 201


def test_a_name_without_letters_still_makes_a_skill(client_of):
    answer = client_of(member_factory(role="editor")).post(SKILLS, {"name": "++"}, format="json")

    assert answer.status_code == 201
    assert answer.json()["key"].startswith("skill-")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "nul\x00"}, "name"),
        ({"name": {"en": "Linux"}}, "name"),
        ({"name": "x", "key": "not a key"}, "key"),
        ({"name": "x", "description": "y" * 5001}, "description"),
        ({"name": "x", "external_refs": ["esco"]}, "external_refs[0]"),
        ({"name": "x", "external_refs": [{"scheme": "nul\x00", "identifier": "1"}]}, "external_refs[0].scheme"),
        ({"name": "x", "prerequisites": "linux"}, "prerequisites"),
        ({"name": "x", "prerequisites": [NOWHERE]}, "prerequisites"),
        ({"name": "x", "prerequisites": [NOWHERE] * 501}, "prerequisites"),
    ],
)
def test_input_that_is_wrong_is_named(client_of, body, field):
    answer = client_of(member_factory(role="editor")).post(SKILLS, body, format="json")

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
    assert not Skill.objects.exists()
