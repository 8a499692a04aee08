"""Datadog's webhook with our template, and with others."""

import json
from datetime import UTC, datetime

import pytest

from incidents.sources.base import ParsedAlert, UnreadablePayload
from incidents.sources.registry import source
from tests.incidents.sources.requests import only, parsed

BODY = {
    "alert_id": "1234",
    "scope": "host:web-1, availability-zone:us-east-1a",
    "transition": "Triggered",
    "alert_type": "error",
    "priority": "P2",
    "title": "High load on web-1",
    "event_title": "[P2] [Triggered] High load on web-1",
    "message": "system.load.1 over host:web-1 was > 4",
    "tags": "env:prod,host:web-1,monitor,service:checkout,team:b,team:a",
    "hostname": "web-1",
    "metric": "system.load.1",
    "query": "avg(last_5m):avg:system.load.1{*} by {host} > 4",
    "date": "1779285000000",
    "last_updated": "1779285000000",
    "cycle_key": "8c2b5e6f",
    "aggregation_key": "9bd4ac313a4d1e8fae2482df7b77628",
    "link": "https://app.datadoghq.com/monitors/1234?group=host:web-1",
}
STARTED = datetime(2026, 5, 20, 13, 50, tzinfo=UTC)


def test_a_monitor_that_triggers():
    assert only("datadog", BODY) == ParsedAlert(
        title="High load on web-1",
        status="firing",
        identity=(("monitor", "1234"), ("scope", "availability-zone:us-east-1a,host:web-1")),
        severity="high",
        service="checkout",
        occurred_at=STARTED,
        labels={
            "env": "prod",
            "host": "web-1",
            "monitor": "true",
            "service": "checkout",
            "team": "a, b",
            "availability-zone": "us-east-1a",
            "hostname": "web-1",
            "metric": "system.load.1",
            "query": "avg(last_5m):avg:system.load.1{*} by {host} > 4",
        },
        annotations={"message": "system.load.1 over host:web-1 was > 4"},
        source_alert_id="1234",
        source_url="https://app.datadoghq.com/monitors/1234?group=host:web-1",
        payload=BODY,
    )


@pytest.mark.parametrize(
    ("transition", "status"),
    [
        ("Re-Triggered", "firing"),
        ("Warn", "firing"),
        ("Re-Warn", "firing"),
        ("No Data", "firing"),
        ("Re-No Data", "firing"),
        ("Renotify", "firing"),
        ("Recovered", "resolved"),
    ],
)
def test_each_transition(transition, status):
    found = only("datadog", BODY | {"transition": transition, "scope": "availability-zone:us-east-1a,host:web-1"})

    assert (found.status, found.identity) == (status, only("datadog", BODY).identity)


def test_other_groups_and_monitors_are_other_alerts():
    one = only("datadog", BODY).identity

    assert only("datadog", BODY | {"scope": "host:web-2"}).identity != one
    assert only("datadog", BODY | {"alert_id": "1235"}).identity != one
    # What has no separator can be read in two ways: ("12", "34…") isn't ("1234", …).
    assert (
        only("datadog", BODY | {"alert_id": "12", "scope": "34"}).identity
        != only("datadog", BODY | {"alert_id": "1234", "scope": ""}).identity
    )


@pytest.mark.parametrize("tags", ["env:prod", "", None, [], ["service:checkout", 7], "$TAGS", 7, ",,,", "monitor"])
def test_any_tags_do(tags):
    assert only("datadog", BODY | {"tags": tags}).status == "firing"


@pytest.mark.parametrize(
    ("values", "severity"),
    [
        ({"priority": "normal"}, "high"),
        ({"priority": "", "alert_type": "warning"}, "medium"),
        ({"priority": "$ALERT_PRIORITY", "alert_type": "$ALERT_TYPE", "transition": "Re-Warn"}, "medium"),
        ({"priority": None, "alert_type": None}, "high"),
        ({"priority": None, "alert_type": None, "transition": "No Data"}, "unknown"),
    ],
)
def test_without_a_priority_type_and_transition_say_how_bad_it_is(values, severity):
    assert only("datadog", BODY | values).severity == severity


@pytest.mark.parametrize("transition", ["Null", "Muted", "Edited"])
def test_what_is_neither_is_noted(transition):
    found = parsed("datadog", BODY | {"transition": transition})

    assert (found.alerts, found.note) == ((), f"transition {transition.lower()} is neither an alert nor a recovery.")


def test_without_our_template_the_alert_type_decides():
    other = {
        "alert_id": "7",
        "alert_title": "Slow",
        "alert_type": "warning",
        "alert_scope": "host:a",
        "tags": "app:web",
    }

    found = only("datadog", other)

    assert (found.title, found.status, found.severity, found.service) == ("Slow", "firing", "medium", "web")
    assert only("datadog", other | {"alert_type": "success"}).status == "resolved"
    assert only("datadog", other | {"alert_type": "success"}).identity == found.identity
    assert parsed("datadog", other | {"alert_type": "info"}).alerts == ()


@pytest.mark.parametrize(
    "body", [{}, {"title": "A", "event_type": "query_alert_monitor"}, {"transition": "$ALERT_TRANSITION"}]
)
def test_a_body_of_another_template_says_what_to_do(body):
    with pytest.raises(UnreadablePayload) as refused:
        parsed("datadog", body)

    assert str(refused.value) == "transition is missing: use the template of this integration as payload in Datadog."


def test_the_template_is_what_is_read():
    template = json.loads(source("datadog").template)

    assert set(template) == set(BODY)
    assert all(value.startswith("$") for value in template.values())
    assert set(json.loads(source("datadog").example(STARTED).body)) == set(template)
