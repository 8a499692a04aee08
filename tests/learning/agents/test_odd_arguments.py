"""What the tools and fields of the learning agents refuse of what models and programs send."""

import pytest
from django.db import connection

from agents.tools.base import ToolContext, ToolError
from learning.agents.doing import plan_change, plan_make
from learning.models import Learner, Plan, RoleSkill
from learning.services import plans
from tests.factories.learning import RoleFactory
from tests.learning.agents.conftest import Ask
from tests.learning.plans.catalogue import School

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


def context_of(pupil: School) -> ToolContext:
    member = pupil.member
    return ToolContext(
        run_id="r", call_id="c", organization_id=str(member.organization_id), actor_id=str(member.user_id)
    )


@pytest.mark.parametrize(
    ("work", "arguments", "named"),
    [
        (plan_make, {"days": 45, "starts_on": "2026-99-99"}, "starts_on"),
        (plan_change, {"away_from": "0000-01-01"}, "away_from"),
        (plan_change, {"away_from": "2026-12-01", "away_until": "2026-12-32"}, "away_until"),
    ],
)
def test_a_day_that_there_is_not_is_named(planned, pupil: School, work, arguments, named) -> None:
    member, count = pupil.member, Plan.objects.count()
    with pytest.raises(ToolError, match=named):
        work(arguments, context_of(pupil))
    assert Plan.objects.count() == count
    assert Learner.objects.get(user=member.user).blackout_dates == []


def test_no_transaction_is_held_while_a_plan_is_computed(planned, pupil: School, monkeypatch) -> None:
    held, compute = [], plans.compute
    monkeypatch.setattr(plans, "compute", lambda request: held.append(connection.in_atomic_block) or compute(request))
    other = RoleFactory(organization=pupil.member.organization, name="Another")
    RoleSkill.objects.create(role=other, skill=pupil.second, level=0.9)

    plan_make({"days": 45, "weekly_hours": 9, "levels": {"Shell": 0.5}}, context_of(pupil))
    plan_change({"role": "Another", "weekly_hours": 12}, context_of(pupil))

    assert held == [False, False]
    assert list(Plan.objects.order_by("version").values_list("version", "role__name"))[1:] == [
        (2, "Site reliability engineer"),
        (3, "Another"),
    ]
    learner = Learner.objects.get(user=pupil.member.user)
    assert sum(learner.minutes_per_weekday) >= 12 * 60
    assert learner.assessed_at is not None


def test_who_works_towards_no_role_is_asked_for_one_and_nothing_changes(pupil: School) -> None:
    learner = Learner.objects.get(user=pupil.member.user)
    learner.role = None
    learner.save()

    with pytest.raises(ToolError, match=r"^role: they work towards no role yet"):
        plan_make({"days": 45, "weekly_hours": 60, "levels": {"Shell": 0.5}}, context_of(pupil))

    after = Learner.objects.get(user=pupil.member.user)
    assert (after.minutes_per_weekday, after.assessed_at) == (learner.minutes_per_weekday, None)
    assert not Plan.objects.exists()


def test_hours_beyond_numbers_are_asked_for_again(ask: Ask) -> None:
    answer = ask("make me a plan", days=45, weekly_hours=10**400)
    assert "weekly_hours" in answer["output"]["answer"]
    assert not Plan.objects.exists()
