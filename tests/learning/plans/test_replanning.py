"""Plans are made anew: what is done stays, what changes is shown, and what is the same makes no version."""

import json
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Record
from learning.models import Plan, PlanItem, RoleSkill
from learning.services.plans import plan_replan
from tests.factories.accounts import member_factory
from tests.factories.learning import PlanFactory, PlanItemFactory, ResourceFactory, SkillFactory
from tests.learning.plans.catalogue import PLANS, asked, by_uid, school

pytestmark = pytest.mark.django_db
EMPTY = {"added": [], "removed": [], "moved": [], "changed": []}


@pytest.fixture
def here():
    return school()


@pytest.fixture
def client(client_of, here):
    return client_of(here.member)


@pytest.fixture
def plan(client):
    return asked(client).json()


def replan(client, plan, **body):
    return client.post(f"{PLANS}/{plan['id']}/replan", body, format="json")


def settle(client, plan, item, verb="complete"):
    assert client.post(f"{PLANS}/{plan['id']}/items/{item['id']}/{verb}", {}, format="json").status_code == 200


def records():
    return Record.objects.filter(event__startswith="learning.plan_").count()


def test_the_same_again_is_the_same_plan(client, plan):
    answer = replan(client, plan)

    assert answer.status_code == 200
    assert answer.json() == {"plan": plan, "difference": {**EMPTY, "kept": len(plan["items"])}}
    assert (Plan.objects.count(), records()) == (1, 1)


def test_a_day_later_with_all_done_in_time_nothing_changes(client, plan, clock):
    today = [item for item in plan["items"] if item["date"] == "2026-09-07"]
    for item in today:
        settle(client, plan, item)
    clock.forward(days=1)

    body = replan(client, plan).json()

    assert body["plan"]["id"] == plan["id"]
    assert {name: body["difference"][name] for name in EMPTY} == EMPTY
    assert Plan.objects.count() == 1


def test_a_missed_week_moves_what_was_missed_and_keeps_what_is_done(client, here, plan, clock):
    done, skipped, *_ = plan["items"]
    settle(client, plan, done)
    settle(client, plan, skipped, "skip")
    clock.forward(days=8)

    answer = replan(client, plan, reason="I was ill.")

    assert answer.status_code == 200
    new, difference = answer.json()["plan"], answer.json()["difference"]
    assert (new["version"], new["state"], new["previous"], new["reason"]) == (2, "active", plan["id"], "I was ill.")
    assert (new["starts_on"], new["days"]) == (plan["starts_on"], plan["days"])
    before, after = by_uid(plan), by_uid(new)
    for item, state in ((done, "done"), (skipped, "skipped")):
        assert after[item["uid"]]["state"] == state
        assert after[item["uid"]]["date"] == item["date"]
        assert after[item["uid"]]["settled_at"]
    assert all(item["date"] >= "2026-09-15" for item in new["items"] if item["state"] == "planned")
    assert difference["moved"]
    for row in difference["moved"]:
        assert (row["from"], row["to"]) == (before[row["uid"]]["date"], after[row["uid"]]["date"])
        assert row["from"] != row["to"]
    assert {row["uid"] for row in difference["added"]} == after.keys() - before.keys()
    assert {row["uid"] for row in difference["removed"]} == before.keys() - after.keys()
    old = client.get(f"{PLANS}/{plan['id']}").json()
    assert old["state"] == "superseded"
    assert [item["date"] for item in old["items"]] == [item["date"] for item in plan["items"]]


def test_what_changes_raises_its_sequence_and_nothing_else_does(client, plan, clock):
    clock.forward(days=8)

    difference = replan(client, plan).json()["difference"]

    touched = {row["uid"] for row in (*difference["moved"], *difference["changed"])}
    new = Plan.objects.get(version=2)
    assert touched
    for item in new.items.all():
        assert item.sequence == (1 if str(item.uid) in touched else 0), item


