"""Plans are computed, stored as rows with their record, and supersede each other."""

import json
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Record
from learning.models import Plan, PlanItem, PlanState, Team
from learning.services import plans
from learning.services.evidence import resource_complete
from learning.services.plans import plan_create
from tests.factories.accounts import api_key_for, member_factory, stranger
from tests.factories.learning import RoleFactory, SkillFactory
from tests.learning.plans.catalogue import PLANS, asked, school

pytestmark = pytest.mark.django_db
START = date(2026, 9, 7)


def records(event):
    return Record.objects.filter(event=event)


def test_a_plan_is_made_with_dated_items_that_say_why(client_of):
    here = school()

    answer = asked(client_of(here.member), learner=str(here.learner.pk))

    assert answer.status_code == 201
    body = answer.json()
    assert body["learner"] == {"id": str(here.learner.pk), "name": here.learner.name}
    assert body["role"] == {"id": str(here.role.pk), "name": here.role.name}
    assert (body["version"], body["state"], body["days"], body["weekly_minutes"]) == (1, "active", 45, 300)
    assert (body["starts_on"], body["previous"], body["reason"]) == ("2026-09-07", None, "")
    assert body["verdict"]["feasible"] in (True, False)
    assert body["items"]
    skills = {str(here.first.pk), str(here.second.pk)}
    titles = {str(resource.pk): resource.title for resource in here.resources}
    for item in body["items"]:
        assert START <= date.fromisoformat(item["date"]) < START + timedelta(days=45)
        assert item["minutes"] > 0
        assert item["reason"]
        assert set(item["skills"]) <= skills
        assert item["state"] == "planned"
        assert item["resource"] is None or item["resource"]["title"] == titles[item["resource"]["id"]]
    assert {item["milestone"] for item in body["items"]} <= {None} | {each["id"] for each in body["milestones"]}
    assert client_of(here.member).get(f"{PLANS}/{body['id']}").json() == body


def test_a_plan_leaves_one_record(client_of):
    here = school()

    body = asked(client_of(here.member)).json()

    record = records("learning.plan_created").get()
    assert record.subject_id == body["id"]
    assert record.actor_id == here.member.user.pk
    data = json.loads(record.body)["data"]
    assert data["learner"] == str(here.learner.pk)
    assert (data["version"], data["days"], data["items"], data["previous"]) == (1, 45, len(body["items"]), None)
    assert data["inputs"] == Plan.objects.get().inputs


@pytest.mark.parametrize("days", [29, 61, 0, -1, 10**9, "soon", None, 45.5, True])
def test_days_outside_of_30_to_60_are_refused_by_name(client_of, days):
    here = school()

    answer = asked(client_of(here.member), days=days)

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["days"]
    assert not Plan.objects.exists()
    assert not records("learning.plan_created").exists()


@pytest.mark.parametrize("days", [30, 60])
def test_30_and_60_days_are_plans(client_of, days):
    assert asked(client_of(school().member), days=days).json()["days"] == days


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"weekly_hours": 0}, "weekly_hours"),
        ({"weekly_hours": -1}, "weekly_hours"),
        ({"weekly_hours": 80.1}, "weekly_hours"),
        ({"weekly_hours": "NaN"}, "weekly_hours"),
        ({"weekly_hours": "inf"}, "weekly_hours"),
        ({"starts_on": "2026-09-06"}, "starts_on"),
        ({"starts_on": "2028-01-01"}, "starts_on"),
        ({"starts_on": "tomorrow"}, "starts_on"),
        ({"role": str(uuid4())}, "role"),
        ({"role": "SRE"}, "role"),
        ({"drop": [str(uuid4())]}, "drop"),
        ({"learner": "nobody"}, "learner"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_name(client_of, body, field):
    here = school()

    answer = asked(client_of(here.member), **body)

    assert answer.status_code == 400
    assert field in str(list(answer.json()["fields"]))
    assert not Plan.objects.exists()


def test_days_must_be_said(client_of):
    answer = client_of(school().member).post(PLANS, {}, format="json")

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["days"])


