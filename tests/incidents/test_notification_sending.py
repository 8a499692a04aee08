"""Notifications on their way: signed, sent once, tried again, given up, sent again."""

import json
import smtplib
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connections
from django.utils import timezone

from audit.models import Record
from incidents.models import ChannelKind, Notification, TimelineEntry
from incidents.notifications import sending
from incidents.notifications.delivering import CONSOLE_BACKEND, NO_MAIL_SERVER
from incidents.notifications.ringing import bell_key
from incidents.notifications.sending import delay_seconds, notification_send, pause_key
from incidents.notifications.services import channel_test, channel_update, notification_resend
from incidents.notifications.standard_webhooks import signature_headers
from incidents.notifications.tasks import send_notification, sweep_notifications
from incidents.services.incidents import incident_create
from incidents.services.response import incident_assign, severity_set
from incidents.services.rosters import roster_create, shift_add
from tests.factories.accounts import member_factory
from tests.incidents.notified import about, channel, head_and_body, make_due, rule, secret_of, told, verified
from tests.loopback import reply, serving

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick(settings):
    settings.AURORA_OUTBOUND_ALLOW = ["127.0.0.1"]
    settings.AURORA_NOTIFICATION_TIMEOUT = 5
    settings.AURORA_NOTIFICATION_ATTEMPTS = 3


@pytest.fixture
def server():
    with serving() as one:
        yield one


def send(notification):
    outcome = notification_send(notification_id=notification.pk)
    notification.refresh_from_db()
    return outcome


def records(name):
    return [json.loads(bytes(record.body))["data"] for record in Record.objects.filter(event=f"incidents.{name}")]


def test_a_webhook_is_signed_so_that_its_receiver_can_verify_it(server):
    notification = told(server)
    incident = notification.incident

    assert send(notification).text == "The receiver answered 200."

    (request,) = server.requests
    assert request.startswith(b"POST /hook/secret-token HTTP/1.1\r\n")
    body = verified(request, secret_of(notification.channel))
    assert head_and_body(request)[0]["webhook-id"] == str(notification.pk)
    assert (body["type"], body["data"]["organization"]) == ("incident.created", str(incident.organization_id))
    assert body["data"]["incident"] | {"started_at": "", "url": ""} == {
        "id": str(incident.pk), "number": 1, "title": "Checkout is down", "status": "investigating",
        "severity": "critical", "service": "checkout", "services": ["checkout"], "alert_count": 0, "firing_count": 0,
        "assignee": None, "source": "manual", "started_at": "", "resolved_at": None, "url": "",
    }  # fmt: skip
    assert body["data"]["change"]["seq"] == notification.entry.seq
    assert (notification.state, notification.attempts, notification.last_error) == ("sent", 1, "")
    (sent,) = records("notification_sent")
    assert (sent["attempts"], sent["kind"]) == (1, "incident.created")


def test_a_signature_as_the_specification_shows_it():
    """The test vector of the libraries."""
    headers = signature_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_it_is_sent_once_however_often_the_task_runs(server):
    notification = told(server)
    for _ in range(3):
        send_notification(str(notification.pk))
    assert len(server.requests) == 1
    assert records("notification_sent")[0]["attempts"] == 1


