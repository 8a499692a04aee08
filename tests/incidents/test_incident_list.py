from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from incidents.models import IncidentStatus
from tests.factories.accounts import member_factory
from tests.factories.incidents import FIRST, AlertFactory, IncidentFactory, ServiceFactory, counted

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
    AlertFactory(incident=incident, service=web, severity="critical")
    AlertFactory(incident=incident, service=database)
    AlertFactory(incident=incident, service=database)
    AlertFactory(incident=incident, service=None, status="resolved")
    counted(incident)

    body = client_of(viewer).get(INCIDENTS).json()

    assert body["total"] == 1
    shown = body["incidents"][0]
    assert {key: shown[key] for key in sorted(shown) if key not in ("createdAt", "updatedAt")} == {
        "id": str(incident.pk),
        "number": incident.number,
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
        "acknowledgedBy": None,
        "snoozedUntil": None,
        "resolvedAt": None,
        "resolvedBy": None,
        "alertCount": 4,
        "firingCount": 3,
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


def test_a_service_is_found_by_what_its_alerts_affect(client_of):
    viewer = member_factory()
    organization = viewer.organization
    web, database = (ServiceFactory(organization=organization, name=name) for name in ("web", "database"))
    incident = IncidentFactory(organization=organization, title="Slow", service=web)
    AlertFactory.create_batch(2, incident=incident, service=database)
    counted(incident)
    ServiceFactory(name="database")

    assert titles(client_of(viewer), service="database") == ["Slow"]
    assert titles(client_of(viewer), service="other") == []


def test_sources_and_times_are_filters(client_of):
    viewer = member_factory()
    for hour, source in enumerate(("grafana", "sentry", "grafana")):
        IncidentFactory(
            organization=viewer.organization,
            title=str(hour),
            source_type=source,
            started_at=FIRST + timedelta(hours=hour),
        )
    client = client_of(viewer)

    assert titles(client, source="grafana") == ["2", "0"]
    assert titles(client, since="2026-01-06T10:00:00Z") == ["2", "1"]
    assert titles(client, until="2026-01-06T10:00:00Z") == ["1", "0"]
    assert titles(client, **{"from": "2026-01-06T12:00:00+02:00", "to": "2026-01-06T10:30:00Z"}) == ["1"]


def test_a_cursor_shows_each_once_although_new_ones_come(client_of):
    viewer = member_factory()
    # Two of the same moment lie on the edge of a page.
    for number, hour in enumerate((0, 1, 1, 2)):
        IncidentFactory(organization=viewer.organization, title=str(number), started_at=FIRST + timedelta(hours=hour))
    client = client_of(viewer)

    first = client.get(INCIDENTS, {"limit": 2}).json()
    IncidentFactory(organization=viewer.organization, title="new", started_at=FIRST + timedelta(hours=9))
    second = client.get(INCIDENTS, {"limit": 2, "cursor": first["next_cursor"]}).json()

    shown = [each["alert"]["title"] for page in (first, second) for each in page["incidents"]]
    assert sorted(shown) == ["0", "1", "2", "3"]
    assert (first["total"], second["total"], second["next_cursor"]) == (4, 5, None)


@pytest.mark.parametrize("cursor", ["x", "eA", "MjAyNi0wMS0wNlQwOTowMDowMCBhYmM", "é", "a" * 5000])
def test_a_cursor_that_is_none_is_refused(client_of, cursor):
    answer = client_of(member_factory()).get(INCIDENTS, {"cursor": cursor})

    assert answer.status_code == 400
    assert answer.json()["fields"] == {"cursor": ["Give next_cursor of an earlier answer as it was."]}


def test_a_cursor_and_an_offset_are_one_too_many(client_of):
    viewer = member_factory()
    IncidentFactory.create_batch(2, organization=viewer.organization)
    client = client_of(viewer)
    cursor = client.get(INCIDENTS, {"limit": 1}).json()["next_cursor"]

    assert client.get(INCIDENTS, {"cursor": cursor, "offset": 1}).status_code == 400


def test_the_list_is_the_same_below_v1(client_of):
    viewer = member_factory()
    IncidentFactory(organization=viewer.organization)
    client = client_of(viewer)

    assert client.get("/api/v1/incidents").json() == client.get(INCIDENTS).json()


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
        ({"status": "closed"}, "Allowed values: open, investigating, analyzed, merged, resolved."),
        ({"severity": "bad"}, "Allowed values: critical, high, medium, low, info, unknown."),
        ({"text": "a\x00b"}, "Null characters are not allowed."),
        (
            {"since": "yesterday"},
            "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].",
        ),
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
        counted(incident)

    fill()
    client.get(INCIDENTS)
    with CaptureQueriesContext(connection) as few:
        assert client.get(INCIDENTS).json()["total"] == 1
    for _ in range(19):
        fill()
    with CaptureQueriesContext(connection) as many:
        assert client.get(INCIDENTS).json()["total"] == 20

    assert len(many) == len(few)


def test_open_is_what_nobody_resolved_or_merged(client_of):
    viewer = member_factory(role="viewer")
    target = IncidentFactory(organization=viewer.organization, number=1)
    IncidentFactory(organization=viewer.organization, number=2, status="analyzed")
    IncidentFactory(organization=viewer.organization, number=3, status="resolved", resolved_at=FIRST)
    IncidentFactory(organization=viewer.organization, number=4, status="merged", merged_into=target)

    listed = client_of(viewer).get("/api/incidents?status=open").json()

    assert sorted(one["number"] for one in listed["incidents"]) == [1, 2]
