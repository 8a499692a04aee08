"""Two changes of one learner's plans at once come one after the other."""

import threading

import pytest
from django.db import connection

from audit.models import Record
from learning.errors import ItemSettled, PlanSuperseded
from learning.models import Completion, Evidence, Plan, PlanItem
from learning.services.items import item_complete, item_skip
from learning.services.plans import plan_create, plan_replan
from tests.learning.plans.catalogue import school

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls):
    """What each call gives or raises, all begun together on connections of their own."""
    barrier, outcomes = threading.Barrier(len(calls)), [None] * len(calls)

    def run(number, call):
        try:
            barrier.wait(timeout=10)
            outcomes[number] = call()
        except (PlanSuperseded, ItemSettled) as error:
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes


def test_two_plans_at_once_leave_one_active():
    here = school()
    whose = {"organization_id": here.learner.organization_id, "actor_id": "user_x", "learner_id": here.learner.pk}

    made = at_once(*(lambda days=days: plan_create(**whose, days=days) for days in (30, 40, 50, 60)))

    assert sorted(plan.version for plan in made) == [1, 2, 3, 4]
    states = dict(Plan.objects.values_list("version", "state"))
    assert states == {1: "superseded", 2: "superseded", 3: "superseded", 4: "active"}
    chain = dict(Plan.objects.values_list("version", "previous__version"))
    assert chain == {1: None, 2: 1, 3: 2, 4: 3}
    assert Record.objects.filter(event="learning.plan_created").count() == 4


def test_two_replans_at_once_make_one_version():
    here = school()
    whose = {"organization_id": here.learner.organization_id, "actor_id": "user_x"}
    plan = plan_create(**whose, learner_id=here.learner.pk, days=30)

    outcomes = at_once(*[lambda: plan_replan(**whose, plan_id=plan.pk, days=60)] * 3)

    assert sum(isinstance(each, PlanSuperseded) for each in outcomes) == 2
    assert sorted(Plan.objects.values_list("version", "state")) == [(1, "superseded"), (2, "active")]
    assert Record.objects.filter(event="learning.plan_replanned").count() == 1


def test_an_item_is_done_once():
    here = school()
    whose = {"organization_id": here.learner.organization_id, "actor_id": "user_x"}
    plan = plan_create(**whose, learner_id=here.learner.pk, days=30)
    item = plan.items.filter(parts=1, resource__isnull=False).first() or plan.items.filter(kind="check").first()

    outcomes = at_once(*[lambda: item_complete(**whose, plan_id=plan.pk, item_id=item.pk, score=0.5)] * 3)

    assert [each.state for each in outcomes] == ["done"] * 3
    assert Record.objects.filter(event="learning.item_completed").count() == 1
    assert Evidence.objects.count() <= 1
    assert Completion.objects.count() <= 1


def test_an_item_is_done_or_skipped_but_not_both():
    here = school()
    whose = {"organization_id": here.learner.organization_id, "actor_id": "user_x"}
    plan = plan_create(**whose, learner_id=here.learner.pk, days=30)
    item = plan.items.first()

    outcomes = at_once(
        lambda: item_complete(**whose, plan_id=plan.pk, item_id=item.pk),
        lambda: item_skip(**whose, plan_id=plan.pk, item_id=item.pk),
    )

    assert sum(isinstance(each, ItemSettled) for each in outcomes) == 1
    assert Record.objects.filter(event__in=["learning.item_completed", "learning.item_skipped"]).count() == 1


def test_what_is_done_while_the_plan_is_made_anew_is_not_lost():
    here = school()
    whose = {"organization_id": here.learner.organization_id, "actor_id": "user_x"}
    plan = plan_create(**whose, learner_id=here.learner.pk, days=30)
    item = plan.items.first()

    done, new = at_once(
        lambda: item_complete(**whose, plan_id=plan.pk, item_id=item.pk),
        lambda: plan_replan(**whose, plan_id=plan.pk, days=60)[0],
    )

    kept = PlanItem.objects.get(plan=new, uid=item.uid)
    assert kept.state == ("planned" if isinstance(done, PlanSuperseded) else "done")
