"""Mailing a reminder: once, in the hours, with an address that stops it; tried again, and given up where all can see."""

from __future__ import annotations

import json
import re
import smtplib
from datetime import time, timedelta
from email.errors import HeaderParseError
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.db import connections

from audit.models import Record
from learning.models import MailState, Nudge
from learning.nudges.sending import nudge_send
from learning.nudges.tasks import send_nudge, sweep_nudges
from tests.learning.nudges.people import NOW, TODAY, clock, learner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(monkeypatch, settings):
    settings.AURORA_PUBLIC_URL = "https://aurora.example.org"
    clock(monkeypatch, NOW)


def nudge(who=None, **fields):
    who = who or learner()
    return Nudge.objects.create(
        **{
            "learner": who, "organization": who.organization, "kind": "overdue", "occasion": "2026-11-18",
            "title": "1 item of your plan is late", "text": "Not done yet:\n\n- Joins & <b>keys</b>\n\nDo what is left.",
            "mail": MailState.PENDING, "mail_on": TODAY, "next_attempt_at": NOW, **fields,
        }
    )  # fmt: skip


def test_a_reminder_is_mailed_once_as_text_and_html():
    row = nudge(learner(name="Mira <b>"))
    send_nudge(str(row.pk))
    send_nudge(str(row.pk))
    [message] = mail.outbox
    row.refresh_from_db()
    assert (row.mail, row.attempts, row.sent_at, row.next_attempt_at) == ("sent", 1, NOW, None)
    assert message.recipients() == ["mira@example.org"]
    assert message.subject == "[Aurora] 1 item of your plan is late"
    assert message.body.startswith(
        "Hello Mira <b>,\n\n1 item of your plan is late.\n\nNot done yet:\n\n- Joins & <b>keys</b>\n"
    )
    assert "https://aurora.example.org/learning/plan\n" in message.body
    html, kind = message.alternatives[0]
    assert kind == "text/html"
    assert "<li>Joins &amp; &lt;b&gt;keys&lt;/b&gt;</li>" in html
    assert "Hello Mira &lt;b&gt;," in html
    assert "<b>" not in html
    [record] = Record.objects.filter(event="learning.nudge_sent")
    assert record.subject_id == str(row.pk)
    assert b"mira" not in bytes(record.body).lower()


def test_a_mail_program_can_stop_them_with_one_click():
    send_nudge(str(nudge().pk))
    headers = mail.outbox[0].message()
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.fullmatch(r"<(https://aurora\.example\.org/learning/reminders/[\w.-]+)>", headers["List-Unsubscribe"])
    assert address
    assert f"Stop them: {address[1]}\n" in mail.outbox[0].body


@pytest.mark.parametrize("title", ["Down\r\nBcc: evil@example.org", "Down\u2028Bcc: e\x1b"])
def test_a_title_puts_no_header_into_a_mail(title):
    send_nudge(str(nudge(title=title).pk))
    message = mail.outbox[0].message()
    assert len(message["Subject"].splitlines()) == 1
    assert message["Bcc"] is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"nudges": False}, "The learner wants none any more."),
        ({"email": ""}, "There is no address to send it to."),
    ],
)
def test_what_is_not_wanted_any_more_is_dropped(change, reason):
    row = nudge()
    type(row.learner).objects.filter(pk=row.learner_id).update(**change)
    send_nudge(str(row.pk))
    row.refresh_from_db()
    assert (row.mail, row.error, row.attempts, mail.outbox) == ("dropped", reason, 0, [])


@pytest.mark.parametrize(
    "fields",
    [{"kind": "streak", "occasion": "2026-11-18"}, {"seen_at": NOW}, {"kind": "digest", "occasion": "2026-W47"}],
)
def test_what_says_nothing_new_is_dropped(fields):
    row = nudge(learner(digest=False), **fields)
    send_nudge(str(row.pk))
    row.refresh_from_db()
    assert (row.mail, mail.outbox) == ("dropped", [])


