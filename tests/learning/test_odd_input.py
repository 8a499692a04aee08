"""What nobody sends by intent: times before there was anything, numbers beyond bounds; and who may not ask by importing."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from learning.models import Completion, Evidence, Learner, Plan, ResourceSkill, Statement
from tests.factories.accounts import member_factory
from tests.factories.learning import LearnerFactory, ResourceFactory, RoleFactory, SkillFactory

pytestmark = pytest.mark.django_db
LEARNERS = "/api/v1/learning/learners"
STATEMENTS = "/api/v1/learning/xapi/statements"
VERSION = {"HTTP_X_EXPERIENCE_API_VERSION": "1.0.3"}
COURSE = "https://example.com/course"


@pytest.fixture
def own(db):
    viewer = member_factory()
    return LearnerFactory(organization=viewer.organization, user=viewer.user, time_zone="America/New_York")


@pytest.fixture
def client(client_of, own):
    return client_of(own.organization.memberships.get(user=own.user))


@pytest.fixture
def course(own):
    resource = ResourceFactory(organization=own.organization, url=COURSE)
    ResourceSkill.objects.create(resource=resource, skill=SkillFactory(organization=own.organization), gain=0.3)
    return resource


def completed(own, **more):
    verb = {"id": "http://adlnet.gov/expapi/verbs/completed"}
    return {"actor": {"mbox": f"mailto:{own.user.email}"}, "verb": verb, "object": {"id": COURSE}, **more}


def test_nothing_is_finished_before_1970(client, own, course):
    given = {"resource": str(course.pk), "completed_at": "0001-01-01T00:00:00Z"}

    answer = client.post(f"{LEARNERS}/{own.pk}/completions", given, format="json")

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["completed_at"])
    assert not Completion.objects.exists()
    assert not Evidence.objects.exists()


def test_nothing_is_attested_before_1970(client_of, own, course):
    admin = client_of(member_factory(own.organization, "admin"))
    levels = {str(ResourceSkill.objects.get().skill_id): 1}
    given = {"kind": "attestation", "levels": levels, "observed_at": "0001-01-01T00:00:00Z"}

    answer = admin.post(f"{LEARNERS}/{own.pk}/evidence", given, format="json")

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["observed_at"])
    assert not Evidence.objects.exists()


def test_a_statement_of_any_time_leaves_progress_that_can_be_read(client, own, course):
    told = completed(own, timestamp="0001-01-01T00:00:00Z")

    assert client.post(STATEMENTS, told, format="json", **VERSION).status_code == 200

    assert Completion.objects.get().completed_at.year == 1970
    assert client.get(f"{LEARNERS}/{own.pk}/progress").status_code == 200


def test_a_duration_beyond_measure_is_left_out(client, own, course):
    told = completed(own, result={"duration": "P" + "9" * 60 + "Y"})

    assert client.post(STATEMENTS, told, format="json", **VERSION).status_code == 200

    assert Completion.objects.get().minutes is None


def test_a_number_that_no_reader_takes_is_refused(client, own, course):
    told = completed(own, result={"score": {"raw": 1.5, "max": 10**400}})

    assert client.post(STATEMENTS, told, format="json", **VERSION).status_code == 400

    assert not Statement.objects.exists()


def test_half_a_surrogate_pair_is_no_agent(client):
    agent = '{"account":{"homePage":"http://a","name":"\\ud800"}}'

    answer = client.get(STATEMENTS, {"agent": agent}, **VERSION)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["agent"])


def test_a_plan_does_not_wait_for_a_beginning_in_centuries(client, own):
    Learner.objects.filter(pk=own.pk).update(start_date=date.max, role=RoleFactory(organization=own.organization))

    answer = client.post("/api/v1/learning/plans", {"days": 30}, format="json")

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["starts_on"])
    assert not Plan.objects.exists()


def test_days_away_are_bounded_together(client, own):
    year = [(timezone.now().date() + timedelta(days=number)).isoformat() for number in range(367)]
    Learner.objects.filter(pk=own.pk).update(blackout_dates=year[:366])

    answer = client.patch(f"{LEARNERS}/{own.pk}", {"blackout_dates": year}, format="json")

    assert (answer.status_code, len(Learner.objects.get().blackout_dates)) == (400, 366)


@pytest.mark.parametrize(("role", "status"), [("editor", 403), ("admin", 200)])
def test_only_admins_ask_by_importing_what_others_have_finished(client_of, own, course, role, status):
    api = client_of(member_factory(own.organization, role))
    rows = f"learner,resource,status\n{own.pk},{COURSE},completed\n"

    answer = api.generic(
        "POST", "/api/v1/learning/imports/progress?dry_run=true", rows.encode(), content_type="text/csv"
    )

    assert answer.status_code == status
    assert ("created" in answer.json()) == (status == 200)
    assert not Completion.objects.exists()


def test_an_editor_has_no_reminders_of_a_colleague_sent_to_themself(client_of):
    editor = member_factory(role="editor")
    colleague = member_factory(editor.organization)
    given = {"name": "Ann", "user": colleague.user_id, "email": editor.user.email}

    answer = client_of(editor).post(LEARNERS, given, format="json")

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["email"])
    assert not Learner.objects.exists()
