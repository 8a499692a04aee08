import pytest
from rest_framework.test import APIClient

from audit.models import Record
from learning.models import Learner
from tests.factories.accounts import member_factory
from tests.factories.learning import LearnerFactory, RoleFactory
from tests.learning.teams import team_of

pytestmark = pytest.mark.django_db
LEARNERS = "/api/v1/learning/learners"


def test_an_editor_creates_a_learner_with_everything(client_of):
    editor = member_factory(role="editor")
    member = member_factory(organization=editor.organization)
    role = RoleFactory(organization=editor.organization, name="Site reliability engineer")

    answer = client_of(editor).post(
        LEARNERS,
        {
            "name": "New colleague",
            "email": member.user.email,
            "user": member.user_id,
            "role": str(role.pk),
            "goals": "Run an incident on my own.",
            "minutes_per_weekday": [30, 30, 0, 30, 30, 0, 60],
            "blackout_dates": ["2026-12-24", "2026-12-01"],
            "time_zone": "Europe/Berlin",
            "start_date": "2026-11-02",
        },
        format="json",
    )

    assert answer.status_code == 201
    learner = Learner.objects.get()
    assert learner.organization == editor.organization
    assert answer.json()["id"] == str(learner.pk)
    assert answer.json()["user"] == member.user_id
    assert answer.json()["role"] == {"id": str(role.pk), "name": "Site reliability engineer"}
    assert answer.json()["minutes_per_weekday"] == [30, 30, 0, 30, 30, 0, 60]
    assert answer.json()["blackout_dates"] == ["2026-12-01", "2026-12-24"]
    assert answer.json()["time_zone"] == "Europe/Berlin"
    assert answer.json()["start_date"] == "2026-11-02"


def test_creating_a_learner_is_recorded_without_the_name_in_the_clear(client_of):
    editor = member_factory(role="editor")

    answer = client_of(editor).post(LEARNERS, {"name": "New colleague"}, format="json")

    record = Record.objects.get(event="learning.learner_created")
    assert record.subject_id == answer.json()["id"]
    assert record.actor_id == editor.user_id
    assert record.organization_id == str(editor.organization_id)
    assert b"New colleague" not in bytes(record.body)
    assert record.texts.get(name="name").text == "New colleague"


def test_a_viewer_can_not_create_a_learner(client_of):
    answer = client_of(member_factory(role="viewer")).post(LEARNERS, {"name": "Me"}, format="json")

    assert answer.status_code == 403
    assert answer.json()["code"] == "FORBIDDEN"
    assert not Learner.objects.exists()
    assert not Record.objects.filter(event__startswith="learning.").exists()


@pytest.mark.parametrize("path", ["learners", "skills", "roles", "resources", "plans"])
def test_a_stranger_is_refused(path):
    assert APIClient().get(f"/api/v1/learning/{path}").status_code == 401
    assert APIClient().post(f"/api/v1/learning/{path}", {"name": "x"}, format="json").status_code == 401
    assert not Learner.objects.exists()


def test_an_editor_lists_the_learners_of_the_organisation_alone(client_of):
    editor = member_factory(role="editor")
    zoe = LearnerFactory(organization=editor.organization, name="Zoe")
    ann = LearnerFactory(organization=editor.organization, name="Ann")
    LearnerFactory(name="Elsewhere")

    answer = client_of(editor).get(LEARNERS)

    assert answer.status_code == 200
    assert [learner["id"] for learner in answer.json()["learners"]] == [str(ann.pk), str(zoe.pk)]
    assert answer.json()["total"] == 2