def test_without_a_role_the_learner_is_asked_for_one(client_of):
    here = school(role=None)
    client = client_of(here.member)

    refused = asked(client)

    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["role"])
    assert asked(client, role=str(here.role.pk)).status_code == 201
    here.learner.refresh_from_db()
    assert here.learner.role is None


def test_a_role_of_another_organisation_is_refused(client_of):
    here = school()

    answer = asked(client_of(here.member), role=str(RoleFactory().pk))

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["role"])


def test_a_skill_of_another_organisation_is_not_dropped(client_of):
    answer = asked(client_of(school().member), drop=[str(SkillFactory().pk)])

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["drop"])


def test_weekly_hours_bound_every_week_from_the_start(client_of):
    here = school()

    body = asked(client_of(here.member), weekly_hours=1.5, days=30).json()

    assert body["weekly_minutes"] == 90
    weeks = {}
    for item in body["items"]:
        week = (date.fromisoformat(item["date"]) - START).days // 7
        weeks[week] = weeks.get(week, 0) + item["minutes"]
    assert weeks
    assert max(weeks.values()) <= 90


def test_a_plan_starts_on_the_learners_own_day(client_of, clock):
    here = school(time_zone="Pacific/Auckland")
    clock.forward(hours=3)

    assert asked(client_of(here.member)).json()["starts_on"] == "2026-09-08"


def test_a_plan_starts_no_earlier_than_its_learner(client_of):
    here = school()
    here.learner.start_date = date(2026, 10, 1)
    here.learner.save()

    assert asked(client_of(here.member)).json()["starts_on"] == "2026-10-01"
    assert asked(client_of(here.member), starts_on="2026-09-20").json()["starts_on"] == "2026-09-20"


def test_a_new_plan_supersedes_the_active_one(client_of):
    here = school()
    client = client_of(here.member)
    first = asked(client).json()

    second = asked(client, days=30).json()

    assert (second["version"], second["state"], second["previous"]) == (2, "active", first["id"])
    before = client.get(f"{PLANS}/{first['id']}").json()
    assert before["state"] == "superseded"
    assert before["items"] == first["items"]
    assert {item["uid"] for item in first["items"]}.isdisjoint(item["uid"] for item in second["items"])
    assert [plan["id"] for plan in client.get(PLANS).json()["plans"]] == [second["id"], first["id"]]
    assert client.get(f"{PLANS}?state=active").json()["total"] == 1
    assert client.get(f"{PLANS}?learner={uuid4()}").json() == {"plans": [], "total": 0}


def test_the_same_key_gives_the_same_plan(client_of):
    here = school()
    client = client_of(here.member)
    client.credentials(**client._credentials, HTTP_IDEMPOTENCY_KEY="once")

    made, again, other = asked(client), asked(client), asked(client, days=30)

    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert Plan.objects.count() == 1
    assert records("learning.plan_created").count() == 1


def test_the_same_key_gives_the_plan_of_then_on_another_day_and_with_another_role(client_of, clock):
    here = school()
    client = client_of(here.member)
    client.credentials(**client._credentials, HTTP_IDEMPOTENCY_KEY="once")
    made = asked(client)
    clock.forward(days=1)
    here.learner.role = RoleFactory(organization=here.learner.organization)
    here.learner.save()

    again = asked(client)

    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    # As sent: another request, though the day and the role were those.
    for other in ({"starts_on": made.json()["starts_on"]}, {"role": str(here.role.pk)}):
        answer = asked(client, **other)
        assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED"), other
    here.role.delete()
    assert asked(client).status_code == 200
    assert Plan.objects.count() == 1
    assert records("learning.plan_created").count() == 1


