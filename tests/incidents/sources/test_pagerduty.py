"""Events of PagerDuty's webhooks, version 3."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from incidents.sources.base import BadSignature, ParsedAlert, UnreadablePayload
from incidents.sources.registry import source
from tests.incidents.sources.requests import delivery, only, parsed

DATA = {
    "id": "PGR0VU2",
    "type": "incident",
    "self": "https://api.pagerduty.com/incidents/PGR0VU2",
    "html_url": "https://example.pagerduty.com/incidents/PGR0VU2",
    "number": 2,
    "status": "triggered",
    "incident_key": "d3640fbd41094207a1c11e58e46b1662",
    "created_at": "2026-05-20T13:16:27Z",
    "title": "A little bump in the road",
    "service": {"id": "PF9KMXH", "summary": "API Service", "type": "service_reference"},
    "assignees": [],
    "escalation_policy": {"id": "PUS0KTE", "summary": "Default", "type": "escalation_policy_reference"},
    "teams": [{"id": "PFCVPS0", "summary": "Engineering", "type": "team_reference"}],
    "priority": {"id": "PSO75BM", "summary": "P1", "type": "priority_reference"},
    "urgency": "high",
    "conference_bridge": None,
    "resolve_reason": None,
}


def event(kind="incident.triggered", **data):
    return {
        "event": {
            "id": "5ac64822-4adc-4fda-ade0-410becf0de4f",
            "event_type": kind,
            "resource_type": "incident",
            "occurred_at": "2026-05-20T13:16:28.169Z",
            "agent": None,
            "client": None,
            "data": DATA | data,
        }
    }


def test_a_triggered_incident():
    assert only("pagerduty", event()) == ParsedAlert(
        title="A little bump in the road",
        status="firing",
        identity=(("incident", "PGR0VU2"),),
        severity="critical",
        service="API Service",
        occurred_at=datetime(2026, 5, 20, 13, 16, 28, 169000, tzinfo=UTC),
        started_at=datetime(2026, 5, 20, 13, 16, 27, tzinfo=UTC),
        labels={
            "priority": "P1",
            "urgency": "high",
            "team": "Engineering",
            "escalation_policy": "Default",
            "incident_key": "d3640fbd41094207a1c11e58e46b1662",
            "number": "2",
        },
        source_alert_id="PGR0VU2",
        source_url="https://example.pagerduty.com/incidents/PGR0VU2",
        payload=event()["event"],
    )


@pytest.mark.parametrize(
    ("kind", "status"),
    [("incident.resolved", "resolved"), ("incident.reopened", "firing")],
)
def test_resolving_and_reopening(kind, status):
    found = only("pagerduty", event(kind))

    assert (found.status, found.identity) == (status, only("pagerduty", event()).identity)


@pytest.mark.parametrize(
    ("kind", "type_", "about"),
    [
        ("incident.acknowledged", "incident", "incident"),
        ("incident.unacknowledged", "incident", "incident"),
        ("incident.priority_updated", "incident", "incident"),
        ("incident.annotated", "incident_note", "incident_note"),
        ("incident.triggered", "incident_note", "incident_note"),
        ("service.updated", "service", "service"),
        ("pagey.ping", "ping", "ping"),
    ],
)
def test_what_changes_no_state_is_noted(kind, type_, about):
    found = parsed("pagerduty", event(kind, type=type_))

    assert found.alerts == ()
    assert found.note == f"{kind} about a {about} doesn't change an incident's state."


@pytest.mark.parametrize(
    ("priority", "urgency", "severity"),
    [
        ("P4", "high", "low"),
        ("SEV-2", "low", "high"),
        (None, "high", "high"),
        ("Purple", "low", "low"),
        (None, None, "unknown"),
    ],
)
def test_severity_is_the_priority_or_else_the_urgency(priority, urgency, severity):
    found = only("pagerduty", event(priority=priority and {"summary": priority}, urgency=urgency))

    assert found.severity == severity
    assert found.labels.get("priority") == priority


@pytest.mark.parametrize("body", [{}, {"event": None}, {"messages": [{"event": "incident.trigger"}]}])
def test_older_versions_are_refused(body):
    with pytest.raises(UnreadablePayload, match="event is missing: this isn't a version 3 webhook of PagerDuty"):
        parsed("pagerduty", body)


def test_an_incident_without_id_is_refused():
    with pytest.raises(UnreadablePayload, match="Nothing in it tells this alert from others"):
        parsed("pagerduty", event(id=None))


def test_the_delivery_is_named_by_its_header():
    assert source("pagerduty").delivery_id(delivery(event(), x_webhook_id="0195")) == "0195"
    assert source("pagerduty").delivery_id(delivery(event())) == ""


BODY = '{"event": "Überlast"}'.encode()


def signature(secret, body=BODY):
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "header",
    [
        signature("new"),
        f"{signature('other')},{signature('old')}",
        f" {signature('other')} , {signature('new')} ,",
        f"v2=00,{signature('new')}",
    ],
)
def test_one_of_the_signatures_must_fit_one_of_the_secrets(header):
    source("pagerduty").verify(delivery(BODY, x_pagerduty_signature=header), ["new", "old"])


@pytest.mark.parametrize(
    "header",
    [
        "",
        "v1=",
        signature("other"),
        signature("new", BODY + b" "),
        signature("new").removeprefix("v1="),
        signature("new").replace("v1=", "v2="),
        ",".join([signature("other")] * 20 + [signature("new")]),
        "v1=ü",
    ],
)
def test_anything_else_is_refused(header):
    with pytest.raises(BadSignature):
        source("pagerduty").verify(delivery(BODY, x_pagerduty_signature=header), ["new", "old"])


def test_a_vector_made_elsewhere():
    """By ``openssl dgst -sha256 -hmac``."""
    body, vector = (
        '{"title": "Überlast"}'.encode(),
        "v1=3694cbd7aa85dbdae55ec933ffbb617b5cad50da335bdb82c3eae03794e8a4bf",
    )

    source("pagerduty").verify(delivery(body, x_pagerduty_signature=vector), ["gehéim"])


def test_without_a_secret_nothing_must_be_signed():
    source("pagerduty").verify(delivery(BODY), [])
