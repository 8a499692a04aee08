"""A new colleague begins by themselves, and settings are changed by those whose they are."""

import json

import pytest

from audit.models import Record
from learning.models import Learner, TeamLead, TeamMember
from tests.factories.accounts import member_factory, organization_factory
from tests.factories.learning import LearnerFactory, RoleFactory
from tests.learning.teams import team_of

pytestmark = pytest.mark.django_db
LEARNERS = "/api/v1/learning/learners"
ME = f"{LEARNERS}/me"


@pytest.fixture
def own(db):
    member = member_factory()
    return LearnerFactory(organization=member.organization, user=member.user, name="Ann")


def member_of(learner):
    return learner.user.memberships.get(organization=learner.organization)


def test_a_viewer_begins_as_themselves(client_of):
    viewer = member_factory(name="Ann Other")
    client = client_of(viewer)
    assert client.get(ME).status_code == 404

    answer = client.post(ME, {"time_zone": "Europe/Berlin", "minutes_per_weekday": [30] * 7}, format="json")

    assert answer.status_code == 201
    learner = Learner.objects.get()
    assert (learner.user, learner.organization, learner.name) == (viewer.user, viewer.organization, "Ann Other")
    assert (learner.time_zone, learner.minutes_per_weekday) == ("Europe/Berlin", [30] * 7)
    assert client.get(ME).json()["id"] == answer.json()["id"] == str(learner.pk)


def test_an_account_without_a_name_is_called_by_its_address(client_of):
    viewer = member_factory()
    assert client_of(viewer).post(ME, {}, format="json").json()["name"] == viewer.user.email.partition("@")[0]


def test_nobody_begins_twice_or_as_somebody_else(client_of, own):
    client = client_of(member_of(own))
    other = member_factory(organization=own.organization)

    answer = client.post(ME, {"user": other.user_id}, format="json")

    assert (answer.status_code, list(answer.json()["fields"])) == (409, ["user"])
    assert Learner.objects.count() == 1


def test_a_viewer_changes_their_own_settings(client_of, own):
    role = RoleFactory(organization=own.organization)
    changes = {
        "name": "Ann Two",
        "goals": "Be on call.",
        "role": str(role.pk),
        "minutes_per_weekday": [0, 60, 0, 60, 0, 0, 120],
        "blackout_dates": ["2026-12-25", "2026-12-24"],
        "time_zone": "America/New_York",
        "study_at": "07:30:00",
        "nudges": False,
        "digest": False,
        "nudge_from": "07:00:00",
        "nudge_until": "20:00:00",
    }

    answer = client_of(member_of(own)).patch(f"{LEARNERS}/{own.pk}", changes, format="json")

    assert answer.status_code == 200
    shown = {name: answer.json()[name] for name in changes}
    assert shown == changes | {
        "role": {"id": str(role.pk), "name": role.name},
        "blackout_dates": ["2026-12-24", "2026-12-25"],
    }
    record = Record.objects.get(event="learning.learner_settings_changed")
    assert json.loads(bytes(record.body))["data"] == {"fields": sorted(changes), "role": str(role.pk)}
    assert {text.name: text.text for text in record.texts.all()} == {"name": "Ann Two", "goals": "Be on call."}


def test_settings_that_are_as_they_were_leave_no_record(client_of, own):
    answer = client_of(member_of(own)).patch(f"{LEARNERS}/{own.pk}", {"name": "Ann"}, format="json")

    assert answer.status_code == 200
    assert not Record.objects.filter(event="learning.learner_settings_changed").exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"user": "user_demo"}, "user"),
        ({"email": "else@example.org"}, "email"),
        ({"organization": "x"}, "organization"),
        ({"name": ""}, "name"),
        ({"name": 7}, "name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"minutes_per_weekday": [60] * 8}, "minutes_per_weekday"),
        ({"blackout_dates": ["24.12.2026"]}, "blackout_dates[0]"),
        ({"blackout_dates": ["2026-12-24"] * 367}, "blackout_dates"),
        ({"study_at": "25:00"}, "study_at"),
        ({"nudges": "no"}, "nudges"),
        ({"nudge_from": "19:00"}, "nudge_until"),
        ({"nudge_from": "09:00", "nudge_until": "09:00"}, "nudge_until"),
        ({"role": "00000000-0000-4000-8000-000000000000"}, "role"),
    ],
)
def test_settings_that_do_not_fit_are_named_and_change_nothing(client_of, own, body, field):
    before = Learner.objects.values().get()

    answer = client_of(member_of(own)).patch(f"{LEARNERS}/{own.pk}", {"goals": "New"} | body, format="json")

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert Learner.objects.values().get() == before
    assert not Record.objects.filter(event="learning.learner_settings_changed").exists()


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_a_colleague_does_not_change_a_learner(client_of, own, role):
    colleague = member_factory(organization=own.organization, role=role)

    answer = client_of(colleague).patch(f"{LEARNERS}/{own.pk}", {"goals": "Mine"}, format="json")

    assert answer.status_code == 404
    assert Learner.objects.get().goals == ""


def test_a_lead_and_an_admin_change_a_learner_and_nobody_elsewhere_does(client_of, own):
    lead = member_factory(organization=own.organization)
    team_of(own.organization, [own], [lead.user])
    admin = member_factory(organization=own.organization, role="admin")

    for who, goals in ((lead, "Led"), (admin, "Administered")):
        assert client_of(who).patch(f"{LEARNERS}/{own.pk}", {"goals": goals}, format="json").status_code == 200
        assert Learner.objects.get().goals == goals
    stranger = member_factory(organization=organization_factory(), role="admin")
    assert client_of(stranger).patch(f"{LEARNERS}/{own.pk}", {"goals": "x"}, format="json").status_code == 404
    assert Learner.objects.get().goals == "Administered"
    assert (TeamLead.objects.count(), TeamMember.objects.count()) == (1, 1)
