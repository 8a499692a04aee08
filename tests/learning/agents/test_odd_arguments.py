"""What the tools and fields of the learning agents refuse of what models and programs send."""

import pytest

from agents.tools.base import ToolContext, ToolError
from learning.agents.doing import plan_change, plan_make
from learning.models import Learner, Plan
from tests.learning.agents.conftest import Ask
from tests.learning.plans.catalogue import School

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


@pytest.mark.parametrize(
    ("work", "arguments", "named"),
    [
        (plan_make, {"days": 45, "starts_on": "2026-99-99"}, "starts_on"),
        (plan_change, {"away_from": "0000-01-01"}, "away_from"),
        (plan_change, {"away_from": "2026-12-01", "away_until": "2026-12-32"}, "away_until"),
    ],
)
def test_a_day_that_there_is_not_is_named(planned, pupil: School, work, arguments, named) -> None:
    member, plans = pupil.member, Plan.objects.count()
    context = ToolContext(
        run_id="r", call_id="c", organization_id=str(member.organization_id), actor_id=str(member.user_id)
    )
    with pytest.raises(ToolError, match=named):
        work(arguments, context)
    assert Plan.objects.count() == plans
    assert Learner.objects.get(user=member.user).blackout_dates == []


def test_hours_beyond_numbers_are_asked_for_again(ask: Ask) -> None:
    answer = ask("make me a plan", days=45, weekly_hours=10**400)
    assert "weekly_hours" in answer["output"]["answer"]
    assert not Plan.objects.exists()
