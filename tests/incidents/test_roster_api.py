"""Rosters, who is on call, and runbooks by REST; and how fast incidents are answered."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from incidents.models import Roster, RunbookLink, Shift
from tests.factories.accounts import member_factory
from tests.factories.incidents import (
    IncidentFactory,
    RosterFactory,
    RunbookLinkFactory,
    ServiceFactory,
    ShiftFactory,
)

pytestmark = pytest.mark.django_db
ROSTERS, RUNBOOKS = "/api/v1/rosters", "/api/v1/runbooks"
NOW = timezone.now().replace(microsecond=0)
HOUR = timedelta(hours=1)


@pytest.fixture
def editor():
    return member_factory(role="editor", name="Ed Itor")


@pytest.fixture
def client(client_of, editor):
    return client_of(editor)


def test_a_roster_from_its_beginning_to_its_end(client, editor):
    web = ServiceFactory(organization=editor.organization, name="web")

    made = client.post(ROSTERS, {"name": "Web", "service_id": str(web.pk)}, format="json")
    url = f"{ROSTERS}/{made.json()['id']}"
    times = {"starts_at": (NOW - HOUR).isoformat(), "ends_at": (NOW + HOUR).isoformat()}
    shift = client.post(f"{url}/shifts", {"user_id": editor.user_id, **times}, format="json")
    person = {"user_id": editor.user_id, "name": "Ed Itor", "email": editor.user.email}

    assert (made.status_code, shift.status_code) == (201, 201)
    shown = {"id": made.json()["id"], "name": "Web", "service_id": str(web.pk), "service": "web", "on_call": [person]}
    assert client.get(url).json() == shown
    assert client.get(ROSTERS).json() == {"rosters": [shown], "total": 1}
    assert client.get("/api/v1/on-call", {"service": "web"}).json() == {"on_call": [person]}
    assert client.get("/api/v1/on-call").json() == {"on_call": []}
    assert client.get("/api/v1/on-call", {"service": "nothing"}).status_code == 404
    assert client.get("/api/v1/on-call?service=not%00hing").status_code == 404
    assert client.get(f"{url}/shifts").json() == {"shifts": [shift.json()], "total": 1}
    assert client.delete(f"{url}/shifts/{shift.json()['id']}").status_code == 204
    assert client.delete(url).status_code == 204
    assert not Roster.objects.exists()


def test_who_left_the_organisation_is_shown_nowhere_as_on_call(client, editor):
    roster, left = RosterFactory(organization=editor.organization), member_factory(editor.organization)
    ShiftFactory(roster=roster, user=left.user, starts_at=NOW - HOUR, ends_at=NOW + HOUR)
    assert [one["user_id"] for one in client.get(f"{ROSTERS}/{roster.pk}").json()["on_call"]] == [left.user_id]

    left.delete()

    assert client.get(f"{ROSTERS}/{roster.pk}").json()["on_call"] == []


def test_a_calendar_is_imported(client, editor):
    roster = RosterFactory(organization=editor.organization)
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{name}\r\nSUMMARY:{name}\r\nDTSTART:{NOW:%Y%m%dT%H%M%SZ}\r\nDURATION:PT8H\r\n"
        "RRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT\r\n"
        for name in ("Ed Itor", "Nobody")
    )
    calendar = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\n{events}END:VCALENDAR\r\n"

    answer = client.post(f"{ROSTERS}/{roster.pk}/import", {"calendar": calendar}, format="json")
    wrong = client.post(f"{ROSTERS}/{roster.pk}/import", {"calendar": "Hello"}, format="json")

    problems = ["Nobody: no one member has this address or name."]
    assert answer.json() == {"added": 3, "removed": 0, "problems": problems}
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["calendar"])
    assert roster.shifts.count() == 3


def test_runbooks_are_linked(client, editor):
    body = {"title": "Web", "url": "https://runbooks.example.org/web", "title_contains": "slow"}
    made = client.post(RUNBOOKS, body, format="json")
    wrong = client.post(RUNBOOKS, {**body, "url": "javascript:alert(1)"}, format="json")

    assert (made.status_code, wrong.status_code, list(wrong.json()["fields"])) == (201, 400, ["url"])
    assert client.get(RUNBOOKS).json() == {"runbooks": [made.json()], "total": 1}
    assert client.delete(f"{RUNBOOKS}/{made.json()['id']}").status_code == 204
    assert not RunbookLink.objects.exists()


def test_who_may_not_changes_nothing(client_of, editor):
    shift = ShiftFactory(roster=RosterFactory(organization=editor.organization))
    runbook = RunbookLinkFactory(organization=editor.organization)
    roster = f"{ROSTERS}/{shift.roster_id}"
    times = {"starts_at": NOW.isoformat(), "ends_at": (NOW + HOUR).isoformat()}
    viewer = client_of(member_factory(organization=editor.organization, role="viewer"))
    elsewhere = client_of(member_factory(role="admin"))

    for method, url, body in (
        ("post", f"{roster}/shifts", {"user_id": editor.user_id, **times}),
        ("post", f"{roster}/import", {"calendar": "x"}),
        ("delete", f"{roster}/shifts/{shift.pk}", None),
        ("delete", roster, None),
        ("delete", f"{RUNBOOKS}/{runbook.pk}", None),
    ):
        clients = (viewer, elsewhere, APIClient())
        answers = [getattr(each, method)(url, body, format="json").status_code for each in clients]
        assert answers == [403, 404, 401], url
    assert viewer.post(ROSTERS, {"name": "x"}, format="json").status_code == 403
    assert viewer.post(RUNBOOKS, {"title": "x", "url": "https://x.org"}, format="json").status_code == 403
    assert elsewhere.get(roster).status_code == 404
    assert elsewhere.get(ROSTERS).json()["total"] == elsewhere.get(RUNBOOKS).json()["total"] == 0
    assert (Roster.objects.count(), Shift.objects.count(), RunbookLink.objects.count()) == (1, 1, 1)


def test_more_rosters_take_no_more_queries(client, editor):
    def taken():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(ROSTERS).status_code == 200
        return len(queries)

    def fill():
        ShiftFactory(
            roster=RosterFactory(
                organization=editor.organization, service=ServiceFactory(organization=editor.organization)
            ),
            starts_at=NOW - HOUR,
            ends_at=NOW + HOUR,
        )

    fill()
    client.get(ROSTERS)
    few = taken()
    for _ in range(5):
        fill()
    assert taken() == few


def test_how_fast_incidents_are_answered(client, editor):
    organization = editor.organization
    began = NOW - timedelta(days=1)
    for minutes, severity in ((10, "critical"), (20, "critical"), (60, "low")):
        IncidentFactory(
            organization=organization,
            severity=severity,
            started_at=began,
            acknowledged_at=began + timedelta(minutes=minutes),
            status="resolved",
            resolved_at=began + timedelta(hours=minutes),
        )
    open_one = IncidentFactory(organization=organization, severity="low", started_at=began)
    IncidentFactory(organization=organization, started_at=began, status="merged", merged_into=open_one)
    IncidentFactory(organization=organization, started_at=NOW - timedelta(days=40))
    IncidentFactory(started_at=began)

    figures = client.get("/api/v1/incidents/metrics", {"days": 7}).json()

    assert (figures["days"], figures["total"], figures["complete"]) == (7, 4, True)
    assert figures["mtta"] == {"count": 3, "mean_seconds": 1800.0, "median_seconds": 1200.0}
    assert figures["mttr"] == {"count": 3, "mean_seconds": 108000.0, "median_seconds": 72000.0}
    assert figures["by_severity"]["critical"] == {
        "total": 2,
        "mtta": {"count": 2, "mean_seconds": 900.0, "median_seconds": 900.0},
        "mttr": {"count": 2, "mean_seconds": 54000.0, "median_seconds": 54000.0},
    }
    assert figures["by_severity"]["info"]["mtta"] == {"count": 0, "mean_seconds": None, "median_seconds": None}
    assert len(figures["per_day"]) == 8
    by_day = {day["date"]: day["opened"] for day in figures["per_day"]}
    assert by_day[str(began.date())] == 4
    assert sum(by_day.values()) == 4


def test_figures_are_of_a_sensible_time(client):
    for days in ("0", "367", "x"):
        assert client.get("/api/v1/incidents/metrics", {"days": days}).status_code == 400
