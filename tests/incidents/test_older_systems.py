"""Mistakes of older systems with what vendors send, each through the real address and the whole of intake."""

import json

import pytest
from django.test import Client

from incidents.models import Alert, Delivery, Incident
from incidents.processing import deliveries_process
from incidents.services.incidents import incident_update
from incidents.services.integrations import integration_address
from tests.factories.accounts import organization_factory
from tests.incidents.engine import said, sender

pytestmark = pytest.mark.django_db


class Vendor:
    """A monitoring system that sends to an integration of its own, or of somebody's."""

    def __init__(self, source, organization=None, name="vendor"):
        self.integration = sender(organization or organization_factory(), source, name=name)

    def sends(self, body, **headers):
        path = "/" + integration_address(self.integration).split("/", 3)[3]
        answer = Client().post(path, json.dumps(body), content_type="application/json", headers=headers)
        assert answer.status_code == 202
        deliveries_process(self.integration.organization_id)
        return Delivery.objects.get(pk=answer.json()["delivery_id"])


def group(*alerts, version="4"):
    """A group of Alertmanager or Grafana; an alert is (status, name, start, end) with times of that day."""
    return {
        "version": version,
        "status": "firing" if any(alert[0] == "firing" for alert in alerts) else "resolved",
        "alerts": [
            {
                "status": status,
                "labels": {"alertname": name, "service": name},
                "annotations": {},
                "startsAt": f"2026-03-02T{start}:00Z",
                "endsAt": f"2026-03-02T{end}:00Z" if end else "0001-01-01T00:00:00Z",
                "fingerprint": name,
            }
            for status, name, start, end in alerts
        ],
    }


def pagerduty(kind, at):
    return {
        "event": {
            "id": f"event-{kind}-{at}",
            "event_type": f"incident.{kind}",
            "resource_type": "incident",
            "occurred_at": f"2026-03-02T{at}:00Z",
            "data": {
                "id": "PGR0VU2",
                "type": "incident",
                "title": "Checkout is failing",
                "status": kind,
                "urgency": "high",
                "created_at": "2026-03-02T10:00:00Z",
                "service": {"summary": "checkout"},
                "html_url": "https://example.pagerduty.com/incidents/PGR0VU2",
            },
        }
    }


def states():
    rows = Alert.objects.order_by("title", "started_at")
    return [(row.status, row.count, row.incident.status) for row in rows]


@pytest.mark.parametrize("source", ["alertmanager", "grafana"])
def test_firing_again_reopens_and_does_not_stay_resolved(source):
    vendor = Vendor(source)
    version = "4" if source == "alertmanager" else "1"
    vendor.sends(group(("firing", "disk", "10:00", None), version=version))
    vendor.sends(group(("resolved", "disk", "10:00", "10:05"), version=version))
    assert states() == [("resolved", 1, "resolved")]

    vendor.sends(group(("firing", "disk", "10:08", None), version=version))
    assert states() == [("firing", 2, "investigating")]


def test_in_a_group_each_alert_has_its_own_state():
    vendor = Vendor("alertmanager")
    vendor.sends(group(("firing", "a", "10:00", None), ("firing", "b", "10:00", None)))
    vendor.sends(group(("resolved", "a", "10:00", "10:05"), ("firing", "b", "10:00", None)))
    assert [row[0] for row in states()] == ["resolved", "firing"]


def test_two_alertmanagers_of_a_cluster_speak_of_the_same_alerts():
    organization = organization_factory()
    first, second = (Vendor("alertmanager", organization, name=name) for name in ("am-0", "am-1"))
    for vendor in (first, second):
        vendor.sends(group(("firing", "disk", "10:00", None)))
    assert states() == [("firing", 2, "investigating")]
    for vendor in (second, first):
        vendor.sends(group(("resolved", "disk", "10:00", "10:05")))
    assert states() == [("resolved", 2, "resolved")]
    # What one of them was late to send doesn't open it again.
    second.sends(group(("firing", "disk", "10:00", None), ("firing", "disk", "10:01", None)))
    assert [row[::2] for row in states()] == [("resolved", "resolved")]


def test_acknowledged_elsewhere_changes_no_state():
    vendor = Vendor("pagerduty")
    vendor.sends(pagerduty("triggered", "10:00"))
    incident = Incident.objects.get()
    incident_update(
        organization_id=incident.organization_id, actor_id="user_x", incident_id=incident.pk, status="analyzed"
    )

    delivery = vendor.sends(pagerduty("acknowledged", "10:02"))

    assert delivery.state == "ignored"
    assert delivery.reason
    assert states() == [("firing", 1, "analyzed")]
    vendor.sends(pagerduty("resolved", "10:05"))
    assert states() == [("resolved", 1, "resolved")]


def test_a_delivery_sent_again_is_no_second_incident():
    for source, body in (("pagerduty", pagerduty("triggered", "10:00")), ("generic", said())):
        vendor = Vendor(source, name=source)
        first, again = vendor.sends(body), vendor.sends(body)
        assert (again.pk, again.duplicates) == (first.pk, 1)
    assert Incident.objects.count() == 2


def test_alerts_of_unknown_services_are_not_one_for_that():
    vendor = Vendor("generic")
    for name in ("certificate expires", "queue is long", "login fails"):
        vendor.sends(said(id=name, title=name, service="unknown"))
    assert Incident.objects.count() == 3
    assert {incident.service for incident in Incident.objects.all()} == {None}


def test_recoveries_open_nothing():
    vendor = Vendor("generic")
    for word in ("resolved", "ok", "recovered", "clear", "closed"):
        vendor.sends(said(word, id=word))
    assert (Alert.objects.count(), Incident.objects.count()) == (0, 0)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"processed"}
