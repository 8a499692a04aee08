"""How a learner is doing: exact numbers of a plan with a past, with a constant number of queries."""

from datetime import UTC, date, datetime, timedelta
from unittest.mock import ANY

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from learning.models import Evidence, Plan, ReviewCard, RoleSkill
from learning.selectors.progress import progress_of, progress_of_all
from tests.factories.learning import (
    EvidenceFactory,
    LearnerFactory,
    PlanFactory,
    PlanItemFactory,
    ResourceFactory,
    RoleFactory,
    SkillFactory,
)

pytestmark = pytest.mark.django_db

# A Wednesday of the plan's second week; the plan begins on Monday, 5 January 2026.
NOW = datetime(2026, 1, 14, 12, tzinfo=UTC)
STARTS = date(2026, 1, 5)


def day(number):
    return STARTS + timedelta(days=number)


def noon(number):
    return datetime(2026, 1, 5, 12, tzinfo=UTC) + timedelta(days=number)


def running_plan(learner, **fields):
    plan = PlanFactory(learner=learner, state="active", active_for=learner, starts_on=STARTS, **fields)
    Plan.objects.filter(pk=plan.pk).update(created_at=noon(-1))
    return Plan.objects.get(pk=plan.pk)


def test_a_learner_without_anything_is_told_to_say_what_they_know():
    progress = progress_of(LearnerFactory(name="Ann"), NOW)

    assert progress.as_json() == {
        "learner": {"id": str(progress.learner.pk), "name": "Ann"},
        "at": "2026-01-14T12:00:00+00:00",
        "today": "2026-01-14",
        "plan": None,
        "completed": 0,
        "total": 0,
        "skipped": 0,
        "percent": 0,
        "minutes": {"done": 0, "planned": 0},
        "overdue": [],
        "due_today": [],
        "pace": {"ratio": None, "standing": "unknown", "done": 0, "due": 0, "weeks": []},
        "streak": {
            "days": 0,
            "longest": 0,
            "freezes": 0,
            "studied_today": False,
            "at_risk": False,
            "frozen": [],
        },
        "forecast": {"p10": None, "p50": None, "p90": None, "reason": "no_plan"},
        "mastery": {"skills": 0, "mean": None, "targets": 0, "reached": 0, "begun": 0, "share": None},
        "reviews_due": 0,
        "next_action": {
            "kind": "assess",
            "item": None,
            "title": "Say what you know already",
            "why": "A plan leaves out what you know already; nothing is known of that yet.",
            "url": "/learning/skills",
            "minutes": None,
        },
        "at_risk": "",
    }


