"""The digest of a week: what it says, and that there is one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from learning.models import Completion, ItemState, Nudge
from learning.nudges import ringing
from learning.nudges.digests import digest_make
from tests.factories.learning import PlanItemFactory, ResourceFactory
from tests.learning.nudges.people import active_plan, clock, learner

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def queue(monkeypatch):
    sent = []
    monkeypatch.setattr(ringing.current_app, "send_task", lambda name, args: sent.append((name, *args)))
    clock(monkeypatch, MONDAY)
    return sent


def test_a_digest_says_what_was_done_how_it_stands_and_what_is_next(queue, django_capture_on_commit_callbacks):
    who = learner()
    plan = active_plan(
        who, date(2026, 11, 20), date(2026, 11, 25), done=(date(2026, 11, 15), date(2026, 11, 17), date(2026, 11, 18))
    )
    book, article = (ResourceFactory(organization=who.organization, title=title) for title in ("Book", "Article"))
    at = MONDAY - timedelta(days=3)
    PlanItemFactory(
        plan=plan, date=at.date(), title="Read Book", resource=book, state=ItemState.DONE, settled_at=at,
        spent_minutes=75,
    )  # fmt: skip
    for resource in (book, article):
        Completion.objects.create(organization=who.organization, learner=who, resource=resource, completed_at=at)

    with django_capture_on_commit_callbacks(execute=True):
        digest = digest_make(learner_id=who.pk)

    assert digest is not None
    assert (digest.occasion, digest.mail, digest.mail_on) == ("2026-W48", "pending", MONDAY.date())
    assert digest.title == "Your week: 4 items done, 3 h 30 min"
    assert digest.text.startswith(
        "Done from Mon 16 Nov to Sun 22 Nov:\n\n- Done on 2026-11-17\n- Done on 2026-11-18\n- Read Book\n- Article\n\n"
        "4 of 6 items of your plan are done (66 %)."
    )
    assert "1 item is late." in digest.text
    assert "At this pace you are done around " in digest.text
    assert "with a probability of 80 % between" in digest.text
    assert "Next: Study of 2026-11-20." in digest.text
    assert queue == [("learning.send_nudge", str(digest.pk))]
    assert digest_make(learner_id=who.pk) is None
    assert Nudge.objects.count() == 1


def test_a_week_without_anything_is_said_too():
    who = learner()
    active_plan(who, date(2026, 11, 25))
    digest = digest_make(learner_id=who.pk)
    assert digest.title == "Your week: nothing done"
    assert digest.text.startswith(
        "Nothing was done from Mon 16 Nov to Sun 22 Nov.\n\n0 of 1 item of your plan are done (0 %)."
    )


def test_there_is_none_for_who_wants_none_nor_on_other_days(monkeypatch):
    unwilling = learner(digest=False)
    assert digest_make(learner_id=unwilling.pk) is None
    who = learner()
    # Sunday evening in New York is no Monday, Monday in Berlin is.
    clock(monkeypatch, datetime(2026, 11, 23, 0, 30, tzinfo=UTC))
    assert digest_make(learner_id=learner(time_zone="America/New_York").pk) is None
    assert digest_make(learner_id=who.pk) is not None
    clock(monkeypatch, MONDAY + timedelta(days=1))
    assert digest_make(learner_id=learner().pk) is None


def test_after_another_mail_of_the_day_it_is_on_the_page_alone():
    who = learner()
    Nudge.objects.create(
        organization=who.organization, learner=who, kind="overdue", occasion="x", title="Late", mail="sent",
        mail_on=MONDAY.date(),
    )  # fmt: skip
    assert digest_make(learner_id=who.pk).mail == "none"
