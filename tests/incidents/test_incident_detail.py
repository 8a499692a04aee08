import json

import pytest

from tests.factories.accounts import member_factory
from tests.factories.incidents import AlertFactory, IncidentFactory, ServiceFactory, TimelineEntryFactory

pytestmark = pytest.mark.django_db


def test_an_incident_is_shown_in_full(client_of):
    viewer = member_factory(role="viewer")
    web = ServiceFactory(organization=viewer.organization, name="web")
    incident = IncidentFactory(organization=viewer.organization, title="High CPU usage")
    AlertFactory(incident=incident, payload={"value": 97, "text": "très haut"})
    joined = AlertFactory(incident=incident, title="Slow answers", service=web, severity="medium")

    answer = client_of(viewer).get(f"/api/incidents/{incident.pk}")

    assert answer.status_code == 200
    shown = answer.json()["incident"]
    assert shown["id"] == str(incident.pk)
    assert shown["alert"]["title"] == "High CPU usage"
    assert json.loads(shown["alert"]["rawPayload"]) == {"value": 97, "text": "très haut"}
    assert shown["alert"]["triggeredAt"] == "2026-01-06T09:00:00Z"
    for key in ("suggestions", "streamingThoughts", "citations", "chatSessions"):
        assert shown[key] == []
    assert shown["correlatedAlertCount"] == 1
    assert len(shown["correlatedAlerts"]) == 1
    correlated = shown["correlatedAlerts"][0]
    assert correlated["id"] == str(joined.pk)
    assert (correlated["alertTitle"], correlated["alertService"], correlated["alertSeverity"]) == (
        "Slow answers",
        "web",
        "medium",
    )


def test_an_incident_without_alerts_has_an_empty_payload(client_of):
    viewer = member_factory()
    incident = IncidentFactory(organization=viewer.organization)

    shown = client_of(viewer).get(f"/api/incidents/{incident.pk}/").json()["incident"]

    assert shown["alert"]["rawPayload"] == "{}"
    assert shown["correlatedAlerts"] == []


@pytest.mark.parametrize("path", ["", "/alerts", "/timeline"])
def test_an_incident_of_another_organisation_is_not_found(client_of, path):
    client = client_of(member_factory(role="admin"))

    assert client.get(f"/api/incidents/{IncidentFactory().pk}{path}").status_code == 404


def test_alerts_are_listed_in_order_of_arrival(client_of):
    viewer = member_factory()
    incident = IncidentFactory(organization=viewer.organization)
    first = AlertFactory(incident=incident, labels={"job": "web"}, status="resolved")
    second = AlertFactory(incident=incident)
    AlertFactory(incident=IncidentFactory(organization=viewer.organization))

    body = client_of(viewer).get(f"/api/incidents/{incident.pk}/alerts").json()

    assert body["total"] == 2
    assert [alert["id"] for alert in body["alerts"]] == [str(first.pk), str(second.pk)]
    assert [alert["status"] for alert in body["alerts"]] == ["resolved", "firing"]
    assert body["alerts"][0]["labels"] == {"job": "web"}
    assert body["alerts"][0]["service"] == "unknown"


def test_the_timeline_is_told_from_the_beginning(client_of):
    viewer = member_factory()
    incident = IncidentFactory(organization=viewer.organization)
    first = TimelineEntryFactory(incident=incident, text="Reported.", actor_id="user_a", data={"severity": "high"})
    second = TimelineEntryFactory(incident=incident, kind="incident.updated")

    body = client_of(viewer).get(f"/api/incidents/{incident.pk}/timeline").json()

    assert body["total"] == 2
    assert [entry["id"] for entry in body["timeline"]] == [str(first.pk), str(second.pk)]
    assert {key: body["timeline"][0][key] for key in ("kind", "text", "actorId", "data")} == {
        "kind": "incident.created",
        "text": "Reported.",
        "actorId": "user_a",
        "data": {"severity": "high"},
    }
