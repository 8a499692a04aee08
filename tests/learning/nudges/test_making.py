"""The scan: who is reminded of what, once, with a constant number of queries."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from learning.models import MailState, Nudge, PlanState, ReviewCard
from learning.nudges import making, ringing
from learning.nudges.making import nudges_scan
from tests.factories.accounts import member_factory
from tests.factories.learning import EvidenceFactory, PlanFactory, PlanItemFactory, SkillFactory
from tests.learning.nudges.people import NOW, TODAY, active_plan, clock, learner

pytestmark = pytest.mark.django_db
YESTERDAY, MONDAY = TODAY - timedelta(days=1), datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def queue(monkeypatch):
    """The tasks that are queued, which nobody runs."""
    sent = []
    monkeypatch.setattr(ringing.current_app, "send_task", lambda name, args: sent.append((name, *args)))
    clock(monkeypatch, NOW)
    return sent


def made(who=None):
    rows = Nudge.objects.filter(learner=who) if who else Nudge.objects.all()
    return sorted(rows.values_list("kind", "occasion", "mail"))


def test_a_late_item_is_said_once_and_mailed(queue, django_capture_on_commit_callbacks):
    who = learner()
    active_plan(who, YESTERDAY, TODAY)
    with django_capture_on_commit_callbacks(execute=True):
        nudges_scan()
        nudges_scan()
    nudge = Nudge.objects.get()
    assert (nudge.kind, nudge.occasion, nudge.mail, nudge.mail_on) == ("overdue", "2026-11-18", "pending", TODAY)
    assert nudge.title == "1 item of your plan is late"
    assert f"Study of {YESTERDAY}" in nudge.text
    assert f"Study of {TODAY}" not in nudge.text
    assert queue == [("learning.send_nudge", str(nudge.pk))]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"nudge_from": time(11)}, []),
        ({"time_zone": "America/New_York"}, []),
        ({"nudges": False, "digest": False}, []),
        ({"nudges": False}, []),
        ({"digest": False}, [("overdue", "2026-11-18", "pending")]),
        ({"email": ""}, [("overdue", "2026-11-18", "none")]),
        ({"time_zone": "Asia/Tokyo", "nudge_until": time(18, 1)}, [("overdue", "2026-11-18", "pending")]),
    ],
)
def test_reminders_come_in_the_hours_and_ways_that_the_learner_wants(fields, expected):
    who = learner(**fields)
    active_plan(who, YESTERDAY)
    nudges_scan()
    assert made() == expected


def test_a_day_has_one_mail_and_the_rest_is_on_the_page(monkeypatch):
    who = learner(minutes_per_weekday=[60] * 7)
    active_plan(who, YESTERDAY, done=(TODAY - timedelta(days=3), TODAY - timedelta(days=2), YESTERDAY))
    skill = SkillFactory(organization=who.organization, name="SQL")
    ReviewCard.objects.create(
        organization=who.organization, learner=who, skill=skill, state={}, due_at=NOW - timedelta(hours=30)
    )
    nudges_scan()
    clock(monkeypatch, NOW + timedelta(hours=6))
    nudges_scan()
    assert made() == [
        ("overdue", "2026-11-18", "pending"), ("review", "2026-11-18", "none"), ("streak", "2026-11-19", "none"),
    ]  # fmt: skip
    streak = Nudge.objects.get(kind="streak")
    assert streak.title == "Your streak of 3 days is at risk"


def test_practice_that_is_no_item_of_a_plan_keeps_a_streak(monkeypatch):
    who = learner(minutes_per_weekday=[60] * 7)
    skill = SkillFactory(organization=who.organization)
    for day in (1, 2):
        EvidenceFactory(learner=who, skill=skill, observed_at=NOW - timedelta(days=day))
    clock(monkeypatch, NOW + timedelta(hours=6))
    nudges_scan()
    assert made() == [("streak", "2026-11-19", "pending")]
    Nudge.objects.all().delete()
    EvidenceFactory(learner=who, skill=skill, observed_at=NOW)
    nudges_scan()
    assert made() == []


def test_a_finished_plan_is_told(monkeypatch):
    who = learner()
    plan = PlanFactory(learner=who, state=PlanState.FINISHED, finished_at=NOW - timedelta(days=2))
    PlanFactory(learner=who, state=PlanState.FINISHED, finished_at=NOW - timedelta(days=8))
    PlanItemFactory(plan=plan, state="done", settled_at=NOW - timedelta(days=2))
    PlanItemFactory(plan=plan, state="skipped", settled_at=NOW - timedelta(days=2))
    nudges_scan()
    assert made() == [("finished", str(plan.pk), "pending")]
    assert "1 item done, 1 skipped" in Nudge.objects.get().text


def test_on_mondays_the_digest_is_the_mail(queue, monkeypatch, django_capture_on_commit_callbacks):
    clock(monkeypatch, MONDAY)
    wants, wants_none = learner(), learner(digest=False)
    for who in (wants, wants_none):
        active_plan(who, date(2026, 11, 20))
    with django_capture_on_commit_callbacks(execute=True):
        nudges_scan()
    assert made(wants) == [("overdue", "2026-11-20", "none")]
    assert made(wants_none) == [("overdue", "2026-11-20", "pending")]
    assert ("learning.make_digest", str(wants.pk)) in queue
    assert ("learning.make_digest", str(wants_none.pk)) not in queue


def test_who_left_the_organisation_gets_no_mail():
    here, gone = member_factory(), member_factory()
    stays = learner(organization=here.organization, user=here.user, email="")
    left = learner(organization=gone.organization, user=gone.user)
    gone.delete()
    for who in (stays, left):
        active_plan(who, YESTERDAY)
    nudges_scan()
    assert Nudge.objects.get(learner=stays).mail == MailState.PENDING
    assert Nudge.objects.get(learner=left).mail == MailState.NONE


def test_queries_do_not_grow_with_learners_of_a_batch(monkeypatch):
    def people(count):
        for _ in range(count):
            active_plan(learner(), YESTERDAY, done=(TODAY - timedelta(days=2),))

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            nudges_scan()
        return len(captured)

    clock(monkeypatch, NOW + timedelta(hours=6))
    people(2)
    few = queries()
    people(8)
    assert queries() == few
    assert Nudge.objects.filter(kind="overdue").count() == 10

    monkeypatch.setattr(making, "BATCH", 3)
    Nudge.objects.all().delete()
    nudges_scan()
    assert Nudge.objects.filter(kind="overdue").count() == 10
    assert timezone.now() == NOW + timedelta(hours=6)
