"""Whatever a learner does in whichever order, a plan holds what plans hold."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from learning.models import ItemState, Plan, PlanState
from learning.selectors.calendars import calendar_of
from learning.selectors.plans import active_plan, plan_history, plans_difference
from learning.services.items import item_complete, item_reopen, item_skip
from learning.services.plans import plan_create, plan_replan
from tests.learning.plans.catalogue import MONDAY, school

pytestmark = pytest.mark.django_db
STEPS = st.one_of(
    st.tuples(st.sampled_from(["complete", "skip", "reopen"]), st.integers(0, 40)),
    st.tuples(st.just("wait"), st.integers(1, 20)),
    st.tuples(st.just("replan"), st.sampled_from([{}, {"days": 60}, {"weekly_hours": 2}, {"weekly_hours": 7.5}])),
    st.tuples(st.just("create"), st.sampled_from([30, 45, 60])),
)
SETTLE = {"complete": item_complete, "skip": item_skip, "reopen": item_reopen}


class Course:
    """A learner with an active plan, and what happens to it."""

    def __init__(self, clock):
        self.clock, self.learner = clock, school(time_zone="America/New_York").learner
        self.whose = {"organization_id": self.learner.organization_id, "actor_id": "user_x"}
        self.create(45)

    def create(self, days):
        plan_create(**self.whose, learner_id=self.learner.pk, days=days)

    def wait(self, days):
        self.clock.forward(days=days)

    def replan(self, asked):
        plan = active_plan(self.learner)
        if plan:
            new, difference = plan_replan(**self.whose, plan_id=plan.pk, **asked)
            assert difference.is_empty == (new.pk == plan.pk) or asked
            again, nothing = plan_replan(**self.whose, plan_id=new.pk)
            assert (again.pk, nothing.is_empty) == (new.pk, True)

    def settle(self, verb, number):
        plan = active_plan(self.learner)
        items = list(plan.items.all()) if plan else []
        wanted = {"reopen": [ItemState.DONE, ItemState.SKIPPED]}.get(verb, [ItemState.PLANNED])
        fit = [item for item in items if item.state in wanted]
        if fit:
            SETTLE[verb](**self.whose, plan_id=plan.pk, item_id=fit[number % len(fit)].pk)

    def step(self, name, value):
        self.settle(name, value) if name in SETTLE else getattr(self, name)(value)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=12))
def test_any_course_of_events_leaves_sound_plans(clock, steps):
    clock.moment = MONDAY
    with transaction.atomic():
        follow(clock, steps)
        transaction.set_rollback(True)


def follow(clock, steps):
    course = Course(clock)
    sequences = {}
    for name, value in steps:
        course.step(name, value)
        for event in calendar_of(course.learner).to_ical().split(b"BEGIN:VEVENT")[1:]:
            uid, sequence = (event.split(word)[1].split(b"\r\n")[0] for word in (b"\r\nUID:", b"\r\nSEQUENCE:"))
            assert int(sequence) >= sequences.get(uid, 0)
            sequences[uid] = int(sequence)
    for plan in Plan.objects.filter(learner=course.learner).prefetch_related("items"):
        assert all(
            plan.starts_on <= item.date < plan.starts_on + timedelta(days=plan.days) for item in plan.items.all()
        )
    newest, *older = plan_history(Plan.objects.filter(learner=course.learner).latest("version"))
    assert all(plan.state == PlanState.SUPERSEDED for plan in older)
    for after, before in zip([newest, *older], older, strict=False):
        settled = {item.uid for item in before.items.all() if item.state != ItemState.PLANNED}
        if after.starts_on == before.starts_on and after.reason != "A new plan.":
            assert settled <= {item.uid for item in after.items.all()}
            removed = {row["uid"] for row in plans_difference(before, after).removed}
            assert not settled & removed