def test_replanning_twice_makes_one_version(client, plan, clock):
    clock.forward(days=8)
    new = replan(client, plan).json()["plan"]

    again = replan(client, new).json()

    assert again["plan"] == new
    assert {name: again["difference"][name] for name in EMPTY} == EMPTY
    assert (Plan.objects.count(), records()) == (2, 2)


def test_a_replan_leaves_one_record_of_its_counts(client, here, plan, clock):
    clock.forward(days=8)

    body = replan(client, plan, reason="I was ill.").json()

    record = Record.objects.get(event="learning.plan_replanned")
    data = json.loads(bytes(record.body))["data"]
    assert record.subject_id == body["plan"]["id"]
    assert (data["version"], data["previous"], data["learner"]) == (2, plan["id"], str(here.learner.pk))
    counted = {name: data[name] for name in (*EMPTY, "kept")}
    found = body["difference"]
    assert counted == {**{name: len(found[name]) for name in EMPTY}, "kept": found["kept"]}
    assert "ill" not in bytes(record.body).decode()


def test_more_days_are_counted_from_the_start_of_the_plan(client, plan, clock):
    clock.forward(days=3)

    new = replan(client, plan, days=60).json()["plan"]

    assert (new["starts_on"], new["days"]) == ("2026-09-07", 60)
    end = date(2026, 9, 7) + timedelta(days=60)
    assert all(date.fromisoformat(item["date"]) < end for item in new["items"])


def test_what_was_asked_for_stays_until_it_is_said_otherwise(client, here):
    plan = asked(client, weekly_hours=3, drop=[str(here.second.pk)]).json()
    assert (plan["weekly_minutes"], plan["summary"]["asked"]["drop"]) == (180, [str(here.second.pk)])

    new = replan(client, plan, weekly_hours=4).json()["plan"]

    assert (new["version"], new["weekly_minutes"]) == (2, 240)
    assert new["summary"]["asked"] == {"weekly_minutes": 240, "drop": [str(here.second.pk)]}
    again = replan(client, new, drop=[]).json()["plan"]
    assert again["summary"]["asked"] == {"weekly_minutes": 240, "drop": []}
    assert {skill for item in again["items"] for skill in item["skills"]} >= {str(here.second.pk)}


def test_a_dropped_skill_leaves_the_plan(client, here, plan):
    new = replan(client, plan, drop=[str(here.second.pk)]).json()["plan"]

    assert str(here.second.pk) not in {skill for item in new["items"] for skill in item["skills"]}


def test_the_verdict_is_renewed_though_no_item_changes(client, here, plan):
    RoleSkill.objects.create(role=here.role, skill=SkillFactory(organization=here.member.organization), level=0.9)

    body = replan(client, plan).json()

    assert plan["verdict"]["code"] != body["plan"]["verdict"]["code"] == "no_resources"
    assert body["plan"]["id"] == plan["id"]
    assert {name: body["difference"][name] for name in EMPTY} == EMPTY
    assert (Plan.objects.count(), records()) == (1, 1)


def test_blackout_dates_of_now_are_kept_free(client, here, plan):
    free = plan["items"][-1]["date"]
    here.learner.blackout_dates = [free]
    here.learner.save()

    new = replan(client, plan).json()["plan"]

    assert free not in {item["date"] for item in new["items"]}


def test_a_superseded_plan_is_not_made_anew(client, plan, clock):
    clock.forward(days=8)
    new = replan(client, plan).json()["plan"]

    answer = replan(client, plan)

    assert (answer.status_code, answer.json()["code"]) == (409, "PLAN_SUPERSEDED")
    assert answer.json()["active_plan"] == new["id"]
    assert new["id"] in answer.json()["detail"]
    assert Plan.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"days": 29}, "days"),
        ({"days": 61}, "days"),
        ({"weekly_hours": 81}, "weekly_hours"),
        ({"drop": [str(uuid4())]}, "drop"),
        ({"reason": "x" * 201}, "reason"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_name(client, plan, body, field):
    answer = replan(client, plan, **body)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert (Plan.objects.count(), records()) == (1, 1)


def test_without_its_role_a_plan_is_not_made_anew(client, here, plan):
    here.role.delete()

    answer = replan(client, plan)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["role"])
    assert client.get(f"{PLANS}/{plan['id']}").json()["items"] == plan["items"]


