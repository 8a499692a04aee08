"""The forms of an incident's page, with and without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from aurora_site.accounts.models import Membership, Role
from incidents.models import Incident, IncidentFeedback, Responder, TimelineEntry
from tests.factories.accounts import member_factory, session_of
from tests.factories.incidents import IncidentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> Membership:
    return member_factory(role=Role.EDITOR)


@pytest.fixture
def browser(member: Membership) -> Client:
    return session_of(member)


@pytest.fixture
def incident(member: Membership) -> Incident:
    return IncidentFactory(organization=member.organization, title="Orders fail")


def sent(browser: Client, incident: Incident, action: str, **fields: str) -> str:
    """What the page says after a form was sent without scripts; the incident as it is then."""
    answer = browser.post(f"/incidents/{incident.pk}/{action}", fields)
    assert (answer.status_code, answer.url) == (302, f"/incidents/{incident.pk}")
    incident.refresh_from_db()
    return str(list(get_messages(answer.wsgi_request))[-1])


def test_acknowledging_assigning_and_severity(member: Membership, browser: Client, incident: Incident) -> None:
    colleague = member_factory(member.organization, "editor").user
    assert sent(browser, incident, "acknowledge") == f"INC-{incident.number} is acknowledged."
    assert incident.acknowledged_by_id == member.user.pk
    assert sent(browser, incident, "assign", user=colleague.pk) == f"INC-{incident.number} is assigned."
    assert incident.assignee == colleague
    assert "nobody" in sent(browser, incident, "assign", user="")
    assert incident.assignee is None
    assert sent(browser, incident, "severity", severity="low") == "The severity is low now."
    assert (incident.severity, incident.severity_is_set) == ("low", True)


def test_snooze_resolve_and_reopen(browser: Client, incident: Incident) -> None:
    assert sent(browser, incident, "snooze", length="1h") == "It is snoozed for an hour."
    assert incident.snoozed_until is not None
    assert sent(browser, incident, "snooze", length="") == "It is no longer snoozed."
    assert incident.snoozed_until is None
    sent(browser, incident, "resolve")
    assert incident.status == "resolved"
    sent(browser, incident, "reopen")
    assert incident.status == "investigating"


def test_notes_summary_responders_and_feedback(member: Membership, browser: Client, incident: Incident) -> None:
    sent(browser, incident, "note", text="Line one\r\nline two")
    assert TimelineEntry.objects.get(kind="incident.note").text == "Line one\nline two"
    sent(browser, incident, "summary", summary="The cache was full.")
    assert incident.summary == "The cache was full."
    sent(browser, incident, "responder", user=member.user.pk, role="commander")
    assert Responder.objects.get().role == "commander"
    sent(browser, incident, "responder-remove", user=member.user.pk)
    assert not Responder.objects.exists()
    sent(browser, incident, "feedback", helpful="no", comment="It was late.")
    assert list(IncidentFeedback.objects.values_list("is_helpful", "comment")) == [(False, "It was late.")]


def test_merging_and_back(member: Membership, browser: Client, incident: Incident) -> None:
    target = IncidentFactory(organization=member.organization)
    assert sent(browser, incident, "merge", target=f" inc-{target.number} ") == f"It went into INC-{target.number}."
    assert incident.merged_into_id == target.pk
    assert sent(browser, incident, "unmerge") == "The merge is undone."
    assert incident.merged_into_id is None


@pytest.mark.parametrize(
    ("action", "fields", "said"),
    [
        ("merge", {"target": "INC-99999"}, "There is no INC-99999."),
        ("merge", {"target": "x"}, "Write the number of an incident, such as INC-12."),
        ("note", {"text": " "}, "Write something first."),
        ("note", {"text": "x" * 10_001}, "Write at most 10,000 characters."),
        ("severity", {"severity": "awful"}, "Choose one of critical, high, medium, low, info, unknown."),
        ("snooze", {"length": "1y"}, "Choose for how long."),
        ("responder", {"role": "boss", "user": "x"}, "Choose one of commander, responder, communications, observer."),
    ],
)
def test_bad_input_is_told_and_changes_nothing(
    browser: Client, incident: Incident, action: str, fields: dict[str, str], said: str
) -> None:
    before = incident.updated_at
    assert sent(browser, incident, action, **fields) == said
    assert incident.updated_at == before and not TimelineEntry.objects.exists()


def test_an_assignee_of_elsewhere_is_refused(browser: Client, incident: Incident) -> None:
    assert sent(browser, incident, "assign", user=member_factory().user.pk)
    assert incident.assignee is None


def test_null_characters_in_a_name_name_nobody(browser: Client, incident: Incident) -> None:
    assert sent(browser, incident, "assign", user="a\x00") == "Nobody in the organisation has this id."
    assert "respond" in sent(browser, incident, "responder-remove", user="a\x00")
    assert not TimelineEntry.objects.exists()


def test_a_script_gets_the_page_as_it_is_now(browser: Client, incident: Incident) -> None:
    script = {"HX-Request": "true"}
    done = browser.post(f"/incidents/{incident.pk}/acknowledge", headers=script)
    assert done.status_code == 200 and "Acknowledged" in done.content.decode()
    refused = browser.post(f"/incidents/{incident.pk}/merge", {"target": "INC-99999"}, headers=script)
    assert refused.status_code == 409
    assert 'role="alert"' in refused.content.decode() and "There is no INC-99999." in refused.content.decode()


def test_the_list_is_gone_back_to_or_told_in_a_sentence(browser: Client, incident: Incident) -> None:
    address = f"/incidents/{incident.pk}/acknowledge"
    assert browser.post(address, {"back": "list"}).url == "/incidents"
    told = browser.post(address, {"back": "list"}, headers={"HX-Request": "true"})
    assert told.content.decode() == f"INC-{incident.number} is acknowledged."
    assert told["Content-Type"] == "text/plain; charset=utf-8"


def test_viewers_may_not_and_unknown_actions_are_404(member: Membership, browser: Client, incident: Incident) -> None:
    viewer = session_of(member_factory(member.organization, Role.VIEWER))
    assert viewer.post(f"/incidents/{incident.pk}/acknowledge").status_code == 403
    assert browser.post(f"/incidents/{incident.pk}/explode").status_code == 404
    assert browser.get(f"/incidents/{incident.pk}/acknowledge").status_code == 405
    careful = session_of(member, enforce_csrf=True)
    assert careful.post(f"/incidents/{incident.pk}/acknowledge").status_code == 403
    incident.refresh_from_db()
    assert incident.acknowledged_at is None


def test_reporting_an_incident(member: Membership, browser: Client) -> None:
    fields: dict[str, Any] = {"title": "Tills are offline", "service": "tills", "severity": "high", "summary": "All."}
    answer = browser.post("/incidents/report", fields)
    made = Incident.objects.for_organization(member.organization).get()
    assert answer.url == f"/incidents/{made.pk}"
    assert (made.title, made.severity, made.service.name) == ("Tills are offline", "high", "tills")
    refused = browser.post("/incidents/report", {**fields, "title": " "})
    assert refused.status_code == 400 and "Say in a few words what is wrong." in refused.content.decode()
    assert browser.post("/incidents/report", {**fields, "severity": "awful"}).status_code == 400
    assert Incident.objects.for_organization(member.organization).count() == 1
