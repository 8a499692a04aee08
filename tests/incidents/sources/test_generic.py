"""Aurora's own form."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from incidents.sources.base import BadSignature, ParsedAlert, UnreadablePayload
from incidents.sources.registry import source
from tests.incidents.sources.requests import basic, delivery, only, parsed

ALERT = {
    "id": "disk-7",
    "title": "Disk is nearly full",
    "status": "firing",
    "severity": "Sev-2",
    "service": "archive",
    "started_at": 1779285000,
    "labels": {"host": "10.0.0.7", "percent": 97},
    "url": "https://status.example.org/disk-7",
    "description": "97 percent are used.",
}
STARTED = datetime(2026, 5, 20, 13, 50, tzinfo=UTC)


def test_an_alert_with_everything():
    assert only("generic", ALERT) == ParsedAlert(
        title="Disk is nearly full",
        status="firing",
        identity=(("id", "disk-7"),),
        severity="high",
        service="archive",
        occurred_at=STARTED,
        started_at=STARTED,
        labels={"host": "10.0.0.7", "percent": "97"},
        annotations={"description": "97 percent are used."},
        source_alert_id="disk-7",
        source_url="https://status.example.org/disk-7",
        payload=ALERT,
    )


def test_a_title_is_enough_to_fire():
    found = only("generic", {"message": "The queue grows"})

    assert (found.title, found.status, found.severity, found.service) == ("The queue grows", "firing", "unknown", "")
    assert found.identity == (("title", "The queue grows"),)
    assert (found.occurred_at, found.started_at) == (None, None)


def test_the_resolution_has_its_own_time():
    found = only("generic", ALERT | {"status": "OK", "ended_at": "2026-05-20T13:59:00+00:00"})

    assert (found.status, found.started_at) == ("resolved", STARTED)
    assert found.occurred_at == datetime(2026, 5, 20, 13, 59, tzinfo=UTC)
    assert found.identity == only("generic", ALERT).identity
    assert only("generic", ALERT | {"status": "resolved"}).occurred_at is None


def test_without_id_title_service_and_labels_identify():
    bare = {name: ALERT[name] for name in ("title", "service", "labels")}
    one = only("generic", bare).identity

    assert only("generic", bare | {"status": "resolved", "severity": "low"}).identity == one
    for other in ({"title": "Another"}, {"service": "web"}, {"labels": {"host": "10.0.0.8"}}):
        assert only("generic", bare | other).identity != one


def test_several_in_one_body():
    found = parsed("generic", {"alerts": [ALERT, {"title": "B", "status": "closed"}, {"status": "firing"}]})

    assert [(alert.title, alert.status) for alert in found.alerts] == [
        ("Disk is nearly full", "firing"),
        ("B", "resolved"),
    ]
    assert found.note == "alerts.2: title is missing: a text in title, message or summary says what is wrong."


@pytest.mark.parametrize("word", ["acknowledged", "pending", "Silenced"])
def test_what_changes_nothing_is_noted(word):
    found = parsed("generic", ALERT | {"status": word})

    assert found.alerts == ()
    assert found.note == f"status {word.lower()} changes nothing: only firing and resolved do."


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "title is missing: a text in title, message or summary says what is wrong."),
        ({"title": 7}, "title is missing: a text in title, message or summary says what is wrong."),
        ({"title": "A", "status": "sad"}, 'status: "sad" is neither firing nor resolved.'),
        ({"title": "A", "status": None}, 'status: "" is neither firing nor resolved.'),
        ({"alerts": "A"}, "alerts: it must be a list."),
        ({"alerts": [[]]}, "alerts.0: it must be an object."),
        ([ALERT], "The body must be a JSON object."),
    ],
)
def test_what_can_not_be_read_names_the_field(body, says):
    with pytest.raises(UnreadablePayload) as refused:
        parsed("generic", body)

    assert str(refused.value) == says


def test_no_alerts_in_the_list_is_noted():
    assert (parsed("generic", {"alerts": []}).alerts, parsed("generic", {"alerts": []}).note) == (
        [],
        "alerts is empty.",
    )


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"started_at": "yesterday"}, "started_at: it is no time that can be"),
        ({"timestamp": 1e300}, "timestamp: it is no time that can be"),
        ({"labels": ["a"]}, "labels: it must be an object of names and values"),
    ],
)
def test_what_was_left_out_of_an_alert_is_noted(values, says):
    found = parsed("generic", ALERT | values)

    assert [alert.title for alert in found.alerts] == ["Disk is nearly full"]
    assert found.note.startswith(says)


def test_a_severity_that_nobody_knows_stays_readable():
    found = only("generic", ALERT | {"severity": "Purple"})

    assert (found.severity, found.labels["severity"]) == ("unknown", "Purple")


def test_deliveries_are_told_apart_by_what_the_sender_says():
    generic = source("generic")

    assert generic.delivery_id(delivery(ALERT, idempotency_key=" 7 ")) == "7"
    assert generic.delivery_id(delivery(ALERT, x_delivery_id="8")) == "8"
    timed = generic.delivery_id(delivery(ALERT))
    assert timed == "body " + hashlib.sha256(delivery(ALERT).body).hexdigest()
    assert generic.delivery_id(delivery({"alerts": [ALERT, ALERT]})).startswith("body ")


@pytest.mark.parametrize(
    "body", [{"id": "1", "title": "A"}, {"alerts": [ALERT, {"title": "A"}]}, {"alerts": []}, b"x", []]
)
def test_a_body_without_time_may_be_meant_anew(body):
    assert source("generic").delivery_id(delivery(body)) == ""
    assert source("generic").has_time is False


BODY = '{"title": "Überlauf 🪣"}'.encode()


def signature(secret, body=BODY):
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer new-secret"},
        {"authorization": "bearer  old-sécret "},
        {"authorization": basic("new-secret")},
        {"authorization": basic("old-sécret", user="")},
        {"x_aurora_token": "old-sécret"},
        {"x_aurora_signature": signature("new-secret")},
        {"x_aurora_signature": "sha256=" + signature("old-sécret").upper()},
    ],
)
def test_each_way_to_prove_a_secret(headers):
    source("generic").verify(delivery(BODY, **headers), ["new-secret", "old-sécret"])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer \ud800ü"},
        {"authorization": "Basic new-secret"},
        {"authorization": "Basic ÿ"},
        {"authorization": basic("wrong")},
        {"authorization": "new-secret"},
        {"x_aurora_token": ""},
        {"x_aurora_signature": signature("wrong")},
        {"x_aurora_signature": signature("new-secret", b"another body")},
        {"x_aurora_signature": "é"},
        # A signature that is wrong isn't excused by a token.
        {"x_aurora_signature": "00", "authorization": "Bearer new-secret"},
    ],
)
def test_what_proves_nothing_is_refused(headers):
    with pytest.raises(BadSignature):
        source("generic").verify(delivery(BODY, **headers), ["new-secret", "old-sécret"])


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_the_address_is_proof_enough(secrets):
    source("generic").verify(delivery(BODY), secrets)
    source("generic").verify(delivery(BODY, x_aurora_signature=signature("")), secrets)


def test_an_empty_secret_among_others_signs_nothing():
    with pytest.raises(BadSignature):
        source("generic").verify(delivery(BODY, x_aurora_signature=signature("")), ["", "new-secret"])