def test_an_editor_sees_of_learners_whom_they_do_not_follow_only_who_they_are(client_of):
    editor = member_factory(role="editor")
    role = RoleFactory(organization=editor.organization)
    colleague = member_factory(organization=editor.organization)
    told = {"email": "ann@example.com", "goals": "Away from here", "blackout_dates": ["2026-03-02"], "role": role}
    ann = LearnerFactory(organization=editor.organization, name="Ann", user=colleague.user, **told)
    own = LearnerFactory(organization=editor.organization, name="Own", user=editor.user, goals="Mine")
    led = LearnerFactory(organization=editor.organization, name="Led", goals="Theirs")
    team_of(editor.organization, [led], [editor.user])
    client = client_of(editor)

    listed = {each["id"]: each for each in client.get(LEARNERS).json()["learners"]}

    assert listed[str(ann.pk)] == {
        "id": str(ann.pk),
        "name": "Ann",
        "user": colleague.user_id,
        "role": {"id": str(role.pk), "name": role.name},
        "created_at": ann.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert (listed[str(own.pk)]["goals"], listed[str(led.pk)]["goals"]) == ("Mine", "Theirs")
    for learner in (ann, own, led):
        assert client.get(f"{LEARNERS}/{learner.pk}").json() == listed[str(learner.pk)]
    admin = client_of(member_factory(organization=editor.organization, role="admin"))
    assert admin.get(f"{LEARNERS}/{ann.pk}").json()["goals"] == "Away from here"
    assert {"goals", "email", "blackout_dates"} <= client_of(colleague).get(f"{LEARNERS}/{ann.pk}").json().keys()


def test_a_viewer_sees_only_their_own_learner(client_of):
    viewer = member_factory(role="viewer")
    own = LearnerFactory(organization=viewer.organization, user=viewer.user)
    other = LearnerFactory(organization=viewer.organization)
    client = client_of(viewer)

    assert [learner["id"] for learner in client.get(LEARNERS).json()["learners"]] == [str(own.pk)]
    assert client.get(f"{LEARNERS}/{own.pk}").status_code == 200
    assert client.get(f"{LEARNERS}/{other.pk}").status_code == 404


def test_a_learner_of_another_organisation_is_not_found(client_of):
    admin = member_factory(role="admin")
    elsewhere = LearnerFactory()

    assert client_of(admin).get(f"{LEARNERS}/{elsewhere.pk}").status_code == 404


def test_a_viewer_does_not_see_their_own_learner_of_another_organisation(client_of):
    viewer = member_factory(role="viewer")
    elsewhere = LearnerFactory(user=viewer.user)

    assert client_of(viewer).get(LEARNERS).json() == {"learners": [], "total": 0}
    assert client_of(viewer).get(f"{LEARNERS}/{elsewhere.pk}").status_code == 404


def test_a_member_has_one_learner_at_most(client_of):
    editor = member_factory(role="editor")
    LearnerFactory(organization=editor.organization, user=editor.user)

    answer = client_of(editor).post(LEARNERS, {"name": "Again", "user": editor.user_id}, format="json")

    assert answer.status_code == 409
    assert list(answer.json()["fields"]) == ["user"]
    assert Learner.objects.count() == 1
    assert not Record.objects.filter(event="learning.learner_created").exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": ["list"]}, "name"),
        ({"name": "nul\x00byte"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "x", "email": "nowhere"}, "email"),
        ({"name": "x", "goals": "y" * 5001}, "goals"),
        ({"name": "x", "minutes_per_weekday": [60] * 6}, "minutes_per_weekday"),
        ({"name": "x", "minutes_per_weekday": [60] * 6 + [1441]}, "minutes_per_weekday[6]"),
        ({"name": "x", "minutes_per_weekday": {"monday": 60}}, "minutes_per_weekday"),
        ({"name": "x", "blackout_dates": ["24.12.2026"]}, "blackout_dates[0]"),
        ({"name": "x", "time_zone": "Mars/Olympus"}, "time_zone"),
        ({"name": "x", "time_zone": "../../etc/passwd"}, "time_zone"),
        ({"name": "x", "time_zone": "localtime"}, "time_zone"),
        ({"name": "x", "time_zone": "posixrules"}, "time_zone"),
        ({"name": "x", "time_zone": "Factory"}, "time_zone"),
        ({"name": "x", "time_zone": "posix/Europe/Berlin"}, "time_zone"),
        ({"name": "x", "time_zone": "right/Europe/Berlin"}, "time_zone"),
        ({"name": "x", "start_date": "soon"}, "start_date"),
        ({"name": "x", "role": "not-an-id"}, "role"),
        ({"name": "x", "role": "00000000-0000-4000-8000-000000000000"}, "role"),
        ({"name": "x", "user": "user_nobody"}, "user"),
    ],
)
def test_input_that_is_wrong_is_named(client_of, body, field):
    answer = client_of(member_factory(role="editor")).post(LEARNERS, body, format="json")

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
    assert not Learner.objects.exists()


def test_a_learner_of_a_time_zone_that_is_no_longer_taken_is_shown_and_changed(client_of):
    learner = LearnerFactory(time_zone="Factory")
    client = client_of(member_factory(learner.organization, "admin"))

    assert client.get(f"{LEARNERS}/{learner.pk}").json()["time_zone"] == "Factory"
    assert client.get(f"{LEARNERS}/{learner.pk}/progress").status_code == 200
    changed = client.patch(f"{LEARNERS}/{learner.pk}", {"goals": "New"}, format="json")
    assert (changed.status_code, changed.json()["goals"]) == (200, "New")
    refused = client.patch(f"{LEARNERS}/{learner.pk}", {"time_zone": "localtime"}, format="json")
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["time_zone"])
    learner.refresh_from_db()
    assert (learner.goals, learner.time_zone) == ("New", "Factory")


def test_a_role_of_another_organisation_is_refused(client_of):
    editor = member_factory(role="editor")

    answer = client_of(editor).post(LEARNERS, {"name": "x", "role": str(RoleFactory().pk)}, format="json")

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["role"]
    assert not Learner.objects.exists()
