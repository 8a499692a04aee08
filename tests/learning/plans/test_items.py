"""Items are done, skipped and opened again; evidence, mastery, cards and the end of the plan follow."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from audit.models import Record
from learning.models import Completion, Evidence, Mastery, Plan, PlanItem, ReviewCard
from learning.services.evidence import resource_complete
from tests.factories.accounts import member_factory
from tests.factories.learning import PlanFactory, PlanItemFactory
from tests.learning.plans.catalogue import PLANS, asked, school

pytestmark = pytest.mark.django_db


@pytest.fixture
def here():
    return school()


@pytest.fixture
def client(client_of, here):
    return client_of(here.member)


@pytest.fixture
def plan(client):
    return asked(client).json()


def change(client, plan, item, verb, **body):
    return client.post(f"{PLANS}/{plan['id']}/items/{item['id']}/{verb}", body, format="json")


def first(plan, kind):
    return next(item for item in plan["items"] if item["kind"] == kind)


def events(subject):
    return list(Record.objects.filter(subject_id=subject).order_by("at").values_list("event", flat=True))


def shown():
    return {(row.skill_id, row.kind, round(row.value, 3), row.identity) for row in Evidence.objects.all()}


def test_a_part_is_done_and_its_skill_gets_a_card(client, here, plan):
    item = first(plan, "study")

    answer = change(client, plan, item, "complete", minutes=25)

    assert answer.status_code == 200
    body = answer.json()
    assert (body["id"], body["state"], body["spent_minutes"]) == (item["id"], "done", 25)
    assert body["settled_at"]
    assert body["plan"] == {"id": plan["id"], "state": "active"}
    cards = ReviewCard.objects.filter(learner=here.learner)
    assert {str(card.skill_id) for card in cards} == set(item["skills"])
    assert all(card.state["stability"] == 2.3065 for card in cards)
    assert all((card.due_at - card.reviewed_at).days == 2 for card in cards)
    assert events(plan["id"]) == ["learning.plan_created", "learning.item_completed"]
    data = json.loads(bytes(Record.objects.get(event="learning.item_completed").body))["data"]
    assert data == {
        "item": item["id"], "uid": item["uid"], "kind": "study", "minutes": 25, "score": None, "rating": None,
    }  # fmt: skip


def test_what_is_done_again_stays_as_it_is(client, plan):
    item = first(plan, "study")
    once = change(client, plan, item, "complete", minutes=25)

    again = change(client, plan, item, "complete", minutes=50)

    assert (again.status_code, again.json()) == (200, once.json())
    assert events(plan["id"]).count("learning.item_completed") == 1


def parts_of_one_resource(plan):
    """The items of the first resource that the plan has in several parts, or in one."""
    resource = first(plan, "study")["resource"]["id"]
    return [item for item in plan["items"] if item["resource"] and item["resource"]["id"] == resource]


def test_the_last_part_completes_the_resource(client, here, plan):
    *before, last = parts_of_one_resource(plan)
    for item in before:
        change(client, plan, item, "complete")
    assert not Completion.objects.exists()

    change(client, plan, last, "complete", minutes=20)

    completion = Completion.objects.get()
    assert (str(completion.resource_id), completion.learner) == (last["resource"]["id"], here.learner)
    assert completion.minutes == sum(item["minutes"] for item in before) + 20
    assert {(row.kind, row.value) for row in Evidence.objects.all()} == {("resource_completed", 0.3)}
    assert Mastery.objects.get().mean > 0


def test_a_resource_with_a_skipped_part_is_not_complete(client, plan):
    resource = PlanItem.objects.get(pk=first(plan, "study")["id"]).resource
    row = PlanItemFactory(plan_id=plan["id"], resource=resource, date="2026-10-20", part=1, parts=1)
    for item in parts_of_one_resource(plan):
        change(client, plan, item, "complete")
    change(client, plan, {"id": row.pk}, "skip")

    assert not Completion.objects.exists()


def test_a_check_with_a_score_is_evidence(client, here, plan):
    item = first(plan, "check")

    change(client, plan, item, "complete", score=0.75)

    assert {(str(skill), kind, value, name) for skill, kind, value, name in shown()} == {
        (skill, "quiz_result", 0.75, f"item:{item['uid']}") for skill in item["skills"]
    }


def test_a_check_without_a_score_shows_nothing(client, plan):
    assert change(client, plan, first(plan, "check"), "complete").json()["state"] == "done"
    assert not Evidence.objects.exists()


@pytest.mark.parametrize(("rating", "value", "days"), [(1, 0.2, 1), (2, 0.5, 1), (None, 0.8, 2), (4, 1.0, 8)])
def test_a_review_moves_the_card_by_its_rating(client, here, plan, rating, value, days):
    item = PlanItemFactory(plan_id=plan["id"], kind="review", date="2026-09-09")
    item.skills.add(here.first)

    change(client, plan, {"id": item.pk}, "complete", **({"rating": rating} if rating else {}))

    card = ReviewCard.objects.get()
    assert card.skill == here.first
    assert (card.due_at - card.reviewed_at).days == days
    assert shown() == {(here.first.pk, "review", value, f"item:{item.uid}")}


def test_reviews_that_go_well_come_further_apart(client, here, plan):
    item = first(plan, "study")
    change(client, plan, item, "complete")
    skill = item["skills"][0]
    before = ReviewCard.objects.get(skill_id=skill).due_at
    review = PlanItemFactory(plan_id=plan["id"], kind="review", date="2026-09-09")
    review.skills.add(skill)

    change(client, plan, {"id": review.pk}, "complete", rating=4)

    assert ReviewCard.objects.get(skill_id=skill).due_at > before


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("check", {"score": 1.01}, "score"),
        ("check", {"score": -0.1}, "score"),
        ("check", {"score": "NaN"}, "score"),
        ("check", {"rating": 3}, "rating"),
        ("review", {"rating": 0}, "rating"),
        ("review", {"rating": 5}, "rating"),
        ("review", {"rating": "good"}, "rating"),
        ("review", {"score": 0.5}, "score"),
        ("study", {"minutes": 0}, "minutes"),
        ("study", {"minutes": 1441}, "minutes"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_name(client, plan, kind, body, field):
    item = PlanItemFactory(plan_id=plan["id"], kind=kind)

    answer = change(client, plan, {"id": item.pk}, "complete", **body)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    item.refresh_from_db()
    assert item.state == "planned"
    assert events(plan["id"]) == ["learning.plan_created"]
    assert not Evidence.objects.exists()


def test_an_item_is_skipped(client, plan):
    item = first(plan, "study")

    answer, again = change(client, plan, item, "skip"), change(client, plan, item, "skip")

    assert (answer.json()["state"], again.json()) == ("skipped", answer.json())
    assert events(plan["id"]) == ["learning.plan_created", "learning.item_skipped"]
    assert not ReviewCard.objects.exists()


@pytest.mark.parametrize(("one", "other"), [("complete", "skip"), ("skip", "complete")])
def test_what_is_settled_one_way_is_not_settled_the_other(client, plan, one, other):
    item = first(plan, "study")
    before = change(client, plan, item, one).json()

    answer = change(client, plan, item, other)

    assert (answer.status_code, answer.json()["code"]) == (409, "ITEM_SETTLED")
    assert client.get(f"{PLANS}/{plan['id']}").json()["items"][0]["state"] == before["state"]
    assert len(events(plan["id"])) == 2


def test_reopening_takes_back_what_came_of_it(client, plan):
    for item in parts_of_one_resource(plan):
        change(client, plan, item, "complete")
    assert (Completion.objects.count(), Mastery.objects.count()) == (1, 1)

    answer = change(client, plan, parts_of_one_resource(plan)[0], "reopen")

    assert (answer.status_code, answer.json()["state"], answer.json()["settled_at"]) == (200, "planned", None)
    assert not Completion.objects.exists()
    assert not Evidence.objects.exists()
    assert not Mastery.objects.exists()


def test_reopening_brings_the_card_back_to_where_it_was(client, here, plan):
    item = first(plan, "study")
    change(client, plan, item, "complete")
    before = ReviewCard.objects.get(skill_id=item["skills"][0])
    review = PlanItemFactory(plan_id=plan["id"], kind="review", date="2026-09-09")
    review.skills.add(before.skill)
    change(client, plan, {"id": review.pk}, "complete", rating=1)

    change(client, plan, {"id": review.pk}, "reopen")

    after = ReviewCard.objects.get(pk=before.pk)
    assert (after.state, after.due_at, after.reviewed_at) == (before.state, before.due_at, before.reviewed_at)
    assert not Evidence.objects.exists()
    change(client, plan, item, "reopen")
    assert not ReviewCard.objects.exists()


def test_reopening_leaves_what_came_from_elsewhere(client, here, plan):
    item = first(plan, "study")
    resource_complete(
        organization_id=here.learner.organization_id,
        actor_id="user_x",
        learner_id=here.learner.pk,
        resource_id=UUID(item["resource"]["id"]),
        source="xapi",
    )
    for part in parts_of_one_resource(plan):
        change(client, plan, part, "complete")

    change(client, plan, item, "reopen")

    assert Completion.objects.get().source == "xapi"
    assert Evidence.objects.count() == 1


def test_reopening_an_open_item_changes_nothing(client, plan):
    item = first(plan, "study")

    answer = change(client, plan, item, "reopen")

    assert (answer.status_code, answer.json()["state"]) == (200, "planned")
    assert events(plan["id"]) == ["learning.plan_created"]


def settle_all(client, plan):
    """All but one as if they had been skipped before, and that one now."""
    first, *others = plan["items"]
    others = PlanItem.objects.filter(pk__in=[item["id"] for item in others])
    others.update(state="skipped", settled_at=datetime(2026, 9, 7, tzinfo=UTC))
    change(client, plan, first, "skip")


def test_the_last_item_finishes_the_plan_and_reopening_it_goes_on(client, here, plan):
    settle_all(client, plan)

    finished = client.get(f"{PLANS}/{plan['id']}").json()
    assert finished["state"] == "finished"
    assert finished["finished_at"]
    assert Plan.objects.get().active_for is None
    data = json.loads(bytes(Record.objects.get(event="learning.plan_finished").body))["data"]
    assert data == {"learner": str(here.learner.pk), "done": 0, "skipped": len(plan["items"])}
    replan = client.post(f"{PLANS}/{plan['id']}/replan", {}, format="json")
    assert (replan.status_code, replan.json()["code"]) == (409, "PLAN_FINISHED")

    answer = change(client, plan, plan["items"][0], "reopen")

    assert answer.json()["plan"] == {"id": plan["id"], "state": "active"}
    assert Plan.objects.get().active_for == here.learner


def test_a_finished_plan_is_not_reopened_behind_another(client, plan):
    settle_all(client, plan)
    other = asked(client).json()
    assert other["previous"] is None

    answer = change(client, plan, plan["items"][0], "reopen")

    assert (answer.status_code, answer.json()["code"]) == (409, "PLAN_SUPERSEDED")
    assert answer.json()["active_plan"] == other["id"]
    assert client.get(f"{PLANS}/{plan['id']}").json()["state"] == "finished"


@pytest.mark.parametrize("verb", ["complete", "skip", "reopen"])
def test_items_of_a_superseded_plan_stay(client, plan, verb):
    other = asked(client).json()

    answer = change(client, plan, plan["items"][0], verb)

    assert (answer.status_code, answer.json()["code"]) == (409, "PLAN_SUPERSEDED")
    assert answer.json()["active_plan"] == other["id"]
    assert client.get(f"{PLANS}/{plan['id']}").json()["items"] == plan["items"]


def test_items_are_found_in_their_own_plan_alone(client, plan):
    elsewhere = PlanItemFactory(plan=PlanFactory())

    for item in (uuid4(), elsewhere.pk):
        assert change(client, plan, {"id": item}, "complete").status_code == 404
    assert change(client, {"id": elsewhere.plan_id}, {"id": elsewhere.pk}, "complete").status_code == 404
    elsewhere.refresh_from_db()
    assert elsewhere.state == "planned"


@pytest.mark.parametrize("role", ["viewer", "editor"])
@pytest.mark.parametrize("verb", ["complete", "skip", "reopen"])
def test_a_colleagues_items_are_not_there(client_of, here, plan, role, verb):
    colleague = client_of(member_factory(here.member.organization, role=role))

    assert change(colleague, plan, plan["items"][0], verb).status_code == 404
    assert PlanItem.objects.get(pk=plan["items"][0]["id"]).state == "planned"


def test_an_admin_may_settle_an_item(client_of, here, plan):
    admin = member_factory(here.member.organization, role="admin")

    assert change(client_of(admin), plan, plan["items"][0], "complete").json()["state"] == "done"
    assert Record.objects.get(event="learning.item_completed").actor_id == admin.user.pk
