"""Groups of alerts from Grafana Alerting, signed or not."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from incidents.sources.base import BadSignature, ParsedAlert, UnreadablePayload
from incidents.sources.registry import source
from tests.incidents.sources.requests import NOW, basic, delivery, only, parsed

LABELS = {"alertname": "High memory usage", "grafana_folder": "Hosts", "team": "blue", "zone": "us-1"}
ALERT = {
    "status": "firing",
    "labels": LABELS,
    "annotations": {
        "description": "The system has high memory usage",
        "runbook_url": "https://runbooks.example.org/1234",
    },
    "startsAt": "2026-05-20T11:51:03.157076+02:00",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "https://grafana.example.org/alerting/1afz29v7z/edit",
    "fingerprint": "c6eadffa33fcdf37",
    "silenceURL": "https://grafana.example.org/alerting/silence/new?alertmanager=grafana",
    "dashboardURL": "",
    "panelURL": "",
    "values": {"B": 44.23943737541908, "C": 1},
    "valueString": "[ metric='' labels={} value=14151.331895396988 ]",
}


def group(*alerts, **values):
    return {
        "receiver": "Aurora",
        "status": "firing",
        "orgId": 1,
        "alerts": list(alerts),
        "groupLabels": {},
        "commonLabels": {"team": "blue"},
        "commonAnnotations": {},
        "externalURL": "https://grafana.example.org/",
        "version": "1",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "title": "[FIRING:1]  (blue)",
        "state": "alerting",
        "message": "**Firing**",
        **values,
    }


def test_an_alert_that_fires():
    assert only("grafana", group(ALERT)) == ParsedAlert(
        title="High memory usage",
        status="firing",
        identity=tuple(sorted(LABELS.items())),
        occurred_at=datetime(2026, 5, 20, 9, 51, 3, 157076, tzinfo=UTC),
        started_at=datetime(2026, 5, 20, 9, 51, 3, 157076, tzinfo=UTC),
        labels=LABELS,
        annotations={"valueString": ALERT["valueString"], **ALERT["annotations"]},
        source_alert_id="c6eadffa33fcdf37",
        source_url="https://grafana.example.org/alerting/1afz29v7z/edit",
        payload=ALERT,
    )


def test_a_resolved_alert_in_a_firing_group():
    over = ALERT | {"status": "resolved", "endsAt": "2026-05-20T10:00:00Z"}
    found = parsed("grafana", group(over, ALERT | {"labels": LABELS | {"zone": "eu-1"}}, truncatedAlerts=3))

    assert [alert.status for alert in found.alerts] == ["resolved", "firing"]
    assert found.alerts[0].occurred_at == datetime(2026, 5, 20, 10, 0, tzinfo=UTC)
    assert found.alerts[0].identity == only("grafana", group(ALERT)).identity
    assert found.note == "3 alerts of this group were left out by the sender (max_alerts); they are not known here."


def without_data(rule, kind="DatasourceNoData", **labels):
    return ALERT | {
        "labels": {"alertname": kind, "rulename": rule, "grafana_folder": "Hosts", "severity": "high", **labels},
        "annotations": {},
    }


def test_rules_without_data_keep_their_names():
    memory = only("grafana", group(without_data("Memory", ref_id="A", datasource_uid="x1")))
    again = only("grafana", group(without_data("Memory", ref_id="A,B", datasource_uid="x1") | {"status": "resolved"}))
    disk = only("grafana", group(without_data("Disk", ref_id="A", datasource_uid="x1")))
    failing = only("grafana", group(without_data("Memory", "DatasourceError", ref_id="A", datasource_uid="x1")))

    assert (memory.title, memory.severity, failing.title) == ("Memory: no data", "high", "Memory: its query fails")
    assert again.identity == memory.identity
    assert len({memory.identity, disk.identity, failing.identity}) == 3
    assert memory.labels["ref_id"] == "A"


def test_another_body_is_refused():
    with pytest.raises(UnreadablePayload, match="this isn't a webhook of Grafana Alerting"):
        parsed("grafana", {"ruleName": "Old alerting", "state": "alerting"})


BODY = '{"alerts": [], "title": "Überlast"}'.encode()
SECONDS = str(int(NOW.timestamp()))


def signature(secret, message):
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def verify(*secrets, options=None, **headers):
    source("grafana").verify(delivery(BODY, options=options, **headers), list(secrets))


def test_the_body_is_signed():
    verify("new", "old", x_grafana_alerting_signature=signature("old", BODY))


def test_a_vector_made_elsewhere():
    """By ``openssl dgst -sha256 -hmac``, without and with a time before the body."""
    body = '{"title": "Überlast"}'.encode()
    for headers in (
        {"x_grafana_alerting_signature": "3694cbd7aa85dbdae55ec933ffbb617b5cad50da335bdb82c3eae03794e8a4bf"},
        {
            "x_grafana_alerting_signature": "b29f24cad1e96b710ebc971663fbaa3c6aa1d8e0705cf822b637ff4a628054b7",
            "x_grafana_alerting_timestamp": "1779285600",
        },
    ):
        source("grafana").verify(delivery(body, **headers), ["gehéim"])


@pytest.mark.parametrize("late", [0, 299, -299])
def test_the_time_and_the_body_are_signed(late):
    sent_at = str(int(SECONDS) - late)
    signed = signature("s", f"{sent_at}:".encode() + BODY)

    verify("s", x_grafana_alerting_signature=signed, x_grafana_alerting_timestamp=sent_at)
    verify("s", x_grafana_alerting_signature=signed, x_sent_at=sent_at, options={"timestamp_header": "X-Sent-At"})


@pytest.mark.parametrize("late", [301, -301, 86_400])
def test_what_was_signed_long_ago_is_a_replay(late):
    sent_at = str(int(SECONDS) - late)
    signed = signature("s", f"{sent_at}:".encode() + BODY)

    with pytest.raises(BadSignature, match="more than 5 minutes"):
        verify("s", x_grafana_alerting_signature=signed, x_grafana_alerting_timestamp=sent_at)
    # The same signature isn't one of the body alone, nor of another time.
    with pytest.raises(BadSignature, match="not made with"):
        verify("s", x_grafana_alerting_signature=signed)
    with pytest.raises(BadSignature, match="not made with"):
        verify("s", x_grafana_alerting_signature=signed, x_grafana_alerting_timestamp=SECONDS)


@pytest.mark.parametrize("sent_at", ["", "now", "1e9", "９", "1" * 50, "-1"])
def test_a_signed_time_must_be_one(sent_at):
    signed = signature("s", f"{sent_at}:".encode() + BODY)

    with pytest.raises(BadSignature):
        verify("s", x_grafana_alerting_signature=signed, x_grafana_alerting_timestamp=sent_at)


def test_a_password_will_do_where_nothing_is_signed():
    verify("s", authorization=basic("s"))
    verify(x_grafana_alerting_signature="anything")
    for headers in (
        {},
        {"authorization": basic("x")},
        {"authorization": basic("s"), "x_grafana_alerting_signature": "0"},
    ):
        with pytest.raises(BadSignature):
            verify("s", **headers)
