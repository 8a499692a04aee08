"""What learners say and show by REST, and who finds it."""

import uuid

import pytest

from audit.models import Record
from learning.models import Completion, Evidence, Mastery, ResourceSkill
from tests.factories.accounts import member_factory
from tests.factories.learning import EvidenceFactory, LearnerFactory, ResourceFactory, SkillFactory
from tests.learning.teams import team_of

pytestmark = pytest.mark.django_db
LEARNERS = "/api/v1/learning/learners"


@pytest.fixture
def viewer(db):
    return member_factory()


@pytest.fixture
def own(viewer):
    return LearnerFactory(organization=viewer.organization, user=viewer.user, name="Ann")


@pytest.fixture
def skill(viewer):
    return SkillFactory(organization=viewer.organization)


def test_a_learner_says_what_they_know(client_of, viewer, own, skill):
    other = SkillFactory(organization=viewer.organization)
    client, path = client_of(viewer), f"{LEARNERS}/{own.pk}/assessment"
    assert client.get(path).json() == {"levels": {}, "assessed_at": None}

    assert client.put(path, {"levels": {str(skill.pk): 0.9, str(other.pk): 0}}, format="json").status_code == 200
    answer = client.put(path, {"levels": {str(skill.pk): 0.25}}, format="json")

    assert answer.json()["levels"] == {str(skill.pk): 0.25, str(other.pk): 0.0}
    assert answer.json()["assessed_at"] is not None
    assert client.get(path).json() == answer.json()
    assert Mastery.objects.get(skill=skill).mean == pytest.approx(0.25 * 3 / 3.5, abs=1e-6)
    assert set(Evidence.objects.values_list("kind", "attested_by")) == {("self_assessment", "")}


@pytest.mark.parametrize(
    "levels",
    [
        None,
        [],
        {},
        {"not-an-id": 0.5},
        {"00000000-0000-4000-8000-000000000000": 1.5},
        {"00000000-0000-4000-8000-000000000000": "0.5"},
        {"00000000-0000-4000-8000-000000000000": True},
        {"00000000-0000-4000-8000-000000000000": None},
        {str(uuid.UUID(int=number)): 0.5 for number in range(501)},
    ],
)
def test_levels_that_are_none_are_named(client_of, viewer, own, levels):
    answer = client_of(viewer).put(f"{LEARNERS}/{own.pk}/assessment", {"levels": levels}, format="json")

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["levels"])
    assert not Evidence.objects.exists()


def test_a_skill_of_another_organisation_is_refused_and_nothing_is_half_written(client_of, viewer, own, skill):
    levels = {str(skill.pk): 0.5, str(SkillFactory().pk): 0.5}

    answer = client_of(viewer).put(f"{LEARNERS}/{own.pk}/assessment", {"levels": levels}, format="json")

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["skills"])
    assert not Evidence.objects.exists()
    own.refresh_from_db()
    assert own.assessed_at is None


def test_a_lead_vouches_for_a_learner_once_for_each_identity(client_of, viewer, own, skill):
    lead = member_factory(organization=viewer.organization)
    team_of(viewer.organization, [own], [lead.user])
    body = {"kind": "attestation", "levels": {str(skill.pk): 0.8}, "note": "Ran the drill", "identity": "drill"}
    path = f"{LEARNERS}/{own.pk}/evidence"

    first, again = (client_of(lead).post(path, body, format="json") for _ in range(2))

    assert (first.status_code, again.status_code, again.json()) == (201, 200, {"evidence": []})
    row = Evidence.objects.get()
    assert (row.kind, row.value, row.note, row.attested_by) == ("attestation", 0.8, "Ran the drill", lead.user_id)
    shown = client_of(viewer).get(path).json()
    assert shown["total"] == 1
    assert {name: shown["evidence"][0][name] for name in ("id", "skill", "value", "attested_by")} == {
        "id": str(row.pk),
        "skill": str(skill.pk),
        "value": 0.8,
        "attested_by": lead.user_id,
    }
    assert client_of(viewer).get(path, {"skill": str(uuid.uuid4())}).json() == {"evidence": [], "total": 0}


@pytest.mark.parametrize("role", ["viewer", "admin"])
def test_nobody_vouches_for_themselves(client_of, role):
    member = member_factory(role=role)
    own = LearnerFactory(organization=member.organization, user=member.user)
    team_of(member.organization, [own], [member.user])
    skill = SkillFactory(organization=member.organization)

    answer = client_of(member).post(
        f"{LEARNERS}/{own.pk}/evidence", {"kind": "attestation", "levels": {str(skill.pk): 1}}, format="json"
    )

    assert answer.status_code == 403
    assert not Evidence.objects.exists()
    assert not Record.objects.filter(event="learning.evidence_recorded").exists()


