"""The address in a mail: looking at it changes nothing, posting stops what the mail was."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client

from audit.models import Record
from learning.nudges.stopping import stop_address
from tests.learning.nudges.people import learner

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def path(who, kind="overdue"):
    return urlsplit(stop_address(who, kind)).path


def wants(who):
    who.refresh_from_db()
    return who.nudges, who.digest


def test_looking_asks_and_changes_nothing():
    who = learner()
    answer = Client().get(path(who))
    assert answer.status_code == 200
    assert "Stop reminders?" in answer.content.decode()
    assert "Mira" not in answer.content.decode()
    assert wants(who) == (True, True)


@pytest.mark.parametrize(("kind", "left"), [("overdue", (False, True)), ("digest", (True, False))])
def test_one_click_without_cookies_stops_what_the_mail_was(kind, left):
    who = learner()
    for _ in range(2):
        answer = Client(enforce_csrf_checks=True).post(path(who, kind), ONE_CLICK)
        assert answer.status_code == 200
    assert wants(who) == left
    [record] = Record.objects.filter(event="learning.reminders_set")
    assert record.subject_id == str(who.pk)
    assert record.actor_id == ""


def test_all_can_be_stopped_and_begun_again():
    who = learner()
    answer = Client().post(path(who), {"action": "stop-all"})
    assert "No mails about your learning will come." in answer.content.decode()
    assert wants(who) == (False, False)
    Client().post(path(who), {"action": "resume"})
    assert wants(who) == (True, False)


def test_what_is_forged_or_gone_stops_nothing():
    who, other = learner(), learner()
    token = path(who).rpartition("/")[2]
    forged = token.replace(who.pk.hex, other.pk.hex)
    gone = learner()
    gone_path = path(gone)
    gone.delete()
    for address in (
        f"/learning/reminders/{forged}",
        "/learning/reminders/x",
        gone_path,
        f"/learning/reminders/{'a' * 300}",
    ):
        answer = Client().post(address, ONE_CLICK)
        assert answer.status_code == 404
        assert "This link stops nothing" in answer.content.decode()
    assert wants(who) == wants(other) == (True, True)
    assert not Record.objects.filter(event="learning.reminders_set").exists()