@pytest.mark.django_db(transaction=True)
def test_it_is_sent_once_however_many_tasks_run_at_the_same_time(server):
    notification = told(server)
    together = threading.Barrier(4)

    def run():
        together.wait(10)
        try:
            notification_send(notification_id=notification.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    notification.refresh_from_db()
    assert (len(server.requests), notification.state, notification.attempts) == (1, "sent", 1)
    assert len(records("notification_sent")) == 1


def test_a_failure_is_tried_again_until_it_arrives(server):
    server.answers(reply("503 Service Unavailable"), reply("200 OK"))
    notification = told(server)

    assert send(notification).text == "The receiver answered 503."
    assert (notification.state, notification.last_error) == ("pending", "The receiver answered 503.")
    assert timedelta(seconds=20) < notification.next_attempt_at - timezone.now() < timedelta(seconds=40)
    assert send(notification) is None
    make_due(notification)
    assert send(notification).is_delivered

    assert (notification.state, notification.attempts, notification.last_error) == ("sent", 2, "")
    first, second = (head_and_body(request)[0]["webhook-id"] for request in server.requests)
    assert first == second
    assert records("notification_sent")[0]["attempts"] == 2


def test_after_the_last_attempt_it_is_given_up_once_and_visibly(server):
    server.answers(reply("500 Internal Server Error"))
    notification = told(server)
    for _ in range(5):
        make_due(notification)
        send(notification)

    assert (len(server.requests), notification.state, notification.attempts) == (3, "dead", 3)
    entry = TimelineEntry.objects.get(kind="notification.dead")
    assert entry.incident_id == notification.incident_id
    assert entry.text == "Ops could not be told. The receiver answered 500."
    assert entry.data["notification"] == str(notification.pk)
    assert records("notification_dead")[0] | {"channel": "", "incident": ""} == {
        "attempts": 3, "kind": "incident.created", "reason": "The receiver answered 500.", "channel": "", "incident": "",
    }  # fmt: skip
    assert Notification.objects.count() == 1


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("400 Bad Request", "dead"), ("401 Unauthorized", "dead"), ("404 Not Found", "dead"), ("410 Gone", "dead"),
        ("408 Request Timeout", "pending"), ("425 Too Early", "pending"), ("429 Too Many Requests", "pending"),
        ("500 Internal Server Error", "pending"), ("302 Found", "pending"), ("202 Accepted", "sent"),
    ],
)  # fmt: skip
def test_what_each_answer_means(server, status, state):
    server.answers(reply(status, b"", "Location: http://10.0.0.1/"))
    notification = told(server)
    send(notification)
    assert (notification.state, len(server.requests)) == (state, 1)


def test_a_receiver_may_say_how_long_to_wait(server):
    server.answers(reply("429 Too Many Requests", b"", "Retry-After: 600"))
    notification = told(server)
    send(notification)
    assert notification.next_attempt_at - timezone.now() > timedelta(seconds=590)


def test_a_receiver_that_never_answers_costs_one_time_out(server, settings):
    settings.AURORA_NOTIFICATION_TIMEOUT = 0.2
    ended = threading.Event()
    server.handles(lambda _connection: ended.wait(10) and None)
    notification = told(server)
    incident_create(**about(notification.organization), title="Another")
    other = Notification.objects.exclude(pk=notification.pk).get()
    try:
        assert send(notification).text == "The other side stayed silent."
        assert send(other) is None
    finally:
        ended.set()
        cache.delete(pause_key(notification.channel_id))
    # The other waits for the channel without having lost an attempt.
    assert (notification.state, notification.attempts) == ("pending", 1)
    assert (other.state, other.attempts) == ("pending", 0)
    assert other.next_attempt_at > timezone.now()


def test_an_address_that_isnt_public_is_given_up_at_once(server, settings):
    settings.AURORA_OUTBOUND_ALLOW = []
    notification = told(server)
    send(notification)
    assert (notification.state, server.requests) == ("dead", [])
    assert "AURORA_OUTBOUND_ALLOW" in notification.last_error


def test_a_channel_that_was_switched_off_tells_nothing(server):
    notification = told(server)
    channel_update(**about(notification.organization), channel_id=notification.channel_id, is_enabled=False)
    notification = Notification.objects.get()
    send(notification)
    assert (notification.state, notification.last_error) == ("dead", "The channel is switched off.")
    assert server.requests == []


def test_what_was_given_up_can_be_sent_again(server):
    server.answers(reply("404 Not Found"), reply("200 OK"))
    notification = told(server)
    send(notification)
    assert notification.state == "dead"

    notification_resend(**about(notification.organization), notification_id=notification.pk)
    send(notification)

    assert (notification.state, notification.attempts, len(server.requests)) == ("sent", 1, 2)
    assert len(records("notification_resent")) == 1


