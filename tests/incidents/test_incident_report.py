"""An incident that a person reports."""

import pytest
from rest_framework.test import APIClient

from audit.models import Record
from incidents.models import Incident, Service, TimelineEntry
from tests.factories.accounts import member_factory
from tests.factories.incidents import ServiceFactory

pytestmark = pytest.mark.django_db
INCIDENTS = "/api/incidents"


def test_an_editor_reports_an_incident(client_of):
    editor = member_factory(role="editor")
    web = ServiceFactory(organization=editor.organization, name="web")
    body = {"title": "Checkout is down", "service": "web", "severity": "critical", "summary": "Cards are refused."}

    answer = client_of(editor).post(INCIDENTS, body, format="json")

    assert answer.status_code == 201
    incident = Incident.objects.get()
    assert answer.json()["id"] == answer.json()["incident"]["id"] == str(incident.pk)
    assert answer.json()["incident"]["sourceType"] == "manual"
    assert (incident.organization, incident.title, incident.service) == (editor.organization, "Checkout is down", web)
    assert (incident.status, incident.aurora_status, incident.severity) == ("investigating", "idle", "critical")
    assert incident.summary == "Cards are refused."
    entry = TimelineEntry.objects.get()
    assert (entry.incident, entry.kind, entry.actor_id) == (incident, "incident.created", editor.user_id)
    record = Record.objects.get(event="incidents.incident_created")
    assert (record.subject_id, record.actor_id) == (str(incident.pk), editor.user_id)
    assert record.texts.get(name="summary").text == "Cards are refused."


def test_a_title_is_enough(client_of):
    answer = client_of(member_factory(role="editor")).post(INCIDENTS, {"title": "Something"}, format="json")

    assert answer.status_code == 201
    assert answer.json()["incident"]["severity"] == "unknown"
    assert answer.json()["incident"]["alert"]["service"] == "unknown"
    assert not Service.objects.exists()


def test_a_service_not_seen_before_is_added_once(client_of):
    client = client_of(member_factory(role="editor"))
    ServiceFactory(name="web")

    for _ in range(2):
        client.post(INCIDENTS, {"title": "Down", "service": "web"}, format="json")

    assert Service.objects.filter(name="web").count() == 2
    assert Record.objects.filter(event="incidents.service_created").count() == 1
    assert Incident.objects.values("service").distinct().count() == 1


def test_a_viewer_can_not_report(client_of):
    answer = client_of(member_factory(role="viewer")).post(INCIDENTS, {"title": "Down"}, format="json")

    assert answer.status_code == 403
    assert not Incident.objects.exists()
    assert not TimelineEntry.objects.exists()


def test_a_stranger_can_not_report():
    assert APIClient().post(INCIDENTS, {"title": "Down"}, format="json").status_code == 401
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": "  "}, "title"),
        ({"title": "nul\x00"}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"title": {"text": "x"}}, "title"),
        ({"title": "x", "service": "y" * 201}, "service"),
        ({"title": "x", "service": "nul\x00"}, "service"),
        ({"title": "x", "severity": "bad"}, "severity"),
        ({"title": "x", "severity": ["high"]}, "severity"),
        ({"title": "x", "summary": "y" * 10_001}, "summary"),
        ([], "body"),
    ],
)
def test_input_that_is_wrong_is_named(client_of, body, field):
    answer = client_of(member_factory(role="editor")).post(INCIDENTS, body, format="json")

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
    assert not Incident.objects.exists()


def test_a_key_makes_one_incident_of_a_request_sent_twice(client_of):
    editor = member_factory(role="editor")
    client = client_of(editor)
    body = {"title": "Down", "service": "web"}

    first = client.post(INCIDENTS, body, format="json", HTTP_IDEMPOTENCY_KEY="once")
    again = client.post("/api/v1/incidents", body, format="json", HTTP_IDEMPOTENCY_KEY="once")
    other = client.post(INCIDENTS, {**body, "title": "Up"}, format="json", HTTP_IDEMPOTENCY_KEY="once")
    somebody = client_of(member_factory(organization=editor.organization, role="editor"))
    theirs = somebody.post(INCIDENTS, body, format="json", HTTP_IDEMPOTENCY_KEY="once")

    assert [answer.status_code for answer in (first, again, other, theirs)] == [201, 200, 409, 201]
    assert first.json()["id"] == again.json()["id"] != theirs.json()["id"]
    assert other.json()["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert Incident.objects.count() == TimelineEntry.objects.count() == 2
