"""Subscriptions of Amazon SNS: verified when they arrive, confirmed after they were stored."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Record
from aurora_site.core.netguard import Answer, OutboundFailed, OutboundRefused
from incidents.intake import Overloaded, delivery_accept, delivery_receive
from incidents.models import Delivery, DeliveryState, Integration
from incidents.processing import deliveries_process
from incidents.services.integrations import integration_create
from incidents.sources.base import BadSignature, CannotVerify
from incidents.sources.cloudwatch import CloudWatch
from incidents.sources.sns_certificates import Certificates
from incidents.subscriptions import confirm_subscription, subscription_confirm, sweep_subscriptions
from tests.factories.accounts import organization_factory
from tests.incidents.sources.amazon import TOPIC, certificate, confirmation, notification, stamp
from tests.incidents.sources.requests import delivery

pytestmark = pytest.mark.django_db


class Amazon:
    """Answers confirmations, instead of the guard."""

    def __init__(self, outcome=200):
        self.outcome = outcome
        self.asked = []

    def request(self, method, url):
        self.asked.append((method, url))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return Answer(status=self.outcome, headers={}, body=b"", url=url)


def integration(**options) -> Integration:
    organization = organization_factory()
    return integration_create(
        organization_id=organization.pk, actor_id="user_a", source="cloudwatch", name="AWS", options=options
    )


def waiting(made: Integration, **fields) -> Delivery:
    """A subscription that was stored and read."""
    body = confirmation(**fields)
    stored = delivery_accept(made, CloudWatch(), delivery(body, received_at=timezone.now())).delivery
    note = CloudWatch().parse(delivery(body)).note
    Delivery.objects.filter(pk=stored.pk).update(state=DeliveryState.IGNORED, reason=note)
    return stored


def test_a_subscription_is_confirmed_and_its_topic_the_only_one_from_then_on():
    made, amazon = integration(), Amazon()
    stored = waiting(made)

    subscription_confirm(delivery_id=stored.pk, guard=amazon)
    subscription_confirm(delivery_id=stored.pk, guard=amazon)

    assert amazon.asked == [("GET", confirmation()["SubscribeURL"])]
    stored.refresh_from_db()
    made.refresh_from_db()
    assert stored.reason == f"Confirmed the subscription of {TOPIC}."
    assert made.options == {"topic_arns": [TOPIC]}
    record = Record.objects.get(event="incidents.subscription_confirmed")
    assert (record.organization_id, record.subject_id) == (str(made.organization_id), str(made.pk))
    assert json.loads(bytes(record.body))["data"]["topic"].startswith("arn:aws:sns:")

    with pytest.raises(BadSignature, match="isn't among"):
        receive(made, notification(TopicArn=TOPIC + "2", Timestamp=stamp(timezone.now())))


def test_processing_hands_a_subscription_on(monkeypatch, django_capture_on_commit_callbacks):
    rung = []
    monkeypatch.setattr("incidents.processing.current_app.send_task", lambda name, args: rung.append((name, *args)))
    made = integration()
    stored = delivery_accept(made, CloudWatch(), delivery(confirmation(), received_at=timezone.now())).delivery

    with django_capture_on_commit_callbacks(execute=True):
        deliveries_process(made.organization_id)

    stored.refresh_from_db()
    assert (stored.state, stored.reason) == ("ignored", f"The subscription of {TOPIC} waits to be confirmed.")
    assert rung == [("incidents.confirm_subscription", str(stored.pk))]


def test_a_list_of_topics_stays_as_it_is():
    made = integration(topic_arns=[TOPIC, "arn:aws:sns:eu-central-1:1:other"])
    subscription_confirm(delivery_id=waiting(made).pk, guard=Amazon())
    made.refresh_from_db()
    assert made.options["topic_arns"] == [TOPIC, "arn:aws:sns:eu-central-1:1:other"]


@pytest.mark.parametrize(
    ("fields", "outcome", "reason"),
    [
        ({"SubscribeURL": "https://evil.example/?Action=ConfirmSubscription"}, 200, "doesn't confirm this topic"),
        ({"TopicArn": TOPIC + "2"}, 200, "isn't among"),
        ({}, 403, "Amazon answered 403"),
        ({}, 302, "Amazon answered 302"),
        ({}, OutboundRefused("not public"), "not public"),
    ],
    ids=["elsewhere", "topic", "refused", "redirect", "guard"],
)
def test_what_cant_be_confirmed_is_said_on_the_delivery(fields, outcome, reason):
    made, amazon = integration(topic_arns=[TOPIC]), Amazon(outcome)
    stored = waiting(made, **fields)

    subscription_confirm(delivery_id=stored.pk, guard=amazon)

    stored.refresh_from_db()
    assert stored.reason.startswith("Not confirmed: ")
    assert reason in stored.reason
    assert len(amazon.asked) == (0 if fields else 1)
    assert not Record.objects.filter(event="incidents.subscription_confirmed").exists()


@pytest.mark.parametrize("outcome", [OutboundFailed("away"), 500, 429])
def test_what_may_work_later_waits(outcome):
    made = integration()
    stored = waiting(made)

    with pytest.raises(OutboundFailed):
        subscription_confirm(delivery_id=stored.pk, guard=Amazon(outcome))

    before = stored.received_at
    stored.refresh_from_db()
    made.refresh_from_db()
    assert stored.reason.endswith("waits to be confirmed.")
    assert (made.options, before == stored.received_at) == ({}, True)


def test_the_sweep_rings_for_what_waits(monkeypatch):
    rung = []
    monkeypatch.setattr(confirm_subscription, "delay", rung.append)
    made = integration()
    _fresh, lost, old = (waiting(made, MessageId=str(number)) for number in range(3))
    now = timezone.now()
    for stored, age in ((lost, timedelta(minutes=3)), (old, timedelta(days=4))):
        Delivery.objects.filter(pk=stored.pk).update(received_at=now - age)

    sweep_subscriptions()

    assert rung == [str(lost.pk)]


def receive(made, body, fetch=lambda url: certificate(begins=EPOCH, ends=timezone.now() + timedelta(days=1))):
    source = CloudWatch(Certificates(fetch))
    made.refresh_from_db()
    return delivery_receive(made, source, delivery(body, received_at=timezone.now(), options=made.options))


EPOCH = timezone.now() - timedelta(days=900)


def test_a_message_that_is_sent_again_is_stored_once():
    made = integration()
    body = notification(Timestamp=stamp(timezone.now()))
    assert [receive(made, body).is_duplicate for _ in range(3)] == [False, True, True]
    assert list(Delivery.objects.values_list("vendor_id", "duplicates")) == [(body["MessageId"], 2)]


def test_without_its_certificate_a_message_is_asked_for_again():
    made = integration()

    def away(url):
        raise CannotVerify("away")

    with pytest.raises(Overloaded):
        receive(made, notification(Timestamp=stamp(timezone.now())), away)

    made.refresh_from_db()
    assert (Delivery.objects.count(), made.refused_count) == (0, 0)


def test_a_forged_message_leaves_its_reason_alone():
    made = integration()
    with pytest.raises(BadSignature):
        receive(made, notification(Timestamp=stamp(timezone.now())) | {"Message": "{}"})
    made.refresh_from_db()
    assert (Delivery.objects.count(), made.refused_count) == (0, 1)
    assert made.refused_reason == "Signature doesn't fit the message: Amazon didn't send this."
