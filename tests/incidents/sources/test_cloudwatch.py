"""Alarms of Amazon CloudWatch: who signed them, and what they say."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from httpx2 import Headers
from hypothesis import given
from hypothesis import strategies as st

from aurora_site.core.netguard import Answer, Guard, OutboundFailed
from incidents.sources.base import BadSignature, CannotVerify, ParsedAlert, UnreadablePayload
from incidents.sources.cloudwatch import CONFIRM_TASK, CloudWatch
from incidents.sources.registry import source
from incidents.sources.sns import confirmation_url, message_from
from incidents.sources.sns_certificates import Certificates
from tests.incidents.sources.amazon import (
    ALARM,
    CERTIFICATE_URL,
    TOPIC,
    amazon_key,
    certificate,
    confirmation,
    notification,
    signed,
    stamp,
)
from tests.incidents.sources.requests import NOW, delivery, only, parsed
from tests.incidents.sources.test_every_source import ANY_JSON, assert_parses, paths, quick, replaced

ENVELOPE = notification()


class Shelf:
    """Certificates by address; what was asked for."""

    def __init__(self, **found):
        self.found = {CERTIFICATE_URL: certificate(), **found}
        self.asked = []
        self.now = 0.0

    def fetch(self, url):
        self.asked.append(url)
        found = self.found[url]
        if isinstance(found, Exception):
            raise found
        return found

    def source(self):
        return CloudWatch(Certificates(self.fetch, lambda: self.now))


def verify(body, shelf=None, **options):
    (shelf or Shelf()).source().verify(delivery(body, **options), [])


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("make", [notification, confirmation])
def test_what_amazon_signed_is_taken(make, version):
    verify(make(version=version))
    verify(make(version=version), options={"topic_arns": [TOPIC]})


@pytest.mark.parametrize("version", ["1", "2"])
def test_texts_that_are_not_ascii(version):
    body = notification({"AlarmDescription": "Störung — 支払い 🔥"}, version, Subject="Größe")
    verify(body)
    verify(json.dumps(body).encode())
    verify(json.dumps(body, ensure_ascii=False).encode())


def test_without_a_subject():
    verify(notification(Subject=None))


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("make", [notification, confirmation])
def test_any_change_shows(make, version):
    body = make(version=version)
    changed = ["Message", "MessageId", "Timestamp", "TopicArn", "Subject", "SubscribeURL", "Token"]
    for name in [name for name in changed if name in body]:
        other = stamp(NOW - timedelta(seconds=1)) if name == "Timestamp" else body[name] + "x"
        with pytest.raises(BadSignature, match="doesn't fit"):
            verify(body | {name: other})


def test_a_subject_that_was_added_or_taken_away_shows():
    with pytest.raises(BadSignature, match="doesn't fit"):
        verify(notification(Subject=None) | {"Subject": "ALARM"})
    with pytest.raises(BadSignature, match="doesn't fit"):
        verify({name: value for name, value in notification().items() if name != "Subject"})


def test_another_key_or_version_shows():
    for body in (
        notification(key=amazon_key(2)),
        notification(version="1") | {"SignatureVersion": "2"},
        notification() | {"Signature": "AAAA"},
    ):
        with pytest.raises(BadSignature, match="doesn't fit"):
            verify(body)


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem",
        "https://evil.example/sns.eu-central-1.amazonaws.com/x.pem",
        "https://sns.eu-central-1.amazonaws.com@evil.example/x.pem",
        "https://user:word@sns.eu-central-1.amazonaws.com/x.pem",
        "https://sns.eu-central-1.amazonaws.com:8443/x.pem",
        "https://sns.eu-central-1.amazonaws.com:443/x.pem",
        "https://evil-sns.eu-central-1.amazonaws.com/x.pem",
        "https://evil.sns.eu-central-1.amazonaws.com/x.pem",
        "https://sns.evil.s3.eu-central-1.amazonaws.com/x.pem",
        "https://s3.eu-central-1.amazonaws.com/sns/x.pem",
        "https://sns.amazonaws.com/x.pem",
        "https://sns.s3.amazonaws.com/x.pem",
        "https://sns.eu-central-1.amazonaws.com.cn.evil.example/x.pem",
        "https://sns.eu-central-1.amazonaws.org/x.pem",
        "https://sns.eu-central-1.amazonaws.comx/x.pem",
        "https://SNS.EU-CENTRAL-1.AMAZONAWS.COM/x.pem",
        "https://sns.eu-central-1.amazonaws.com./x.pem",
        "https://sns.eu-central-1.amazonaws.com/?Action=x.pem",
        "https://sns.eu-central-1.amazonaws.com/x.pem?y=z",
        "https://sns.eu-central-1.amazonaws.com/x.pem#y",
        "https://sns.eu-central-1.amazonaws.com/x.pem/",
        "https://sns.eu-central-1.amazonaws.com/x.txt",
        "https://sns.eu-central-1.amazonaws.com/../x.pem",
        "https://sns.eu-central-1.amazonaws.com/a/x.pem",
        "https://sns.eu-central-1.amazonaws.com\\@evil.example/x.pem",
        "https://sns.eu-central-1.amazonaws.com%2eevil.example/x.pem",
        "https://sns.eu-central-1%00.amazonaws.com/x.pem",
        "https://sns.eu‑central-1.amazonaws.com/x.pem",
        "https://127.0.0.1/x.pem",
        "https://sns.eu-central-1.amazonaws.com/x.pem\n",
        "\nhttps://sns.eu-central-1.amazonaws.com/x.pem",
        "file:///x.pem",
        "",
    ],
)
def test_a_certificate_of_elsewhere_is_never_asked_for(url):
    shelf = Shelf(**{url: certificate()})
    with pytest.raises(BadSignature, match="SigningCertURL"):
        verify(signed(notification() | {"SigningCertURL": url}), shelf)
    assert shelf.asked == []


@pytest.mark.parametrize(
    "host", ["sns.us-gov-west-1.amazonaws.com", "sns.cn-north-1.amazonaws.com.cn", "sns.ap-southeast-3.amazonaws.com"]
)
def test_every_region_has_a_host(host):
    url = f"https://{host}/SimpleNotificationService-1.pem"
    verify(signed(notification() | {"SigningCertURL": url}), Shelf(**{url: certificate()}))


def test_a_certificate_is_fetched_once_a_day():
    shelf = Shelf()
    shown = shelf.source()
    for _ in range(3):
        shown.verify(delivery(notification()), [])
    assert shelf.asked == [CERTIFICATE_URL]
    shelf.now = 24 * 3600 + 1
    shown.verify(delivery(notification()), [])
    assert len(shelf.asked) == 2


def test_few_certificates_are_kept():
    urls = [f"https://sns.eu-central-1.amazonaws.com/x{number}.pem" for number in range(40)]
    shelf = Shelf(**dict.fromkeys(urls, certificate()))
    shown = shelf.source()
    for url in [*urls, urls[-1], urls[0]]:
        shown.verify(delivery(signed(notification() | {"SigningCertURL": url})), [])
    assert shelf.asked == [*urls, urls[0]]


def test_what_cant_be_fetched_is_asked_for_again_a_little_later():
    shelf = Shelf(**{CERTIFICATE_URL: CannotVerify("away")})
    shown = shelf.source()
    for _ in range(3):
        with pytest.raises(CannotVerify, match="away"):
            shown.verify(delivery(notification()), [])
    assert len(shelf.asked) == 1
    shelf.now, shelf.found[CERTIFICATE_URL] = 6.0, certificate()
    shown.verify(delivery(notification()), [])


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (b"<html>", "no certificate"),
        (certificate(begins=NOW - timedelta(days=9), ends=NOW - timedelta(seconds=1)), "isn't valid now"),
        (certificate(begins=NOW + timedelta(seconds=1)), "isn't valid now"),
        (certificate(amazon_key(3, 1024)), "no key"),
        (BadSignature("There is no certificate"), "no certificate"),
    ],
    ids=["no certificate", "expired", "not yet", "short key", "nothing there"],
)
def test_a_certificate_that_proves_nothing(found, why):
    with pytest.raises(BadSignature, match=why):
        verify(notification(), Shelf(**{CERTIFICATE_URL: found}))


@pytest.mark.parametrize("apart", [timedelta(days=-1, seconds=-1), timedelta(days=1, seconds=1)])
def test_what_was_signed_long_ago_or_ahead_is_refused(apart):
    body = notification(Timestamp=stamp(NOW + apart))
    with pytest.raises(BadSignature, match="Timestamp"):
        verify(body)
    verify(body, received_at=NOW + apart)


def test_a_message_has_the_same_id_each_time_it_comes():
    shown = Shelf().source()
    assert shown.delivery_id(delivery(notification())) == "da41e39f-ea4d-435a-b922-c6aae3915ebe"
    assert (
        shown.delivery_id(delivery(notification({"AlarmDescription": "b"}))) == "da41e39f-ea4d-435a-b922-c6aae3915ebe"
    )
    assert shown.delivery_id(delivery(b"nothing")) == ""


def test_only_the_topics_of_the_integration():
    other = TOPIC + "-other"
    with pytest.raises(BadSignature, match=f"{other} isn't among"):
        verify(notification(TopicArn=other), options={"topic_arns": [TOPIC]})
    with pytest.raises(BadSignature, match="isn't among"):
        verify(confirmation(TopicArn=other), options={"topic_arns": [TOPIC]})
    with pytest.raises(BadSignature, match="isn't among"):
        verify(notification(), options={"topic_arns": TOPIC + "x"})
    verify(notification(TopicArn=other), options={"topic_arns": [TOPIC, other]})
    verify(notification(TopicArn=other), options={"topic_arns": []})


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no message of Amazon SNS"),
        (b"\xff", "no message of Amazon SNS"),
        (b"[" * 100_000, "no message of Amazon SNS"),
        (json.dumps(ALARM).encode(), "Type must be one of"),
        ({"Type": "Notification"}, "is missing"),
        ({**notification(), "Message": {"AlarmName": "a"}}, "Message is missing"),
        ({**notification(), "SignatureVersion": "3"}, "SignatureVersion"),
        ({**notification(), "Signature": "é"}, "Base64"),
        (json.dumps({**notification(), "Message": "\ud800"}).encode(), "Unicode"),
    ],
    ids=["empty", "bytes", "nested", "bare", "unsigned", "object", "version", "base64", "surrogate"],
)
def test_what_amazon_never_sends_is_refused(body, why):
    with pytest.raises(BadSignature, match=why):
        verify(body)


def test_an_alarm():
    moment = datetime(2026, 5, 20, 13, 59, 30, 123000, tzinfo=UTC)

    found = only("cloudwatch", notification())

    assert found == ParsedAlert(
        title="checkout-errors",
        status="firing",
        identity=(("alarm_arn", ALARM["AlarmArn"]),),
        severity="unknown",
        service="checkout",
        occurred_at=moment,
        started_at=None,
        labels={
            "alarm": "checkout-errors",
            "account": "123456789012",
            "region": "eu-central-1",
            "namespace": "AWS/Lambda",
            "metric": "Errors",
            "FunctionName": "checkout",
        },
        annotations={"description": "Orders fail.", "reason": ALARM["NewStateReason"]},
        source_alert_id=ALARM["AlarmArn"],
        source_url="https://console.aws.amazon.com/cloudwatch/home?region=eu-central-1#alarmsV2:alarm/checkout-errors",
        payload=ALARM,
    )


def test_ok_resolves_it():
    found = only("cloudwatch", notification({"NewStateValue": "OK", "StateChangeTime": "2026-05-20T14:00:00.000+0000"}))
    assert (found.status, found.occurred_at) == ("resolved", NOW)
    assert found.identity == only("cloudwatch", notification()).identity


def test_without_data_nothing_is_known():
    found = parsed("cloudwatch", notification({"NewStateValue": "INSUFFICIENT_DATA"}))
    assert found.alerts == ()
    assert "INSUFFICIENT_DATA" in found.note
    assert found.follow_up == ""


def test_an_older_message_has_no_arn_of_its_alarm():
    found = only("cloudwatch", notification({"AlarmArn": None}))
    assert found.identity == (("account", "123456789012"), ("alarm", "checkout-errors"), ("region", "eu-central-1"))
    assert (found.source_alert_id, found.labels["region"]) == ("checkout-errors", "eu-central-1")


def test_a_time_that_is_missing_is_the_messages():
    assert only("cloudwatch", notification({"StateChangeTime": None})).occurred_at == NOW


@pytest.mark.parametrize(
    ("dimensions", "service"),
    [
        ([{"name": "ServiceName", "value": "orders"}, {"name": "ClusterName", "value": "main"}], "orders"),
        ([{"name": "ClusterName", "value": "main"}], "main"),
        ([{"name": "LoadBalancer", "value": "app/checkout/50dc6c495c0c9188"}], "checkout"),
        ([{"name": "TargetGroup", "value": "targetgroup/orders/73e2d6bc24d8a067"}], "orders"),
        ([{"name": "DBInstanceIdentifier", "value": "orders-db"}], "orders-db"),
        ([{"name": "InstanceId", "value": "i-0123456789"}], ""),
        ([], ""),
    ],
)
def test_the_service_is_what_the_metric_is_about(dimensions, service):
    assert only("cloudwatch", notification({"Trigger": {"Dimensions": dimensions}})).service == service


def test_a_calculation_over_metrics():
    trigger = {
        "Metrics": [
            {"Id": "e1", "Expression": "m1/m2"},
            {
                "Id": "m1",
                "MetricStat": {
                    "Metric": {"Dimensions": [{"value": "checkout", "name": "ServiceName"}], "MetricName": "5xx"}
                },
            },
        ]
    }
    assert only("cloudwatch", notification({"Trigger": trigger})).service == "checkout"


def test_a_composite_alarm_has_no_metric():
    found = only("cloudwatch", notification({"Trigger": None, "AlarmRule": "ALARM(a) OR ALARM(b)"}))
    assert (found.title, found.service, "metric" in found.labels) == ("checkout-errors", "", False)


def test_the_console_of_china():
    arn = "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:größe / 1"
    found = only("cloudwatch", notification({"AlarmArn": arn, "AlarmName": "größe / 1"}))
    assert found.source_url == (
        "https://console.amazonaws.cn/cloudwatch/home?region=cn-north-1#alarmsV2:alarm/gr%C3%B6%C3%9Fe%20%2F%201"
    )


@pytest.mark.parametrize(
    "text", ["Hello", "{}", '{"AlarmName": "a"}', "[]", '{"AlarmName": "a", "NewStateValue": "??"}']
)
def test_a_message_that_is_no_alarm_is_unreadable(text):
    body = notification() | {"Message": text}
    with pytest.raises(UnreadablePayload):
        parsed("cloudwatch", body)


def test_a_subscription_waits_to_be_confirmed():
    found = parsed("cloudwatch", confirmation())
    assert (found.alerts, found.follow_up) == ((), CONFIRM_TASK)
    assert found.note == f"The subscription of {TOPIC} waits to be confirmed."


def test_a_subscription_that_ended_is_said():
    found = parsed("cloudwatch", confirmation() | {"Type": "UnsubscribeConfirmation"})
    assert (found.note, found.follow_up) == (f"The subscription of {TOPIC} was ended.", "")


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("https://", "http://"),
        lambda url: url.replace(".com/", ".com.evil.example/"),
        lambda url: url.replace("https://", "https://user@"),
        lambda url: url.replace(".com/", ".com:8443/"),
        lambda url: url.replace("ConfirmSubscription", "Unsubscribe"),
        lambda url: url.replace("alarms", "other"),
        lambda url: url.replace("Token=2", "Token=3"),
        lambda url: url + "&ReturnSubscriptionArn=true",
        lambda url: url + "#x",
        lambda url: "https://10.0.0.1/",
        lambda url: "",
    ],
)
def test_a_subscription_is_confirmed_at_amazon_alone(change):
    body = confirmation()
    assert confirmation_url(message_from(json.dumps(body).encode())) == body["SubscribeURL"]
    with pytest.raises(ValueError, match="SubscribeURL"):
        confirmation_url(message_from(json.dumps(body | {"SubscribeURL": change(body["SubscribeURL"])}).encode()))


@quick
@given(data=st.data())
def test_an_alarm_with_anything_anywhere_is_read_or_refused_with_a_reason(data):
    alarm = ALARM
    for _ in range(data.draw(st.integers(1, 3))):
        alarm = replaced(alarm, data.draw(st.sampled_from(list(paths(alarm)))), data.draw(ANY_JSON))

    assert_parses(source("cloudwatch"), delivery(ENVELOPE | {"Message": json.dumps(alarm)}))


@pytest.mark.parametrize(
    ("outcome", "raised"),
    [
        (404, BadSignature),
        (302, BadSignature),
        (500, CannotVerify),
        (429, CannotVerify),
        (OutboundFailed("away"), CannotVerify),
    ],
    ids=["missing", "redirect", "error", "busy", "away"],
)
def test_what_amazons_answer_means_for_a_certificate(outcome, raised, monkeypatch):
    asked = []

    def request(self, method, url):
        asked.append((method, url, self.for_configured, self.limits.max_redirects))
        if isinstance(outcome, Exception):
            raise outcome
        return Answer(status=outcome, headers=Headers(), body=b"", url=url)

    monkeypatch.setattr(Guard, "request", request)
    with pytest.raises(raised):
        CloudWatch().verify(delivery(notification()), [])
    assert asked == [("GET", CERTIFICATE_URL, False, 0)]