@pytest.mark.parametrize("verb", ["replan", "history"])
@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_a_colleagues_plan_is_not_there(client_of, here, plan, role, verb):
    colleague = client_of(member_factory(here.member.organization, role=role))
    elsewhere = client_of(member_factory(role="admin"))

    for client in (colleague, elsewhere):
        answer = getattr(client, "post" if verb == "replan" else "get")(f"{PLANS}/{plan['id']}/{verb}")
        assert answer.status_code == 404
    assert Plan.objects.count() == 1


def test_the_history_tells_versions_apart(client, plan, clock):
    clock.forward(days=8)
    second = replan(client, plan, reason="I was ill.").json()
    third = replan(client, second["plan"], days=60, weekly_hours=2).json()

    for version in (plan, second["plan"], third["plan"]):
        body = client.get(f"{PLANS}/{version['id']}/history").json()
        assert body["total"] == 3
        assert [each["id"] for each in body["versions"]] == [third["plan"]["id"], second["plan"]["id"], plan["id"]]
        assert [each["version"] for each in body["versions"]] == [3, 2, 1]
        assert [each["reason"] for each in body["versions"]] == ["", "I was ill.", ""]
        assert [each["difference"] for each in body["versions"]] == [third["difference"], second["difference"], None]
    page = client.get(f"{PLANS}/{plan['id']}/history?limit=1&offset=1").json()
    assert (page["total"], [each["version"] for each in page["versions"]]) == (3, [2])
    assert page["versions"][0]["difference"] == second["difference"]


def test_a_history_has_no_other_plans(client, here, plan):
    PlanFactory(learner=here.learner, version=7)
    other = PlanFactory(organization=here.member.organization)

    assert client.get(f"{PLANS}/{plan['id']}/history").json()["total"] == 1
    assert client.get(f"{PLANS}/{other.pk}/history").status_code == 404


def queries(call):
    with CaptureQueriesContext(connection) as found:
        assert call().status_code == 200
    return len(found)


def test_a_longer_history_takes_no_more_queries(client, plan, clock):
    few = queries(lambda: client.get(f"{PLANS}/{plan['id']}/history"))
    for days in (60, 50, 55):
        plan = replan(client, plan, days=days).json()["plan"]

    assert queries(lambda: client.get(f"{PLANS}/{plan['id']}/history")) == few
    assert Plan.objects.count() == 4


def test_a_longer_plan_takes_no_more_queries(client, here, plan):
    few = queries(lambda: client.get(f"{PLANS}/{plan['id']}"))
    for _ in range(20):
        resource = ResourceFactory(organization=here.member.organization)
        PlanItemFactory(plan_id=plan["id"], resource=resource).skills.add(here.first, here.second)

    assert queries(lambda: client.get(f"{PLANS}/{plan['id']}")) == few


def test_a_resource_that_is_withdrawn_stays_in_the_plan(client, here, plan):
    for resource in here.resources:
        resource.offered = False
        resource.save()

    body = replan(client, plan).json()

    assert {name: body["difference"][name] for name in EMPTY} == EMPTY


def test_an_item_that_is_done_meanwhile_is_done_in_the_new_version(here, client, plan, clock):
    """The lock covers reading: what is done between two requests can't be planned again."""
    settle(client, plan, plan["items"][0])
    clock.forward(days=20)
    new, _ = plan_replan(organization_id=here.learner.organization_id, actor_id="user_x", plan_id=Plan.objects.get().pk)

    assert PlanItem.objects.get(plan=new, uid=plan["items"][0]["uid"]).state == "done"