@pytest.mark.parametrize("kind", ["self_assessment", "incident_response", "resource_completed", "rumour"])
def test_other_kinds_of_evidence_are_not_entered_by_hand(client_of, own, skill, kind):
    admin = member_factory(organization=own.organization, role="admin")

    answer = client_of(admin).post(
        f"{LEARNERS}/{own.pk}/evidence", {"kind": kind, "levels": {str(skill.pk): 1}}, format="json"
    )

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["kind"])
    assert not Evidence.objects.exists()


def test_a_finished_resource_counts_once(client_of, viewer, own, skill):
    resource = ResourceFactory(organization=viewer.organization, title="Linux", url="https://example.org/linux")
    ResourceSkill.objects.create(resource=resource, skill=skill, gain=0.3)
    client, path = client_of(viewer), f"{LEARNERS}/{own.pk}/completions"

    first = client.post(path, {"resource": str(resource.pk), "minutes": 40, "score": 0.5}, format="json")
    again = client.post(path, {"resource": str(resource.pk), "minutes": 99}, format="json")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["resource"] == {
        "id": str(resource.pk),
        "title": "Linux",
        "url": "https://example.org/linux",
    }
    assert client.get(path).json() == {"completions": [first.json()], "total": 1}
    assert Evidence.objects.get().value == 0.15


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "resource"),
        ({"resource": "x"}, "resource"),
        ({"resource": "00000000-0000-4000-8000-000000000000"}, "resource"),
        ({"minutes": 0}, "minutes"),
        ({"score": 1.2}, "score"),
    ],
)
def test_a_completion_that_does_not_fit_is_refused(client_of, viewer, own, body, field):
    if field != "resource":
        body = {"resource": str(ResourceFactory(organization=viewer.organization).pk)} | body
    answer = client_of(viewer).post(f"{LEARNERS}/{own.pk}/completions", body, format="json")

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert not Completion.objects.exists()


def test_mastery_is_shown_with_its_history(client_of, viewer, own, skill):
    EvidenceFactory(learner=own, skill=skill, value=1.0)
    EvidenceFactory(learner=LearnerFactory(organization=viewer.organization), skill=skill, value=0.1)

    answer = client_of(viewer).get(f"{LEARNERS}/{own.pk}/mastery", {"days": 1000})

    assert answer.status_code == 200
    [shown] = answer.json()["skills"]
    assert shown["skill"] == {"id": str(skill.pk), "name": skill.name}
    assert 0 < shown["low"] < shown["mean"] <= shown["high"] <= 1
    assert shown["history"][-1]["mean"] == pytest.approx(shown["mean"], abs=1e-3)
    assert shown["history"][0]["mean"] > shown["history"][-1]["mean"]
    assert client_of(viewer).get(f"{LEARNERS}/{own.pk}/mastery", {"days": 0}).status_code == 400


PARTS = ["assessment", "evidence", "completions", "mastery", "progress"]


@pytest.mark.parametrize("part", PARTS)
def test_a_learner_sees_their_own(client_of, viewer, own, part):
    assert client_of(viewer).get(f"{LEARNERS}/{own.pk}/{part}").status_code == 200


@pytest.mark.parametrize("part", PARTS)
def test_unknown_learners_and_those_of_others_are_not_found(client_of, viewer, own, part):
    colleague = LearnerFactory(organization=viewer.organization, name="Bob")
    elsewhere = LearnerFactory()
    editor = member_factory(organization=viewer.organization, role="editor")
    admin = member_factory(organization=viewer.organization, role="admin")
    for who, learner_id in [
        (viewer, uuid.uuid4()),
        (viewer, colleague.pk),
        (viewer, elsewhere.pk),
        (editor, colleague.pk),
        (admin, elsewhere.pk),
        (admin, uuid.uuid4()),
    ]:
        answer = client_of(who).get(f"{LEARNERS}/{learner_id}/{part}")
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
        assert "Bob" not in answer.content.decode()


@pytest.mark.parametrize(("method", "part"), [("put", "assessment"), ("post", "evidence"), ("post", "completions")])
@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_nobody_writes_into_a_colleague_s_learning(client_of, viewer, own, skill, method, part, role):
    colleague = member_factory(organization=viewer.organization, role=role)
    resource = ResourceFactory(organization=viewer.organization)
    body = {"levels": {str(skill.pk): 1}, "kind": "attestation", "resource": str(resource.pk)}

    answer = getattr(client_of(colleague), method)(f"{LEARNERS}/{own.pk}/{part}", body, format="json")

    assert answer.status_code == 404
    assert not Evidence.objects.exists()
    assert not Completion.objects.exists()
    assert not Record.objects.filter(event__startswith="learning.").exists()


def test_progress_is_the_learner_s_own_alone(client_of, viewer, own):
    colleague = LearnerFactory(organization=viewer.organization)
    EvidenceFactory(learner=colleague)

    answer = client_of(viewer).get(f"{LEARNERS}/{own.pk}/progress").json()

    assert answer["learner"] == {"id": str(own.pk), "name": "Ann"}
    assert (answer["total"], answer["mastery"]["skills"], answer["next_action"]["kind"]) == (0, 0, "assess")