def test_what_is_finished_while_a_plan_is_computed_is_not_planned(monkeypatch):
    here = school()
    whose = {"organization_id": here.learner.organization_id, "actor_id": "user_x", "learner_id": here.learner.pk}
    finished, computed, planner = here.resources[0], [], plans.compute

    def compute(request):
        outcome = planner(request)
        if not computed:
            resource_complete(**whose, resource_id=finished.pk)
        computed.append({item.resource for item in outcome.items})
        return outcome

    monkeypatch.setattr(plans, "compute", compute)

    plan = plans.plan_create(**whose, days=45)

    assert [str(finished.pk) in resources for resources in computed] == [True, False]
    assert not plan.items.filter(resource=finished).exists()
    plans.plan_create(**whose, days=45)
    assert len(computed) == 3


def test_a_resource_that_is_not_offered_is_in_no_plan(client_of):
    here = school()
    for resource in here.resources[1:]:
        resource.offered = False
        resource.save()

    body = asked(client_of(here.member)).json()

    assert {item["resource"]["id"] for item in body["items"] if item["resource"]} == {str(here.resources[0].pk)}


def test_resources_of_elsewhere_are_in_no_plan(client_of):
    school()
    here = school()

    body = asked(client_of(here.member)).json()

    own = {str(resource.pk) for resource in here.resources}
    assert {item["resource"]["id"] for item in body["items"] if item["resource"]} <= own


def queries_for(here):
    with CaptureQueriesContext(connection) as queries:
        plan_create(
            organization_id=here.learner.organization_id, actor_id="user_x", learner_id=here.learner.pk, days=60
        )
    return len(queries)


def test_a_larger_catalogue_takes_no_more_queries():
    small, large = school(), school()
    for _ in range(4):
        more = school(large.member.organization)
        for resource in more.resources:
            resource.taught_skills.update(skill=large.second)

    assert queries_for(large) == queries_for(small)


def test_plans_and_items_are_all_the_organisations_own():
    here = school()
    plan = plan_create(
        organization_id=here.learner.organization_id, actor_id="user_x", learner_id=here.learner.pk, days=30
    )

    assert plan.state == PlanState.ACTIVE
    assert plan.active_for_id == here.learner.pk
    assert PlanItem.objects.filter(plan=plan).count() == plan.summary["items"]


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_nobody_but_followers_makes_a_plan_for_somebody(client_of, role):
    here = school()
    colleague = member_factory(here.member.organization, role=role)

    answer = asked(client_of(colleague), learner=str(here.learner.pk))

    assert answer.status_code == 404
    assert not Plan.objects.exists()


def test_who_is_no_learner_has_to_name_one(client_of):
    here = school()
    admin = member_factory(here.member.organization, role="admin")

    assert asked(client_of(admin)).json()["fields"].keys() == {"learner"}
    assert asked(client_of(admin), learner=str(here.learner.pk)).status_code == 201


def test_learners_of_nowhere_and_of_elsewhere_are_not_found(client_of):
    admin = member_factory(role="admin")
    elsewhere = school()

    for learner in (uuid4(), elsewhere.learner.pk):
        assert asked(client_of(admin), learner=str(learner)).status_code == 404
    assert not Plan.objects.exists()


def test_a_lead_makes_plans_for_their_own_team_alone(client_of):
    here = school()
    other = school(here.member.organization)
    lead = member_factory(here.member.organization, role="viewer")
    team = Team.objects.create(organization=here.member.organization, name="Platform")
    team.leads.create(user=lead.user)
    team.members.create(learner=here.learner)
    client = client_of(lead)

    made = asked(client, learner=str(here.learner.pk))

    assert made.status_code == 201
    assert records("learning.plan_created").get().actor_id == lead.user.pk
    assert client.get(f"{PLANS}/{made.json()['id']}").status_code == 200
    assert asked(client, learner=str(other.learner.pk)).status_code == 404
    assert Plan.objects.count() == 1


def test_a_key_that_may_only_read_makes_no_plan():
    here = school()
    key = stranger()
    key.headers["Authorization"] = f"Bearer {api_key_for(here.member, 'read')}"

    assert key.get(PLANS).status_code == 200
    assert key.post(PLANS, {"days": 45}).status_code == 403
    assert not Plan.objects.exists()
