"""Sentry's issue alerts, metric alerts and issues."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from incidents.sources.base import BadSignature, ParsedAlert, UnreadablePayload
from incidents.sources.registry import source
from tests.incidents.sources.requests import delivery, only, parsed

EVENT = {
    "event_id": "e4874d664c3540c1a32eab185f12c5ab",
    "issue_id": "1170820242",
    "title": "ReferenceError: heck is not defined",
    "level": "error",
    "culprit": "?(<anonymous>)",
    "platform": "javascript",
    "datetime": "2026-05-20T13:50:00.000000Z",
    "received": 1779285001.5,
    "tags": [["browser", "Chrome 75.0.3770"], ["level", "error"], ["user", None]],
    "url": "https://sentry.io/api/0/projects/test-org/front-end/events/e4874d664c3540c1a32eab185f12c5ab/",
    "web_url": "https://sentry.io/organizations/test-org/issues/1170820242/events/e4874d664c3540c1a32eab185f12c5ab/",
}
EVENT_ALERT = {
    "action": "triggered",
    "actor": {"id": "sentry", "name": "Sentry", "type": "application"},
    "data": {"event": EVENT, "triggered_rule": "Very Important Alert Rule!"},
    "installation": {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"},
}
ISSUE = {
    "id": "1170820242",
    "shortId": "FRONT-END-1",
    "title": "ReferenceError: heck is not defined",
    "culprit": "?(<anonymous>)",
    "level": "error",
    "status": "resolved",
    "substatus": None,
    "platform": "javascript",
    "project": {"id": "1", "name": "Front End", "slug": "front-end", "platform": "javascript"},
    "firstSeen": "2026-05-20T13:50:01Z",
    "lastSeen": "2026-05-20T13:55:00Z",
    "web_url": "https://sentry.io/organizations/test-org/issues/1170820242/",
}
METRIC = {
    "id": "4",
    "identifier": "1",
    "title": "Too many errors",
    "projects": ["backend-api"],
    "alert_rule": {"id": "7", "name": "Too many errors", "aggregate": "count()"},
    "date_started": "2026-05-20T13:40:00Z",
    "date_detected": "2026-05-20T13:41:00Z",
    "date_closed": None,
    "status": 20,
}


def metric_alert(action, **values):
    data = {
        "metric_alert": METRIC | values,
        "description_title": f"{action}: Too many errors",
        "description_text": "1000 events in the last 10 minutes\nFilter: level:error",
        "web_url": "https://sentry.io/organizations/test-org/alerts/1/",
    }
    return {"action": action, "data": data}


def test_an_issue_alert():
    assert only("sentry", EVENT_ALERT, sentry_hook_resource="event_alert") == ParsedAlert(
        title="ReferenceError: heck is not defined",
        status="firing",
        identity=(("issue", "1170820242"),),
        severity="high",
        service="front-end",
        occurred_at=datetime(2026, 5, 20, 13, 50, 1, 500000, tzinfo=UTC),
        labels={
            "culprit": "?(<anonymous>)",
            "platform": "javascript",
            "browser": "Chrome 75.0.3770",
            "level": "error",
        },
        annotations={"triggered_rule": "Very Important Alert Rule!"},
        source_alert_id="1170820242",
        source_url=EVENT["web_url"],
        payload={"triggered_rule": "Very Important Alert Rule!", "event": EVENT},
    )


def test_resolving_the_issue_ends_its_alert():
    found = only("sentry", {"action": "resolved", "data": {"issue": ISSUE}}, sentry_hook_timestamp="1779285060")

    assert (found.status, found.identity) == ("resolved", only("sentry", EVENT_ALERT).identity)
    assert found.occurred_at == datetime(2026, 5, 20, 13, 51, tzinfo=UTC)
    assert (found.service, found.severity) == ("front-end", "high")


@pytest.mark.parametrize("action", ["created", "unresolved"])
def test_new_and_regressed_issues_fire(action):
    found = only("sentry", {"action": action, "data": {"issue": ISSUE}}, sentry_hook_timestamp="1779285060")

    assert (found.status, found.started_at) == ("firing", datetime(2026, 5, 20, 13, 50, 1, tzinfo=UTC))


def test_without_its_header_nobody_knows_when_an_issue_was_resolved():
    assert only("sentry", {"action": "resolved", "data": {"issue": ISSUE}}).occurred_at is None


@pytest.mark.parametrize("action", ["assigned", "archived", "ignored", ""])
def test_what_happens_to_issues_otherwise_is_noted(action):
    found = parsed("sentry", {"action": action, "data": {"issue": ISSUE}})

    assert found.alerts == ()
    assert found.note == f"An issue that is {action or 'named without action'} keeps its state."


@pytest.mark.parametrize(
    ("action", "status", "severity"),
    [("critical", "firing", "critical"), ("warning", "firing", "medium"), ("resolved", "resolved", "unknown")],
)
def test_metric_alerts(action, status, severity):
    found = only("sentry", metric_alert(action, date_closed="2026-05-20T13:59:00Z"))

    assert (found.status, found.severity, found.service) == (status, severity, "backend-api")
    assert found.identity == (("metric_alert", "4"),)
    assert found.occurred_at == datetime(2026, 5, 20, 13, 59 if status == "resolved" else 41, tzinfo=UTC)
    assert found.source_url == "https://sentry.io/organizations/test-org/alerts/1/"
    assert found.title == "Too many errors"


def test_a_metric_alert_and_an_issue_of_one_number_are_two():
    metric = only("sentry", metric_alert("critical", id="1170820242"))

    assert metric.identity != only("sentry", EVENT_ALERT).identity


@pytest.mark.parametrize(
    ("body", "headers", "note"),
    [
        ({"data": {"comment": "x"}}, {"sentry_hook_resource": "comment"}, "A webhook about comment is no alert."),
        ({"data": {"error": {"issue_id": "1"}}}, {}, "A webhook about something else is no alert."),
        ({}, {"sentry_hook_resource": "installation"}, "A webhook about installation is no alert."),
        ({"data": {"event": EVENT}}, {}, "event_alert with action missing is no alert."),
        (metric_alert("open"), {}, "metric_alert with action open is no alert."),
    ],
)
def test_other_webhooks_are_noted(body, headers, note):
    found = parsed("sentry", body, **headers)

    assert (found.alerts, found.note) == ((), note)


def test_something_else_is_refused():
    with pytest.raises(UnreadablePayload, match="data is missing: this isn't a webhook of Sentry"):
        parsed("sentry", {"action": "triggered"})


def test_the_request_is_named_by_its_header():
    assert source("sentry").delivery_id(delivery(EVENT_ALERT, request_id="8b7c")) == "8b7c"
    assert source("sentry").delivery_id(delivery(EVENT_ALERT)) == ""
    assert source("sentry").has_time is False


BODY = '{"data": "Überlast"}'.encode()


def signature(secret, body=BODY):
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_signatures():
    sentry = source("sentry")

    for secret in ("new", "old"):
        sentry.verify(delivery(BODY, sentry_hook_signature=signature(secret)), ["new", "old"])
    sentry.verify(delivery(BODY), [])
    for header in ("", signature("other"), signature("new", b"{}"), "é", signature("")):
        with pytest.raises(BadSignature):
            sentry.verify(delivery(BODY, sentry_hook_signature=header), ["new", "old"])
