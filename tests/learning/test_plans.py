import pytest

from learning.models import PlanState
from tests.factories.accounts import member_factory
from tests.factories.learning import (
    LearnerFactory,
    MilestoneFactory,
    PlanFactory,
    PlanItemFactory,
    ResourceFactory,
    SkillFactory,
)

pytestmark = pytest.mark.django_db
PLANS = "/api/v1/learning/plans"


def test_a_plan_shows_its_milestones_and_items_in_order(client_of):
    admin = member_factory(role="admin")
    learner = LearnerFactory(organization=admin.organization, name="Ann")
    plan = PlanFactory(
        learner=learner, version=1, state=PlanState.ACTIVE, active_for=learner, verdict={"feasible": True}
    )
    skill = SkillFactory(organization=admin.organization)
    resource = ResourceFactory(organization=admin.organization, title="Course", url="https://example.org/c")
    second = PlanItemFactory(plan=plan, position=1, title="Second")
    first = PlanItemFactory(plan=plan, position=0, title="First", resource=resource, reason="Everything needs it.")
    first.skills.add(skill)
    milestone = MilestoneFactory(plan=plan, title="Half way")
    milestone.skills.add(skill)

    answer = client_of(admin).get(f"{PLANS}/{plan.pk}")

    assert answer.status_code == 200
    body = answer.json()
    assert body["learner"] == {"id": str(learner.pk), "name": "Ann"}
    assert (body["state"], body["version"], body["days"], body["weekly_minutes"]) == ("active", 1, 30, 300)
    assert body["verdict"] == {"feasible": True}
    assert [item["id"] for item in body["items"]] == [str(first.pk), str(second.pk)]
    assert body["items"][0] == {
        "id": str(first.pk),
        "uid": str(first.uid),
        "date": "2026-01-06",
        "position": 0,
        "minutes": 45,
        "kind": "study",
        "title": "First",
        "reason": "Everything needs it.",
        "state": "planned",
        "resource": {"id": str(resource.pk), "title": "Course", "url": "https://example.org/c"},
        "skills": [str(skill.pk)],
        "basis": {},
        "part": 1,
        "parts": 1,
        "gains": {},
        "milestone": None,
        "settled_at": None,
        "spent_minutes": None,
    }
    assert body["milestones"] == [
        {"id": str(milestone.pk), "title": "Half way", "due_on": "2026-01-20", "skills": [str(skill.pk)]}
    ]


def test_a_viewer_sees_only_their_own_plans(client_of):
    viewer = member_factory(role="viewer")
    own = PlanFactory(learner=LearnerFactory(organization=viewer.organization, user=viewer.user))
    other = PlanFactory(learner=LearnerFactory(organization=viewer.organization))
    client = client_of(viewer)

    assert [plan["id"] for plan in client.get(PLANS).json()["plans"]] == [str(own.pk)]
    assert client.get(f"{PLANS}/{own.pk}").status_code == 200
    assert client.get(f"{PLANS}/{other.pk}").status_code == 404


def test_a_plan_of_another_organisation_is_not_found(client_of):
    client = client_of(member_factory(role="admin"))

    assert client.get(f"{PLANS}/{PlanFactory().pk}").status_code == 404
    assert client.get(PLANS).json() == {"plans": [], "total": 0}