def test_whoever_claimed_it_and_died_is_made_good(server, monkeypatch):
    notification = told(server)
    monkeypatch.setattr(sending, "deliver", lambda *_: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        notification_send(notification_id=notification.pk)
    monkeypatch.undo()
    assert send(notification) is None
    make_due(notification)
    assert send(notification).is_delivered
    assert (notification.state, notification.attempts) == ("sent", 2)


def test_the_sweep_rings_for_what_is_due_and_not_twice(server, monkeypatch):
    rung = []
    monkeypatch.setattr(
        "incidents.notifications.ringing.current_app.send_task", lambda name, args: rung.append(args[0])
    )
    notification = told(server)
    for _ in range(2):
        sweep_notifications()
    assert rung == [str(notification.pk)]
    Notification.objects.update(next_attempt_at=timezone.now() + timedelta(minutes=1))
    cache.delete(bell_key(notification.pk))
    sweep_notifications()
    assert len(rung) == 1


def test_delays_double_up_to_four_hours_and_last_about_a_day(settings):
    settings.AURORA_NOTIFICATION_RETRY_SECONDS = 30
    delays = [delay_seconds(attempt, 0) for attempt in range(1, 15)]
    assert delays[:4] == [30, 60, 120, 240]
    assert max(delays) == 4 * 3600
    assert 23 * 3600 < sum(delays) < 25 * 3600
    assert (delay_seconds(1, 1), delay_seconds(1, -1)) == (37.5, 22.5)
    assert delay_seconds(1000, 0) == 4 * 3600


def test_an_e_mail(settings):
    notification = told("oncall@example.org", kind=ChannelKind.EMAIL)
    send(notification)
    (message,) = mail.outbox
    assert message.to == ["oncall@example.org"]
    assert message.subject == "[Aurora] New incident: #1 Checkout is down"
    assert f"{settings.AURORA_PUBLIC_URL}/incidents/{notification.incident_id}" in message.body
    assert "Severity: critical" in message.body
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    "title", ["Down\r\nBcc: evil@example.org", "Down\nBcc: e", "Down\x0b\x0cBcc: e", "Down\u2028Bcc: e\x00"]
)
def test_a_title_puts_no_header_into_a_mail(title):
    to = channel("oncall@example.org", kind="email")
    rule(to)
    incident_create(**about(to.organization), title=title.replace("\x00", ""))
    send(Notification.objects.get())
    message = mail.outbox[0].message()
    assert len(message["Subject"].splitlines()) == 1
    assert message["Bcc"] is None
    assert mail.outbox[0].recipients() == ["oncall@example.org"]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (smtplib.SMTPRecipientsRefused({"a": (550, b"unknown")}), "dead"),
        (smtplib.SMTPRecipientsRefused({"a": (450, b"later")}), "pending"),
        (smtplib.SMTPDataError(554, b"no"), "dead"),
        (smtplib.SMTPAuthenticationError(535, b"no"), "pending"),
        (smtplib.SMTPServerDisconnected(), "pending"),
        (ConnectionRefusedError(), "pending"),
    ],
)
def test_what_a_mail_servers_refusal_means(error, state, monkeypatch):
    def refuse(*_):
        raise error

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    notification = told("oncall@example.org", kind="email")
    send(notification)
    cache.delete(pause_key(notification.channel_id))
    assert notification.state == state
    assert notification.last_error.startswith("The mail server")


def test_a_slack_message_mentions_nobody_and_links_nowhere_else(server):
    to = channel(server, kind="slack")
    rule(to)
    incident_create(
        **about(to.organization), title="<!channel> @here & <https://evil.example|click> [a](https://evil.example)"
    )
    send(Notification.objects.get())

    headers, body = head_and_body(server.requests[0])
    text = json.loads(body)["text"]
    assert "webhook-signature" not in headers
    assert "&lt;!channel&gt;" in text
    assert "@here" not in text
    assert "](" not in text
    assert " &amp; " in text
    assert text.count("<") == 1
    assert f"/incidents/{Notification.objects.get().incident_id}|#1 " in text