def test_outside_of_the_hours_a_mail_waits_for_them(monkeypatch):
    row = nudge(learner(nudge_from=time(11)))
    send_nudge(str(row.pk))
    row.refresh_from_db()
    assert (row.mail, row.attempts, row.next_attempt_at) == ("pending", 0, NOW + timedelta(hours=1))
    clock(monkeypatch, NOW + timedelta(hours=1))
    send_nudge(str(row.pk))
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (smtplib.SMTPRecipientsRefused({"a": (550, b"unknown")}), "dead"),
        (smtplib.SMTPServerDisconnected(), "pending"),
        (ConnectionRefusedError(), "pending"),
    ],
)
def test_what_a_mail_servers_refusal_means(error, state, monkeypatch):
    def refuse(*_):
        raise error

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
    row = nudge()
    send_nudge(str(row.pk))
    row.refresh_from_db()
    assert (row.mail, row.attempts, row.sent_at) == (state, 1, None)
    assert row.error.startswith("The mail server")
    assert Record.objects.filter(event="learning.nudge_dead").count() == (state == "dead")


def test_a_failure_is_tried_again_later_and_given_up_in_the_end(monkeypatch, settings, queue):
    settings.AURORA_NOTIFICATION_ATTEMPTS, settings.AURORA_NOTIFICATION_RETRY_SECONDS = 3, 60
    monkeypatch.setattr(
        "django.core.mail.EmailMultiAlternatives.send", lambda *_: (_ for _ in ()).throw(ConnectionRefusedError())
    )
    row, moment, waits = nudge(), NOW, []
    for _ in range(3):
        sweep_nudges()
        assert queue.pop() == ("learning.send_nudge", str(row.pk))
        send_nudge(str(row.pk))
        row.refresh_from_db()
        if row.next_attempt_at:
            waits.append((row.next_attempt_at - moment).total_seconds())
            moment = row.next_attempt_at
            clock(monkeypatch, moment - timedelta(seconds=1))
            send_nudge(str(row.pk))
            clock(monkeypatch, moment)
    assert (row.mail, row.attempts) == ("dead", 3)
    assert 45 <= waits[0] <= 75
    assert 90 <= waits[1] <= 150
    sweep_nudges()
    assert queue == []


@pytest.mark.parametrize("place", ["message_of", "mail"])
def test_what_breaks_off_otherwise_is_given_up_in_the_end_too(place, monkeypatch, settings, queue):
    settings.AURORA_NOTIFICATION_ATTEMPTS = 3
    monkeypatch.setattr(f"learning.nudges.sending.{place}", lambda *_: {}["nothing"])
    row = nudge()
    for number in range(3):
        clock(monkeypatch, NOW + timedelta(minutes=2 * number))
        with pytest.raises(KeyError):
            send_nudge(str(row.pk))
        row.refresh_from_db()
        assert (row.mail, row.attempts, row.error) == ("pending", number + 1, "An attempt broke off with KeyError.")
    clock(monkeypatch, NOW + timedelta(minutes=6))
    for _ in range(2):
        send_nudge(str(row.pk))
    row.refresh_from_db()
    assert (row.mail, row.attempts, row.next_attempt_at) == ("dead", 3, None)
    assert row.error == "An attempt broke off with KeyError."
    [record] = Record.objects.filter(event="learning.nudge_dead")
    assert json.loads(bytes(record.body))["data"]["reason"] == row.error
    sweep_nudges()
    assert (queue, mail.outbox) == ([], [])


def test_a_worker_that_went_away_at_the_last_attempt_is_not_waited_for(settings):
    row = nudge(attempts=settings.AURORA_NOTIFICATION_ATTEMPTS)
    send_nudge(str(row.pk))
    row.refresh_from_db()
    assert (row.mail, row.error, mail.outbox) == ("dead", "The last attempt didn't end.", [])


@pytest.mark.parametrize("error", [UnicodeEncodeError("ascii", "ä", 0, 1, "no"), HeaderParseError()])
def test_a_message_that_can_not_be_written_is_tried_again_later(error, monkeypatch):
    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", lambda *_: (_ for _ in ()).throw(error))
    row = nudge()
    send_nudge(str(row.pk))
    row.refresh_from_db()
    assert (row.mail, row.attempts) == ("pending", 1)
    assert row.error == f"The message can't be written: {type(error).__name__}."


@pytest.fixture
def queue(monkeypatch):
    sent = []
    monkeypatch.setattr("learning.nudges.ringing.current_app.send_task", lambda name, args: sent.append((name, *args)))
    return sent


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_one_mail():
    row, ready = nudge(), Barrier(4)

    def work():
        try:
            ready.wait()
            nudge_send(nudge_id=row.pk)
        finally:
            connections.close_all()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row.refresh_from_db()
    assert (len(mail.outbox), row.attempts, row.mail) == (1, 1, "sent")
