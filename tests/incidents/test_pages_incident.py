"""One incident's page: why its alerts are here, its story, and what is kept from whom."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from aurora_site.accounts.models import Membership, Role
from incidents.models import Correlation, Incident, IncidentStatus, ResponderRole, RunbookLink
from incidents.services.merging import incident_merge
from incidents.services.response import incident_assign, note_add, responder_set
from tests.factories.accounts import member_factory, session_of
from tests.factories.incidents import (
    AlertFactory,
    AlertSeriesFactory,
    IncidentFactory,
    ServiceFactory,
    TimelineEntryFactory,
)

pytestmark = pytest.mark.django_db

HOSTILE = "<img src=x onerror=alert(1)>\u202e"


@pytest.fixture
def member() -> Membership:
    return member_factory(role=Role.EDITOR)


@pytest.fixture
def browser(member: Membership) -> Client:
    return session_of(member)


@pytest.fixture
def incident(member: Membership) -> Incident:
    return IncidentFactory(organization=member.organization, title="Orders fail", alert_count=1, firing_count=1)


def shown(browser: Client, path: str, **headers: str) -> str:
    answer = browser.get(path, headers=headers)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_every_alert_says_why_it_is_here(member: Membership, browser: Client, incident: Incident) -> None:
    alert = AlertFactory(incident=incident, title="payments: errors", labels={"zone": "eu-1b"}, count=7)
    near = IncidentFactory(organization=member.organization, title="Search is slow")
    parts = [
        {"name": "time", "value": 0.92, "weight": 0.4, "reason": "40 s apart."},
        {"name": "service", "value": None, "weight": 0.4, "reason": "Its service is unknown."},
    ]
    far = IncidentFactory(organization=member.organization, title="Far away")
    considered = [
        {"incident_id": str(far.pk), "score": 0.29, "reason": "Hardly."},
        {"incident_id": str(near.pk), "score": 0.31, "reason": "Only near in time."},
        {"incident_id": str(uuid4()), "score": 0.2, "reason": "Gone."},
        {"incident_id": str(incident.pk), "score": 0.74, "reason": "Its own."},
    ]
    at = timezone.now()
    Correlation.objects.create(
        alert=alert, incident=incident, strategy="correlated", score=0.74, threshold=0.6, parts=parts,
        considered=considered, at=at,
    )  # fmt: skip
    text = shown(browser, f"/incidents/{incident.pk}")
    assert "Score 74 of 100, 60 needed." in text
    assert '<rect width="92" height="8"/>' in text and "40 s apart." in text
    assert "not known" in text and "Its service is unknown." in text
    assert "Search is slow" in text and "31 of 100: Only near in time." in text and "Merge into it" in text
    assert text.count("Merge into it") == 1 and "Far away" in text
    assert "Gone." not in text and "Its own." not in text
    assert "sent 7 times" in text and "eu-1b" in text


def test_the_story_is_told_both_ways_with_notes_and_names(
    member: Membership, browser: Client, incident: Incident
) -> None:
    colleague = member_factory(member.organization, Role.EDITOR, name="Ines Moura").user
    for actor, text in ((member.user.pk, "First."), (colleague.pk, f"Second {HOSTILE}")):
        note_add(organization_id=member.organization_id, actor_id=actor, incident_id=incident.pk, text=text)
    newest = browser.get(f"/incidents/{incident.pk}").context["steps"]
    oldest = browser.get(f"/incidents/{incident.pk}?order=oldest").context["steps"]
    assert [(step.title, step.by) for step in newest] == [("Note", "Ines Moura"), ("Note", "you")]
    assert [step.entry.seq for step in oldest] == [1, 2]
    text = shown(browser, f"/incidents/{incident.pk}")
    assert "<img src=x" not in text and "&lt;img src=x onerror=alert(1)&gt;" in text


def test_the_story_names_those_who_are_given_it(member: Membership, browser: Client, incident: Incident) -> None:
    colleague = member_factory(member.organization, Role.EDITOR, name="Ines Moura").user
    about = {"organization_id": member.organization_id, "actor_id": member.user.pk, "incident_id": incident.pk}
    incident_assign(**about, user_id=colleague.pk)
    incident_assign(**about, user_id=member.user.pk)
    incident_assign(**about, user_id=None)
    responder_set(**about, user_id=colleague.pk, role=ResponderRole.RESPONDER)
    texts = [step.text for step in browser.get(f"/incidents/{incident.pk}?order=oldest").context["steps"]]
    assert texts[:3] == ["Assigned to Ines Moura.", "Assigned to you.", "Assigned to nobody."]
    assert texts[3] == "Ines Moura responds as responder."


def test_who_opened_it_is_called_by_its_name(member: Membership, browser: Client, incident: Incident) -> None:
    text = "An alert of pagerduty opened it."
    TimelineEntryFactory(incident=incident, kind="incident.opened", text=text)
    step = browser.get(f"/incidents/{incident.pk}").context["steps"][0]
    assert (step.title, step.text) == ("An alert of PagerDuty opened it", "")


def test_a_resolved_incident_says_that_its_alert_comes_and_goes(
    member: Membership, browser: Client, incident: Incident
) -> None:
    now = timezone.now()
    series = AlertSeriesFactory(organization=member.organization, flapping_since=now)
    AlertFactory(incident=incident, series=series)
    Incident.objects.for_organization(member.organization).update(status="resolved", resolved_at=now)
    text = shown(browser, f"/incidents/{incident.pk}")
    assert "An alert of this incident comes and goes" in text and "It may be firing again" in text


def test_merged_incidents_are_listed_both_ways(member: Membership, browser: Client, incident: Incident) -> None:
    other = IncidentFactory(organization=member.organization, title="Search is slow")
    who = {"organization_id": member.organization_id, "actor_id": member.user.pk}
    incident_merge(**who, source_id=other.pk, target_id=incident.pk)
    text = shown(browser, f"/incidents/{incident.pk}")
    assert "Merged into this" in text
    assert f'INC-{other.number} was merged into this. <a href="/incidents/INC-{other.number}">' in text
    merged = shown(browser, f"/incidents/{other.pk}")
    assert f"INC-{incident.number}" in merged and "Undo the merge" in merged
    assert "/acknowledge" not in merged


def test_runbooks_that_fit_are_linked(member: Membership, browser: Client, incident: Incident) -> None:
    organization = member.organization
    service = ServiceFactory(organization=organization)
    for title, fields in {
        "For all": {},
        "By words": {"title_contains": "ORDERS"},
        "Other words": {"title_contains": "disk"},
        "Other service": {"service": service},
        "A script": {"url": "javascript:alert(1)"},
    }.items():
        RunbookLink.objects.create(
            organization=organization, title=title, **{"url": f"https://wiki.example/{title}", **fields}
        )
    answer = browser.get(f"/incidents/{incident.pk}")
    assert [link.title for link in answer.context["runbooks"]] == ["A script", "By words", "For all"]
    assert "javascript:" not in answer.content.decode()


def test_an_alert_explains_its_fingerprint_and_shows_what_was_sent(
    member: Membership, browser: Client, incident: Incident
) -> None:
    series = AlertSeriesFactory(organization=member.organization, parts=[{"name": "alertname", "value": "DiskFull"}])
    alert = AlertFactory(
        incident=incident, series=series, labels={"long": "y" * 10_000}, payload={"html": HOSTILE},
        source_url="javascript:alert(1)",
    )  # fmt: skip
    text = shown(browser, f"/incidents/{incident.pk}/alerts/{alert.pk}")
    assert alert.fingerprint in text and "DiskFull" in text
    assert "<img" not in text and "&lt;img src=x" in text
    assert "y" * 1001 not in text and "javascript:" not in text
    assert browser.get(f"/incidents/{incident.pk}/alerts/{uuid4()}").status_code == 404


def test_a_script_gets_the_sections_alone(browser: Client, incident: Incident) -> None:
    text = shown(browser, f"/incidents/{incident.pk}", **{"HX-Request": "true"})
    assert 'data-region="head"' in text and "<html" not in text


def test_viewers_read_without_controls(member: Membership, incident: Incident) -> None:
    viewer = session_of(member_factory(member.organization, Role.VIEWER))
    text = shown(viewer, f"/incidents/{incident.pk}")
    assert "Orders fail" in text and "data-act" not in text and "<textarea" not in text
    assert "Did Aurora help?" not in text


def test_other_organisations_get_404(incident: Incident) -> None:
    alert = AlertFactory(incident=incident)
    stranger = session_of(member_factory(role=Role.ADMIN))
    assert stranger.get(f"/incidents/{incident.pk}").status_code == 404
    assert stranger.get(f"/incidents/{incident.pk}/alerts/{alert.pk}").status_code == 404
    assert stranger.post(f"/incidents/{incident.pk}/acknowledge").status_code == 404
    incident.refresh_from_db()
    assert incident.acknowledged_at is None and incident.status == IncidentStatus.INVESTIGATING


def test_the_number_of_queries_does_not_grow(
    member: Membership, browser: Client, incident: Incident, django_assert_max_num_queries: Any
) -> None:
    def fill(count: int) -> None:
        for _ in range(count):
            alert = AlertFactory(incident=incident, service=ServiceFactory(organization=member.organization))
            Correlation.objects.create(alert=alert, incident=incident, strategy="opened", at=timezone.now())
            note_add(
                organization_id=member.organization_id, actor_id=member.user.pk, incident_id=incident.pk, text="Seen."
            )
        incident.alert_count = incident.alerts.count()
        incident.save()

    fill(2)
    browser.get(f"/incidents/{incident.pk}")
    with django_assert_max_num_queries(60) as first:
        browser.get(f"/incidents/{incident.pk}")
    fill(15)
    with django_assert_max_num_queries(len(first.captured_queries)):
        browser.get(f"/incidents/{incident.pk}")