def test_exact_numbers_of_a_plan_with_a_past(django_assert_num_queries):
    role = RoleFactory()
    known, begun, new = (SkillFactory(organization=role.organization) for _ in range(3))
    RoleSkill.objects.bulk_create(RoleSkill(role=role, skill=skill, level=0.8) for skill in (known, begun, new))
    learner = LearnerFactory(organization=role.organization, role=role, name="Ann", assessed_at=noon(-1))
    EvidenceFactory(learner=learner, skill=known, kind="quiz_result", value=1.0, observed_at=NOW)
    EvidenceFactory(learner=learner, skill=begun, kind="resource_completed", value=0.4, observed_at=NOW)
    ReviewCard.objects.create(organization=role.organization, learner=learner, skill=known, state={}, due_at=noon(3))
    plan = running_plan(learner)
    done = {"state": "done", "minutes": 60}
    PlanItemFactory(plan=plan, date=day(0), settled_at=noon(0), **done)
    PlanItemFactory(plan=plan, date=day(1), settled_at=noon(2), **done)
    PlanItemFactory(plan=plan, date=day(2), state="skipped", settled_at=noon(2), minutes=30)
    resource = ResourceFactory(organization=role.organization, url="https://example.org/late")
    late = PlanItemFactory(plan=plan, date=day(7), minutes=45, title="Late", reason="Because.", resource=resource)
    today = PlanItemFactory(plan=plan, date=day(9), minutes=40, title="Today's")
    PlanItemFactory(plan=plan, date=day(10), minutes=35)

    with django_assert_num_queries(7):
        progress = progress_of(learner, NOW)

    found = progress.as_json()
    assert found["plan"] == {
        "id": str(plan.pk),
        "version": plan.version,
        "state": "active",
        "starts_on": "2026-01-05",
        "ends_on": "2026-02-03",
        "days": 30,
    }
    assert (found["completed"], found["total"], found["skipped"], found["percent"]) == (2, 5, 1, 40)
    assert found["minutes"] == {"done": 120, "planned": 240}
    assert found["overdue"] == [
        {
            "id": str(late.pk),
            "uid": str(late.uid),
            "date": "2026-01-12",
            "title": "Late",
            "minutes": 45,
            "kind": "study",
            "reason": "Because.",
            "url": "https://example.org/late",
        }
    ]
    assert [item["id"] for item in found["due_today"]] == [str(today.pk)]
    assert found["pace"] == {
        "ratio": 0.727,  # 120 of 60 + 60 + 45; what was skipped isn't counted
        "standing": "behind",
        "done": 120,
        "due": 165,
        "weeks": [
            {"starts_on": "2026-01-05", "planned": 120, "done": 120},
            {"starts_on": "2026-01-12", "planned": 120, "done": 0},
        ],
    }
    # Monday and Wednesday of the first week are behind; today two evidences came in.
    assert found["streak"] == {
        "days": 1,
        "longest": 1,
        "freezes": 0,
        "studied_today": True,
        "at_risk": False,
        "frozen": [],
    }
    assert found["mastery"] == {
        "skills": 2,
        "mean": pytest.approx((8 / 8.5 + 0.4) / 2, abs=1e-4),
        "targets": 3,
        "reached": 1,
        "begun": 1,
        "share": pytest.approx(1.2 / 2.4, abs=1e-4),
    }
    assert found["reviews_due"] == 1
    assert found["next_action"] == {
        "kind": "overdue",
        "item": str(late.pk),
        "title": "Late",
        "why": "It was due on 12 January 2026, 2 days ago.",
        "url": f"/learning/plan#item-{late.pk}",
        "minutes": 45,
    }
    assert found["at_risk"] == ""
    assert found["forecast"] == {"p10": ANY, "p50": ANY, "p90": ANY, "reason": ""}
    assert "2026-01-15" <= found["forecast"]["p10"] <= found["forecast"]["p50"] <= found["forecast"]["p90"]


def test_what_was_planned_for_a_day_is_what_held_when_it_began():
    learner = LearnerFactory()
    first = PlanFactory(learner=learner, state="superseded", starts_on=STARTS)
    missed = PlanItemFactory(plan=first, date=day(1), minutes=60)
    plan = running_plan(learner, previous=first)
    Plan.objects.filter(pk=first.pk).update(created_at=noon(-1))
    Plan.objects.filter(pk=plan.pk).update(created_at=noon(4))
    # Replanned on Friday: what was missed on Tuesday is now for the day after the next Monday.
    PlanItemFactory(plan=plan, date=day(8), minutes=60, uid=missed.uid)

    progress = progress_of(learner, NOW)

    assert (progress.pace.due, progress.pace.done, progress.pace.ratio) == (120, 0, 0.0)
    assert [week.planned for week in progress.pace.weeks] == [60, 60]
    assert progress.total == 1


