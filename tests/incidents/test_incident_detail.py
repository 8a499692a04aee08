"""One incident in full, its alerts and its timeline."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.models import IncidentFeedback, Responder
from tests.factories.accounts import member_factory
from tests.factories.incidents import (
    FIRST,
    AlertFactory,
    CorrelationFactory,
    IncidentFactory,
    RunbookLinkFactory,
    ServiceFactory,
    TimelineEntryFactory,
    counted,
)

pytestmark = pytest.mark.django_db


def test_an_incident_is_shown_in_full(client_of):
    viewer = member_factory(role="viewer")
    web = ServiceFactory(organization=viewer.organization, name="web")
    incident = IncidentFactory(organization=viewer.organization, title="High CPU usage")
    AlertFactory(incident=incident, payload={"value": 97, "text": "très haut"})
    joined = AlertFactory(incident=incident, title="Slow answers", service=web, severity="medium")
    counted(incident)

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


def test_each_alert_says_why_it_is_here(client_of):
    viewer = member_factory()
    incident, other = IncidentFactory.create_batch(2, organization=viewer.organization)
    opening = AlertFactory(incident=incident, payload={"opens": True}, received_at=FIRST + timedelta(days=1))
    joined = AlertFactory(incident=incident, received_at=FIRST)
    CorrelationFactory(alert=opening, incident=incident)
    parts = [
        {"name": "time", "value": 0.9, "weight": 2, "reason": "30 s apart"},
        {"name": "service", "value": None, "weight": 3, "reason": ""},
        {"name": "words", "value": 1, "weight": 1, "reason": "the same title"},
    ]
    decided = {"strategy": "correlated", "score": 0.8, "threshold": 0.6, "parts": parts}
    CorrelationFactory(alert=joined, incident=incident, at=FIRST, strategy="refired")
    CorrelationFactory(alert=joined, incident=incident, at=FIRST + timedelta(hours=1), **decided)
    # It was elsewhere in between.
    CorrelationFactory(alert=joined, incident=other, at=FIRST + timedelta(hours=2), strategy="manual")
    client = client_of(viewer)

    shown = client.get(f"/api/incidents/{incident.pk}").json()["incident"]
    listed = client.get(f"/api/incidents/{incident.pk}/alerts").json()["alerts"]

    assert json.loads(shown["alert"]["rawPayload"]) == {"opens": True}
    (correlated,) = shown["correlatedAlerts"]
    assert correlated["id"] == str(joined.pk)
    assert (correlated["correlationStrategy"], correlated["correlationScore"]) == ("correlated", 0.8)
    assert correlated["correlationDetails"] == {
        "reason": "30 s apart; the same title",
        "threshold": 0.6,
        "parts": parts,
    }
    assert [(alert["id"], alert["correlation"]["strategy"], alert["count"]) for alert in listed] == [
        (str(joined.pk), "correlated", 1),
        (str(opening.pk), "opened", 1),
    ]


def test_more_alerts_take_no_more_queries(client_of):
    viewer = member_factory()
    incident = IncidentFactory(organization=viewer.organization)
    client = client_of(viewer)

    def taken():
        counts = []
        for path in ("", "/alerts", "/timeline", "/notes", "/responders", "/feedback", "/runbooks"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"/api/incidents/{incident.pk}{path}").status_code == 200
            counts.append(len(queries))
        return counts

    def fill():
        alert = AlertFactory(incident=incident, service=ServiceFactory(organization=viewer.organization))
        CorrelationFactory(alert=alert, incident=incident)
        TimelineEntryFactory(incident=incident, kind="incident.note")
        user = member_factory(organization=viewer.organization).user
        Responder.objects.create(incident=incident, user=user, added_at=FIRST)
        IncidentFeedback.objects.create(incident=incident, user=user, is_helpful=True, at=FIRST)
        RunbookLinkFactory(organization=viewer.organization)
        counted(incident)

    fill()
    client.get("/api/incidents")
    few = taken()
    for _ in range(10):
        fill()
    assert taken() == few


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
    assert [entry["seq"] for entry in body["timeline"]] == [first.seq, second.seq]
    after = client_of(viewer).get(f"/api/incidents/{incident.pk}/timeline", {"after": first.seq}).json()
    assert [entry["id"] for entry in after["timeline"]] == [str(second.pk)]
    assert {key: body["timeline"][0][key] for key in ("kind", "text", "actorId", "data")} == {
        "kind": "incident.created",
        "text": "Reported.",
        "actorId": "user_a",
        "data": {"severity": "high"},
    }
