"""From deliveries to alerts and incidents."""

from datetime import timedelta

import pytest

from audit.models import Record
from incidents.models import Alert, Incident, TimelineEntry
from tests.factories.accounts import organization_factory
from tests.incidents.engine import START, said, sender, told

pytestmark = pytest.mark.django_db


def kinds(incident):
    return list(TimelineEntry.objects.filter(incident=incident).values_list("kind", flat=True))


def test_an_alert_opens_an_incident():
    integration = sender(organization_factory())

    delivery = told(integration, said(severity="critical", labels={"host": "db-1"}))

    assert (delivery.state, delivery.alert_count, delivery.reason) == ("processed", 1, "")
    alert = Alert.objects.get()
    assert (alert.title, alert.severity, alert.service.name, alert.status) == (
        "disk is full",
        "critical",
        "disk",
        "firing",
    )
    assert (alert.count, alert.started_at, alert.ended_at) == (1, START, None)
    assert alert.labels["host"] == "db-1"
    incident = Incident.objects.get()
    assert alert.incident == incident
    assert (incident.number, incident.title, incident.severity) == (1, "disk is full", "critical")
    assert (incident.status, incident.source_type, incident.source_alert_id) == ("investigating", "generic", "disk")
    assert (incident.alert_count, incident.firing_count, incident.started_at) == (1, 1, START)
    assert [service.name for service in incident.services.all()] == ["disk"]
    entry = TimelineEntry.objects.get()
    assert (entry.kind, entry.actor_id, entry.data["alert"]["id"]) == ("incident.opened", "", str(alert.pk))
    assert Record.objects.get(event="incidents.incident_opened").subject_id == str(incident.pk)


def test_the_end_of_the_last_alert_resolves_the_incident():
    integration = sender(organization_factory())
    told(integration, said())

    told(integration, said("resolved", 5))

    alert, incident = Alert.objects.get(), Incident.objects.get()
    assert (alert.status, alert.ended_at, alert.open_key) == ("resolved", START + timedelta(minutes=5), None)
    assert (incident.status, incident.resolved_at) == ("resolved", START + timedelta(minutes=5))
    assert (incident.alert_count, incident.firing_count) == (1, 0)
    assert kinds(incident) == ["incident.opened", "alert.resolved", "incident.resolved"]
    assert Record.objects.filter(event="incidents.incident_resolved").count() == 1
