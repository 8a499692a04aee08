"""Groups of alerts from Prometheus Alertmanager."""

from datetime import UTC, datetime

import pytest

from incidents.sources.base import ParsedAlert, UnreadablePayload
from tests.incidents.sources.requests import only, parsed

LABELS = {
    "alertname": "ProbeFailure",
    "instance": "https://shop.example.org",
    "job": "http_checks",
    "service": "shop",
    "severity": "critical",
}
ANNOTATIONS = {"summary": "Probe of the shop fails", "description": "It has been down for 5 minutes."}
FIRING = {
    "status": "firing",
    "labels": LABELS,
    "annotations": ANNOTATIONS,
    "startsAt": "2026-05-20T13:55:45.828739266Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus.example.org:9090/graph?g0.expr=probe_success+%3D%3D+0\u0026g0.tab=1",
    "fingerprint": "1a30ba71cca2921f",
}
RESOLVED = FIRING | {"status": "resolved", "endsAt": "2026-05-20T13:58:15+00:00"}


def group(*alerts, **values):
    return {
        "receiver": "aurora",
        "status": "firing",
        "alerts": list(alerts),
        "groupLabels": {"alertname": "ProbeFailure"},
        "commonLabels": LABELS,
        "commonAnnotations": ANNOTATIONS,
        "externalURL": "http://alertmanager.example.org:9093",
        "version": "4",
        "groupKey": '{}/{severity="critical"}:{alertname="ProbeFailure"}',
        "truncatedAlerts": 0,
        **values,
    }


def test_an_alert_that_fires():
    assert only("alertmanager", group(FIRING)) == ParsedAlert(
        title="Probe of the shop fails",
        status="firing",
        identity=tuple(sorted(LABELS.items())),
        severity="critical",
        service="shop",
        occurred_at=datetime(2026, 5, 20, 13, 55, 45, 828739, tzinfo=UTC),
        started_at=datetime(2026, 5, 20, 13, 55, 45, 828739, tzinfo=UTC),
        labels=LABELS,
        annotations=ANNOTATIONS,
        source_alert_id="1a30ba71cca2921f",
        source_url="http://prometheus.example.org:9090/graph?g0.expr=probe_success+%3D%3D+0&g0.tab=1",
        payload=FIRING,
    )


def test_a_resolved_one_ended_when_it_says():
    found = only("alertmanager", group(RESOLVED, status="resolved"))

    assert (found.status, found.occurred_at) == ("resolved", datetime(2026, 5, 20, 13, 58, 15, tzinfo=UTC))
    assert found.identity == only("alertmanager", group(FIRING)).identity
    assert found.started_at == datetime(2026, 5, 20, 13, 55, 45, 828739, tzinfo=UTC)


def test_each_alert_has_a_state_of_its_own_whatever_the_group_is_called():
    other = RESOLVED | {"labels": LABELS | {"instance": "https://blog.example.org"}}

    found = parsed("alertmanager", group(FIRING, other, status="firing"))

    assert [alert.status for alert in found.alerts] == ["firing", "resolved"]
    assert len({alert.identity for alert in found.alerts}) == 2


def test_the_time_is_that_of_the_alert_not_of_its_arrival():
    later = only("alertmanager", group(FIRING), received_at=datetime(2026, 5, 20, 18, 0, tzinfo=UTC))

    assert later == only("alertmanager", group(FIRING))


def test_the_end_of_one_that_fires_is_a_guess_of_prometheus():
    guess = FIRING | {"endsAt": "2026-05-20T14:05:00Z"}

    assert only("alertmanager", group(guess)).occurred_at == only("alertmanager", group(FIRING)).occurred_at


def test_a_changed_annotation_or_order_of_labels_is_the_same_alert():
    changed = FIRING | {
        "labels": dict(reversed(LABELS.items())),
        "annotations": {"summary": "Still down"},
        "fingerprint": "0000000000000000",
    }

    assert only("alertmanager", group(changed)).identity == only("alertmanager", group(FIRING)).identity


def test_without_labels_the_fingerprint_identifies():
    bare = {"status": "firing", "fingerprint": "1a30ba71cca2921f"}

    found = only("alertmanager", group(bare))

    assert found.identity == (("fingerprint", "1a30ba71cca2921f"),)
    assert (found.title, found.severity, found.service) == ("Alert without a title", "unknown", "")
    assert found.source_url == "http://alertmanager.example.org:9093"


def test_job_is_the_service_only_where_nothing_else_is():
    labels = {"alertname": "TargetDown", "job": "node", "severity": "page"}
    unnamed = labels | {"service": "unknown", "app": "-", "job": "node"}

    assert only("alertmanager", group(FIRING | {"labels": labels})).service == "node"
    assert only("alertmanager", group(FIRING | {"labels": unnamed})).service == "node"
    assert only("alertmanager", group(FIRING | {"labels": labels | {"app": "api"}})).service == "api"
    assert only("alertmanager", group(FIRING | {"labels": {"alertname": "TargetDown"}})).service == ""


def test_what_alertmanager_left_out_is_noted():
    found = parsed("alertmanager", group(FIRING, truncatedAlerts=12))

    assert len(found.alerts) == 1
    assert found.note == "12 alerts of this group were left out by the sender (max_alerts); they are not known here."


def test_one_that_can_not_be_read_does_not_lose_the_others():
    found = parsed("alertmanager", group({"status": "firing"}, "x", FIRING, {"status": "suppressed", "labels": LABELS}))

    assert [alert.title for alert in found.alerts] == ["Probe of the shop fails"]
    assert found.note == (
        "alerts.0: Nothing in it tells this alert from others: neither an id nor labels. alerts.1: it must be an object. "
        "alerts.3: status is suppressed, neither firing nor resolved."
    )


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "alerts is missing: this isn't a webhook of Alertmanager."),
        ({"alerts": {}}, "alerts: it must be a list."),
        ({"alerts": [None]}, "alerts.0: it must be an object."),
        (b"[]", "The body must be a JSON object."),
        (b" ", "The body is empty; it must be JSON."),
        (b"{", "The body is not JSON: Expecting property name enclosed in double quotes at character 1."),
        (b'{"alerts": "\xff"}', "The body is not JSON: it isn't UTF-8."),
        (b"[" * 100_000, "The body is nested too deeply."),
        (b"9" * 5000, "The body is not JSON that can be read: it has a number with too many digits."),
    ],
)
def test_what_can_not_be_read_says_why(body, says):
    with pytest.raises(UnreadablePayload) as refused:
        parsed("alertmanager", body)

    assert str(refused.value) == says
