"""The pages of silences and of who is on call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from aurora_site.accounts.models import Membership, Role
from incidents.models import Roster, RunbookLink, Shift, Silence
from tests.factories.accounts import member_factory, session_of
from tests.factories.incidents import AlertFactory, IncidentFactory, ServiceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> Membership:
    return member_factory(role=Role.EDITOR)


@pytest.fixture
def browser(member: Membership) -> Client:
    return session_of(member)


def said(answer: Any) -> str:
    return str(list(get_messages(answer.wsgi_request))[-1])


def field(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")


def silence(browser: Client, **fields: Any) -> str:
    given = {
        "comment": "Known", "kind": "silence", "name": ["service", ""], "operator": ["=", "="], "value": ["search", ""],
        "ends_at": field(timezone.now() + timedelta(hours=2)), **fields,
    }  # fmt: skip
    return said(browser.post("/silences/create", given))


def test_a_silence_is_set_shown_and_ended(member: Membership, browser: Client) -> None:
    assert silence(browser).startswith("The silence is set. It matches 0 of the 0 newest")
    silence(browser, comment="Later", starts_at=field(timezone.now() + timedelta(hours=1)))
    page = browser.get("/silences")
    assert [each.silence.comment for each in page.context["now"]] == ["Known"]
    assert "silences 0 firing alerts now" in page.content.decode()
    assert [each.silence.comment for each in page.context["coming"]] == ["Later"]
    row = Silence.objects.for_organization(member.organization).get(comment="Known")
    assert row.matchers == [{"name": "service", "operator": "=", "value": "search"}]
    assert said(browser.post(f"/silences/{row.pk}/end")) == "The silence has ended."
    page = browser.get("/silences")
    assert page.context["now"] == [] and [each.silence.comment for each in page.context["past"]] == ["Known"]
    assert "firing alerts now" not in page.content.decode()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"comment": ""}, "Say why"),
        ({"ends_at": "soon"}, "Say when it ends."),
        ({"ends_at": "2026-99-99T00:00"}, "Say when it ends."),
        ({"name": [""], "operator": ["="], "value": [""]}, "this would silence everything"),
        ({"operator": ["=~", "="], "value": ["(", ""]}, "regular expression"),
        ({"operator": ["=~", "="], "value": [".*", ""]}, "this would silence everything"),
        ({"ends_at": "2099-01-01T00:00"}, "366 days at most"),
        ({"services": ["x"]}, "There is no such service."),
    ],
)
def test_bad_silences_are_refused(member: Membership, browser: Client, fields: dict[str, Any], text: str) -> None:
    assert text in silence(browser, **fields)
    assert not Silence.objects.for_organization(member.organization).exists()


def test_the_form_is_filled_from_an_alert_and_says_what_it_would_match(member: Membership, browser: Client) -> None:
    incident = IncidentFactory(organization=member.organization)
    now = timezone.now()
    alert = AlertFactory(incident=incident, title="Disk is full", labels={"host": "db-1"}, received_at=now)
    AlertFactory(incident=incident, title="Other", labels={"host": "db-2"}, received_at=now)
    assert f"/silences?alert={alert.pk}" in browser.get(f"/incidents/{incident.pk}/alerts/{alert.pk}").text
    page = browser.get(f"/silences?alert={alert.pk}")
    assert page.context["given"].matchers == [("host", "=", "db-1")] and "autofocus" in page.text
    form = {"preview": "yes", "name": "host", "operator": "=", "value": "db-1"}
    assert str(browser.post("/silences/create", form).context["preview"]) == (
        "It matches 1 of the 2 newest alerts of the last day: Disk is full."
    )
    none = browser.post("/silences/create", {**form, "value": "db-9"}).context["preview"]
    assert none.warnings == ["It matches nothing that came in the last day."]
    odd = browser.post("/silences/create", {**form, "name": "hots", "operator": "!="}).context["preview"]
    assert odd.warnings[0] == "It matches everything that came in the last day." and "“hots”" in odd.warnings[1]
    assert not Silence.objects.for_organization(member.organization).exists()


def test_a_duration_says_when_it_ends(member: Membership, browser: Client) -> None:
    silence(browser, ends_at="", duration="4h")
    row = Silence.objects.for_organization(member.organization).get()
    assert timedelta(hours=3, minutes=59) < row.ends_at - timezone.now() <= timedelta(hours=4)


def test_viewers_and_others_may_not(member: Membership, browser: Client) -> None:
    silence(browser)
    row = Silence.objects.for_organization(member.organization).get()
    viewer = session_of(member_factory(member.organization, Role.VIEWER))
    assert "Known" in viewer.get("/silences").content.decode()
    assert viewer.post(f"/silences/{row.pk}/end").status_code == 403
    stranger = session_of(member_factory(role=Role.EDITOR))
    assert "Known" not in stranger.get("/silences").content.decode()
    assert "no such silence" in said(stranger.post(f"/silences/{row.pk}/end"))
    row.refresh_from_db()
    assert row.ended_early_at is None


def test_rosters_shifts_and_runbooks(member: Membership, browser: Client) -> None:
    service = ServiceFactory(organization=member.organization)
    browser.post("/on-call/roster", {"name": "Shop", "service": str(service.pk)})
    roster = Roster.objects.for_organization(member.organization).get()
    assert roster.service == service
    now = timezone.now()
    shift = {"roster": str(roster.pk), "user": member.user.pk}
    browser.post("/on-call/shift", {**shift, "starts_at": field(now), "ends_at": field(now + timedelta(hours=8))})
    drawn = browser.get("/on-call").context["rosters"][0]
    assert [each.user for each in drawn["now"]] == [member.user]
    assert "later than the start" in said(
        browser.post("/on-call/shift", {**shift, "starts_at": field(now), "ends_at": field(now - timedelta(hours=1))})
    )
    browser.post("/on-call/shift-remove", {"shift": str(drawn["now"][0].pk)})
    assert not Shift.objects.exists()
    browser.post("/on-call/runbook", {"title": "Read this", "url": "https://wiki.example/x"})
    runbook = RunbookLink.objects.for_organization(member.organization).get()
    assert "http" in said(browser.post("/on-call/runbook", {"title": "x", "url": "javascript:alert(1)"}))
    browser.post("/on-call/runbook-remove", {"runbook": str(runbook.pk)})
    browser.post("/on-call/roster-delete", {"roster": str(roster.pk)})
    assert not RunbookLink.objects.for_organization(member.organization).exists()
    assert not Roster.objects.for_organization(member.organization).exists()


def test_a_calendar_is_read(member: Membership, browser: Client) -> None:
    browser.post("/on-call/roster", {"name": "Shop"})
    roster = Roster.objects.for_organization(member.organization).get()
    starts = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y%m%dT%H0000Z")
    ends = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y%m%dT%H0000Z")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:1", f"DTSTART:{starts}", f"DTEND:{ends}",
             f"SUMMARY:{member.user.email}", "END:VEVENT", "END:VCALENDAR", ""]  # fmt: skip
    file = SimpleUploadedFile("on-call.ics", "\r\n".join(lines).encode(), "text/calendar")
    answer = browser.post("/on-call/calendar", {"roster": str(roster.pk), "calendar": file})
    assert said(answer) == "Shifts added: 1; taken off: 0."
    assert Shift.objects.get(roster=roster).user == member.user
    broken = SimpleUploadedFile("on-call.ics", b"not a calendar", "text/calendar")
    browser.post("/on-call/calendar", {"roster": str(roster.pk), "calendar": broken})
    assert Shift.objects.filter(roster=roster).count() == 1
    assert "Choose a calendar file" in said(browser.post("/on-call/calendar", {"roster": str(roster.pk)}))


def test_who_may_change_rosters(member: Membership, browser: Client) -> None:
    browser.post("/on-call/roster", {"name": "Shop"})
    roster = Roster.objects.for_organization(member.organization).get()
    viewer = session_of(member_factory(member.organization, Role.VIEWER))
    assert "Shop" in viewer.get("/on-call").content.decode()
    assert viewer.post("/on-call/roster-delete", {"roster": str(roster.pk)}).status_code == 403
    stranger = session_of(member_factory(role=Role.EDITOR))
    stranger.post("/on-call/roster-delete", {"roster": str(roster.pk)})
    assert Roster.objects.for_organization(member.organization).count() == 1
    assert "Shop" not in stranger.get("/on-call").content.decode()
