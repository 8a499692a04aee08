"""Reminders by REST, and how long they are kept."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from audit.models import Record
from aurora_site.core import retention
from learning import pruning
from learning.errors import NotRetriable, UnknownReference
from learning.models import Nudge
from learning.services.nudges import nudge_dismiss, nudge_resend
from tests.factories.accounts import member_factory
from tests.factories.learning import LearnerFactory

pytestmark = pytest.mark.django_db


def own_learner(**fields):
    member = member_factory()
    return member, LearnerFactory(organization=member.organization, user=member.user, **fields)


def nudge(who, occasion="a", age=timedelta(), **fields):
    row = Nudge.objects.create(
        organization=who.organization,
        learner=who,
        kind="overdue",
        occasion=occasion,
        title="Late",
        text="- x",
        **fields,
    )
    Nudge.objects.filter(pk=row.pk).update(created_at=timezone.now() - age)
    return row


def test_a_learner_sees_their_reminders_and_dismisses_them(client_of):
    member, who = own_learner()
    shown, other = nudge(who), nudge(who, "b", timedelta(hours=1))
    nudge(who, "old", timedelta(days=15))
    client = client_of(member)
    address = f"/api/v1/learning/learners/{who.pk}/nudges"

    body = client.get(address).json()
    assert body["total"] == 2
    assert [row["id"] for row in body["nudges"]] == [str(shown.pk), str(other.pk)]
    assert (body["nudges"][0]["kind"], body["nudges"][0]["title"], body["nudges"][0]["text"]) == (
        "overdue",
        "Late",
        "- x",
    )

    for _ in range(2):
        answer = client.post(f"{address}/{shown.pk}/dismiss")
        assert answer.status_code == 200
        assert answer.json()["seen_at"]
    assert [row["id"] for row in client.get(address).json()["nudges"]] == [str(other.pk)]
    assert Record.objects.filter(event="learning.nudge_dismissed", actor_id=member.user_id).count() == 1


def test_nobody_elses_reminders_are_seen_or_dismissed(client_of):
    member, _ = own_learner()
    colleague = LearnerFactory(organization=member.organization)
    stranger = LearnerFactory()
    for who in (colleague, stranger):
        row = nudge(who)
        address = f"/api/v1/learning/learners/{who.pk}/nudges"
        assert client_of(member).get(address).status_code == 404
        assert client_of(member).post(f"{address}/{row.pk}/dismiss").status_code == 404
        row.refresh_from_db()
        assert row.seen_at is None
    assert not Record.objects.filter(event="learning.nudge_dismissed").exists()


def test_another_learners_reminder_is_not_found_below_ones_own(client_of):
    member, who = own_learner()
    row = nudge(LearnerFactory(organization=member.organization))
    for nudge_id in (row.pk, uuid4()):
        answer = client_of(member).post(f"/api/v1/learning/learners/{who.pk}/nudges/{nudge_id}/dismiss")
        assert answer.status_code == 404
    with pytest.raises(UnknownReference):
        nudge_dismiss(organization_id=who.organization_id, actor_id="", learner_id=who.pk, nudge_id=row.pk)


def test_an_admin_sees_everybodys(client_of):
    admin = member_factory(role="admin")
    who = LearnerFactory(organization=admin.organization)
    nudge(who)
    assert client_of(admin).get(f"/api/v1/learning/learners/{who.pk}/nudges").json()["total"] == 1


def test_only_what_was_given_up_is_sent_again():
    who = LearnerFactory()
    dead, sent = nudge(who, mail="dead", attempts=3, error="no"), nudge(who, "b", mail="sent")
    again = nudge_resend(organization_id=who.organization_id, actor_id="op", nudge_id=dead.pk)
    assert (again.mail, again.attempts, again.next_attempt_at is not None) == ("pending", 0, True)
    with pytest.raises(NotRetriable):
        nudge_resend(organization_id=who.organization_id, actor_id="op", nudge_id=sent.pk)
    with pytest.raises(UnknownReference):
        nudge_resend(organization_id=LearnerFactory().organization_id, actor_id="op", nudge_id=dead.pk)
    assert Record.objects.filter(event="learning.nudge_resent").count() == 1


def test_old_reminders_go_when_their_organisation_wants_it(monkeypatch):
    monkeypatch.setattr(pruning, "NUDGES_AT_ONCE", 2)
    who, other = LearnerFactory(), LearnerFactory()
    old = timedelta(days=60)
    for number in range(3):
        nudge(who, str(number), old)
    nudge(other, "x", old)
    recent, waiting = nudge(who, "new"), nudge(who, "waiting", old, mail="pending", next_attempt_at=timezone.now())
    prune = retention.kinds()["nudges"].prune
    wanted = {"organization_id": str(who.organization_id), "before": timezone.now() - timedelta(days=30)}

    assert prune(**wanted, dry_run=True) == 3
    assert prune(**wanted) == 3
    assert set(Nudge.objects.filter(learner=who)) == {recent, waiting}
    assert Nudge.objects.filter(learner=other).count() == 1
    assert Record.objects.filter(event="learning.nudges_pruned").count() == 2
    assert prune(**wanted) == 0