def test_sixty_versions_in_a_day_are_read_as_one():
    learner = LearnerFactory(time_zone="America/New_York")
    chain = [PlanFactory(learner=learner, state="superseded", starts_on=STARTS, version=1)]
    for number in range(1, 60):
        chain.append(
            PlanFactory(learner=learner, state="superseded", starts_on=STARTS, previous=chain[-1], version=number + 1)
        )
    chain.append(running_plan(learner, previous=chain[-1], version=61))
    item = PlanItemFactory(plan=chain[0], date=day(1), minutes=60)
    for number, plan in enumerate(chain[1:], 1):
        PlanItemFactory(plan=plan, date=day(5), minutes=number, uid=item.uid)
    # The first on Sunday; then sixty within an hour of Thursday, which is Friday in Greenwich when the last is made.
    Plan.objects.filter(pk=chain[0].pk).update(created_at=noon(-1))
    for number, plan in enumerate(chain[1:], 1):
        Plan.objects.filter(pk=plan.pk).update(created_at=noon(3) + timedelta(hours=11, minutes=30 + number))

    with CaptureQueriesContext(connection) as queries:
        progress = progress_of(learner, NOW)

    assert (progress.pace.due, [week.planned for week in progress.pace.weeks]) == (120, [120])
    assert len(queries) == 7
    text = "".join(query["sql"] for query in queries).replace("-", "")
    assert [plan.version for plan in chain if plan.pk.hex in text] == [1, 61]


def test_several_learners_take_as_many_queries_as_one(django_assert_num_queries):
    learners = [LearnerFactory()]
    learners += [LearnerFactory(organization=learners[0].organization) for _ in range(4)]
    for number, learner in enumerate(learners):
        plan = running_plan(learner)
        for place in range(number):
            PlanItemFactory(plan=plan, date=day(20 + place))

    with django_assert_num_queries(6):
        found = progress_of_all(learners[0].organization_id, learners, NOW)

    assert [progress.learner for progress in found] == learners
    assert [progress.total for progress in found] == [0, 1, 2, 3, 4]


def test_a_colleague_s_evidence_and_plan_are_in_nobody_else_s_progress():
    learner = LearnerFactory()
    colleague = LearnerFactory(organization=learner.organization)
    EvidenceFactory(learner=colleague)
    PlanItemFactory(plan=running_plan(colleague), state="done", settled_at=noon(0))

    progress = progress_of(learner, NOW)

    assert (progress.plan, progress.total, progress.beliefs, progress.streak.longest) == (None, 0, {}, 0)
    assert Evidence.objects.count() == 1


@pytest.mark.parametrize(("zone", "today"), [("Pacific/Auckland", "2026-01-15"), ("America/Los_Angeles", "2026-01-13")])
def test_days_are_those_of_where_the_learner_is(zone, today):
    learner = LearnerFactory(time_zone=zone)
    moment = (
        datetime(2026, 1, 14, 12, tzinfo=UTC) if zone.startswith("Pacific") else datetime(2026, 1, 14, 7, tzinfo=UTC)
    )
    plan = running_plan(learner)
    item = PlanItemFactory(plan=plan, date=date.fromisoformat(today))
    EvidenceFactory(learner=learner, observed_at=moment)

    progress = progress_of(learner, moment)

    assert progress.today.isoformat() == today
    assert progress.due_today == (item,)
    assert progress.streak.studied_today


def test_a_finished_plan_leads_to_the_next():
    learner = LearnerFactory(assessed_at=NOW)
    plan = PlanFactory(learner=learner, state="finished", finished_at=NOW)
    PlanItemFactory(plan=plan, state="done", settled_at=noon(3))

    progress = progress_of(learner, NOW)

    assert (progress.percent, progress.forecast.reason, progress.next_action.kind) == (100, "finished", "plan")
    assert progress.next_action.why == "Everything of your plan is done."


def test_the_targets_are_those_of_the_active_plans_role():
    learner = LearnerFactory()
    own = RoleFactory(organization=learner.organization)
    planned = RoleFactory(organization=learner.organization)
    learner.role = own
    learner.save()
    for role, count in ((own, 1), (planned, 3)):
        for _ in range(count):
            RoleSkill.objects.create(role=role, skill=SkillFactory(organization=learner.organization), level=0.5)
    plan = running_plan(learner, role=planned)
    assert progress_of(learner, NOW).mastery.targets == 3
    Plan.objects.filter(pk=plan.pk).update(state="finished", active_for=None)
    assert progress_of(learner, NOW).mastery.targets == 1