def test_without_a_mail_server_nothing_is_said_to_be_sent(settings):
    settings.EMAIL_BACKEND = CONSOLE_BACKEND
    notification = told("oncall@example.org", kind="email")
    send(notification)
    assert (notification.state, notification.attempts, notification.last_error) == ("dead", 1, NO_MAIL_SERVER)
    outcome = channel_test(**about(notification.channel.organization), channel_id=notification.channel_id)
    assert (outcome.is_delivered, outcome.text) == (False, NO_MAIL_SERVER)
    assert "EMAIL_URL" in NO_MAIL_SERVER


def assigned(person):
    """The notifications of a channel for assignees, of an incident that a person has."""
    to = channel("Assignee", kind="email", organization=person.organization)
    rule(to)
    who = about(person.organization)
    incident = incident_create(**who, title="Checkout is down")
    incident_assign(**who, incident_id=incident.pk, user_id=person.user_id)
    return Notification.objects.filter(channel=to).order_by("entry__seq")


def test_whoever_has_the_incident_is_mailed_at_their_own_address():
    person = member_factory(role="editor")
    for notification in assigned(person):
        send(notification)
    assert [message.to for message in mail.outbox] == [[person.user.email]] * 2
    assert [message.subject.split(":")[0] for message in mail.outbox] == ["[Aurora] New incident", "[Aurora] Assigned"]


def test_where_nobody_has_the_incident_nobody_is_told_and_it_is_done():
    notification = told("assignee", kind="email")
    send(notification)
    assert (notification.state, notification.last_error) == ("sent", "Nobody has the incident, so nobody was told.")
    assert mail.outbox == []
    assert records("notification_sent")[0]["reason"] == "Nobody has the incident, so nobody was told."


def test_who_left_the_organisation_is_not_mailed_about_its_incidents():
    person = member_factory(role="editor")
    notification = assigned(person).last()
    person.delete()
    send(notification)
    assert (notification.state, mail.outbox) == ("sent", [])


def test_a_new_incident_that_goes_to_who_is_on_call_is_told_to_them_once():
    person = member_factory(role="editor")
    who = about(person.organization)
    theirs = channel("assignee", kind="email", organization=person.organization)
    others = channel("ops@example.org", kind="email", organization=person.organization, name="All of ops")
    for to in (theirs, others):
        rule(to, name=to.name)
    roster = roster_create(**who, name="Primary")
    now = timezone.now()
    shift_add(
        **who,
        roster_id=roster.pk,
        user_id=person.user_id,
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=1),
    )
    incident_create(**who, title="Checkout is down")
    told_kinds = {to.name: list(to.notifications.values_list("entry__kind", flat=True)) for to in (theirs, others)}
    assert told_kinds["Ops"] == ["incident.created"]
    assert sorted(told_kinds["All of ops"]) == ["incident.assigned", "incident.created"]


def test_the_test_of_a_channel_for_assignees_goes_to_the_tester():
    person = member_factory(role="editor")
    to = channel("assignee", kind="email", organization=person.organization)
    outcome = channel_test(organization_id=person.organization_id, actor_id=person.user_id, channel_id=to.pk)
    assert (outcome.is_delivered, mail.outbox[0].to) == (True, [person.user.email])


def test_a_webhook_names_who_has_the_incident(server):
    person = member_factory(role="editor")
    to = channel(server, organization=person.organization)
    rule(to, kinds=["incident.assigned"])
    who = about(person.organization)
    incident = incident_create(**who, title="Checkout is down")
    incident_assign(**who, incident_id=incident.pk, user_id=person.user_id)
    send(Notification.objects.get())
    body = verified(server.requests[0], secret_of(to))
    assert body["data"]["incident"]["assignee"] == {"id": person.user_id, "name": person.user.get_full_name()}


def test_a_timeline_says_once_that_a_channel_could_not_be_told(server):
    server.answers(reply("404 Not Found"))
    first = told(server)
    who = about(first.channel.organization)
    severity_set(**who, incident_id=first.incident_id, severity="low")
    for notification in Notification.objects.order_by("entry__seq"):
        assert send(notification).is_final
    assert Notification.objects.filter(state="dead").count() == 2
    assert TimelineEntry.objects.filter(kind="notification.dead").count() == 1
    assert len(records("notification_dead")) == 2
