import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from incidents.models import IncidentStatus
from tests.factories.accounts import member_factory
from tests.factories.incidents import FIRST, AlertFactory, IncidentFactory, ServiceFactory

pytestmark = pytest.mark.django_db
INCIDENTS = "/api/incidents"


def titles(client, **query):
    body = client.get(INCIDENTS, query).json()
    return [incident["alert"]["title"] for incident in body["incidents"]]


def test_an_incident_has_the_shape_of_the_document(client_of):
    viewer = member_factory(role="viewer")
    organization = viewer.organization
    web, database = (ServiceFactory(organization=organization, name=name) for name in ("web", "database"))
    incident = IncidentFactory(
        organization=organization,
        title="High CPU usage",
        service=web,
        severity="critical",
        summary="Looking into it.",
        source_type="grafana",
        source_alert_id="12345",
        source_url="https://grafana.example.org/a",
        started_at=FIRST,
    )
    AlertFactory(incident=incident, service=web)
    AlertFactory(incident=incident, service=database)
    AlertFactory(incident=incident, service=database)
    AlertFactory(incident=incident, service=None)

    body = client_of(viewer).get(INCIDENTS).json()

    assert body["total"] == 1
    shown = body["incidents"][0]
    assert {key: shown[key] for key in sorted(shown) if key not in ("createdAt", "updatedAt")} == {
        "id": str(incident.pk),
        "sourceType": "grafana",
        "sourceAlertId": "12345",
        "status": "investigating",
        "severity": "critical",
        "alert": {
            "title": "High CPU usage",
            "service": "web",
            "source": "grafana",
            "sourceUrl": "https://grafana.example.org/a",
        },
        "auroraStatus": "idle",
        "summary": "Looking into it.",
        "activeTab": "thoughts",
        "assignee": None,
        "mergedIntoIncidentId": None,
        "startedAt": "2026-01-06T09:00:00Z",
        "acknowledgedAt": None,
        "resolvedAt": None,
        "correlatedAlertCount": 3,
        "affectedServices": ["database", "web"],
    }


def test_an_incident_without_alerts_or_service_affects_none(client_of):
    viewer = member_factory()
    IncidentFactory(organization=viewer.organization)

    shown = client_of(viewer).get(INCIDENTS).json()["incidents"][0]

    assert shown["alert"]["service"] == "unknown"
    assert (shown["correlatedAlertCount"], shown["affectedServices"]) == (0, [])


def test_all_but_merged_are_listed_newest_first(client_of):
    viewer = member_factory()
    organization = viewer.organization
    first = IncidentFactory(organization=organization, title="first")
    IncidentFactory(organization=organization, title="second", status=IncidentStatus.RESOLVED, resolved_at=FIRST)
    IncidentFactory(organization=organization, title="merged", status=IncidentStatus.MERGED, merged_into=first)
    IncidentFactory(title="elsewhere")
    client = client_of(viewer)

    assert titles(client) == ["second", "first"]
    assert titles(client, status="") == ["second", "first"]
    assert titles(client, status="merged") == ["merged"]
    assert titles(client, status="resolved") == ["second"]
    assert titles(client, status="analyzed") == []


def test_filters_are_joined(client_of):
    viewer = member_factory()
    organization = viewer.organization
    web = ServiceFactory(organization=organization, name="web")
    IncidentFactory(organization=organization, title="Disk full", service=web, severity="low")
    IncidentFactory(organization=organization, title="Slow answers", service=web, summary="The disk is slow.")
    IncidentFactory(organization=organization, title="Queue grows")
    client = client_of(viewer)

    assert titles(client, service="web") == ["Slow answers", "Disk full"]
    assert titles(client, service="unknown") == ["Queue grows"]
    assert titles(client, text="DISK") == ["Slow answers", "Disk full"]
    assert titles(client, text="disk", severity="low") == ["Disk full"]
    assert titles(client, text="web") == ["Slow answers", "Disk full"]
    assert titles(client, severity="critical") == []


def test_pages_and_the_total(client_of):
    viewer = member_factory()
    for number in range(3):
        IncidentFactory(organization=viewer.organization, title=str(number))
    client = client_of(viewer)

    body = client.get(INCIDENTS, {"limit": 1, "offset": 1}).json()

    assert [incident["alert"]["title"] for incident in body["incidents"]] == ["1"]
    assert body["total"] == 3


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"status": "closed"}, "Allowed values: investigating, analyzed, merged, resolved."),
        ({"severity": "bad"}, "Allowed values: critical, high, medium, low, info, unknown."),
        ({"text": "a\x00b"}, "Null characters are not allowed."),
        ({"limit": "101"}, "Give a whole number from 1 to 100."),
    ],
)
def test_a_filter_that_is_wrong_says_what_is_allowed(client_of, query, says):
    answer = client_of(member_factory()).get(INCIDENTS, query)

    assert answer.status_code == 400
    assert answer.json()["fields"] == {next(iter(query)): [says]}


def test_a_stranger_is_refused():
    incident = IncidentFactory()

    for path in ("", f"/{incident.pk}", f"/{incident.pk}/alerts", f"/{incident.pk}/timeline"):
        assert APIClient().get(f"{INCIDENTS}{path}").status_code == 401


def test_a_longer_list_takes_no_more_queries(client_of):
    viewer = member_factory()
    client = client_of(viewer)

    def fill():
        service = ServiceFactory(organization=viewer.organization)
        incident = IncidentFactory(organization=viewer.organization, service=service)
        AlertFactory.create_batch(3, incident=incident, service=service)

    fill()
    client.get(INCIDENTS)
    with CaptureQueriesContext(connection) as few:
        assert client.get(INCIDENTS).json()["total"] == 1
    for _ in range(19):
        fill()
    with CaptureQueriesContext(connection) as many:
        assert client.get(INCIDENTS).json()["total"] == 20

    assert len(many) == len(few)
