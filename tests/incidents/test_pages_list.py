"""The list of incidents: what is open first, filters in the address, and nothing of other organisations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from aurora_site.accounts.models import Membership, Role
from incidents.models import Incident, Integration
from tests.factories.accounts import member_factory, session_of
from tests.factories.incidents import AlertFactory, IncidentFactory, ServiceFactory

pytestmark = pytest.mark.django_db

HOSTILE = '<script>alert(1)</script>"\u202e' + "x" * 200


@pytest.fixture
def member() -> Membership:
    return member_factory(role=Role.EDITOR)


@pytest.fixture
def browser(member: Membership) -> Client:
    return session_of(member)


def incident(member: Membership, title: str, **fields: Any) -> Incident:
    minutes = fields.pop("minutes", 5)
    started = timezone.now() - timedelta(minutes=minutes)
    if fields.get("status") == "resolved":
        fields.setdefault("resolved_at", timezone.now())
    return IncidentFactory(organization=member.organization, title=title, started_at=started, **fields)


def titles(answer: Any) -> list[str]:
    return [row.incident.title for row in answer.context["rows"]]


def test_what_is_open_comes_first_by_severity_then_age(member: Membership, browser: Client) -> None:
    incident(member, "older high", severity="high", minutes=50)
    incident(member, "newer high", severity="high", minutes=2)
    incident(member, "critical", severity="critical", status="analyzed", minutes=90)
    incident(member, "unknown", severity="unknown", minutes=1)
    incident(member, "gone", status="resolved")
    answer = browser.get("/incidents")
    assert titles(answer) == ["critical", "newer high", "older high", "unknown"]
    assert [row.incident.title for row in answer.context["lately"]] == ["gone"]
    assert [(words, count) for words, count, _, _ in answer.context["tabs"]] == [
        ("Open", 4),
        ("Investigating", 3),
        ("Analysed", 1),
        ("Resolved", 1),
        ("Merged", 0),
    ]


def test_a_row_says_state_alerts_and_who_has_it(member: Membership, browser: Client) -> None:
    service = ServiceFactory(organization=member.organization, name="payments")
    row = incident(member, "Orders fail", alert_count=5, firing_count=3, assignee=member.user)
    row.services.add(service)
    incident(member, "Disk full", snoozed_until=timezone.now() + timedelta(hours=1))
    text = browser.get("/incidents").content.decode()
    assert "3 of 5 firing" in text
    assert '<bdi class="service">payments</bdi>' in text
    assert "<bdi>you</bdi>" in text and "nobody has it" in text
    assert "Snoozed until" in text
    assert f"INC-{row.number}" in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("severity=low", ["Slow"]),
        ("service=payments", ["Broken"]),
        ("service=unknown", ["Slow"]),
        ("source=grafana", ["Slow"]),
        ("q=broK", ["Broken"]),
        ("q=INC-9001", ["Broken"]),
        ("status=resolved", ["Over"]),
        ("status=nonsense&severity=nonsense", ["Broken", "Slow"]),
        ("q=%00broken", ["Broken"]),
    ],
)
def test_filters_are_in_the_address(member: Membership, browser: Client, query: str, expected: list[str]) -> None:
    service = ServiceFactory(organization=member.organization, name="payments")
    broken = incident(member, "Broken", severity="high", service=service, number=9001)
    broken.services.add(service)
    incident(member, "Slow", severity="low", source_type="grafana")
    incident(member, "Over", status="resolved", service=service)
    assert titles(browser.get(f"/incidents?{query}")) == expected


def test_a_script_gets_the_list_alone(member: Membership, browser: Client) -> None:
    incident(member, "Broken")
    text = browser.get("/incidents", headers={"HX-Request": "true"}).content.decode()
    assert "Broken" in text and "<html" not in text


def test_the_number_that_people_say_leads_to_the_incident(member: Membership, browser: Client) -> None:
    row = incident(member, "Broken", number=12)
    assert browser.get("/incidents/INC-12").url == f"/incidents/{row.pk}"
    assert browser.get("/incidents/INC-13").status_code == 404


def test_hostile_titles_stay_text(member: Membership, browser: Client) -> None:
    incident(member, HOSTILE)
    text = browser.get("/incidents").content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_viewers_see_no_controls_and_strangers_sign_in(member: Membership) -> None:
    incident(member, "Broken")
    viewer = session_of(member_factory(member.organization, Role.VIEWER))
    text = viewer.get("/incidents").content.decode()
    assert "Broken" in text
    assert "Acknowledge<" not in text and "/incidents/report" not in text and "/integrations" not in text
    assert Client().get("/incidents").url == "/sign-in?next=%2Fincidents"


def test_other_organisations_see_nothing(member: Membership) -> None:
    incident(member, "Broken", number=12)
    stranger = session_of(member_factory(role=Role.ADMIN))
    answer = stranger.get("/incidents")
    assert titles(answer) == [] and answer.context["is_empty"]
    assert stranger.get("/incidents/INC-12").status_code == 404


def test_an_empty_list_says_how_to_begin(member: Membership, settings: Any) -> None:
    settings.AURORA_DEMO = True
    administrator = session_of(member_factory(member.organization, Role.ADMIN))
    text = administrator.get("/incidents").content.decode()
    assert "No alert has arrived yet" in text and "/integrations#create" in text
    Integration.objects.create(organization=member.organization, source="generic", name="x", token_hash="x")
    editor = session_of(member).get("/incidents").content.decode()
    assert "Ask an administrator to add an integration" in editor and "alert storm" not in editor


def test_null_characters_in_filters_find_nothing_special(member: Membership, browser: Client) -> None:
    incident(member, "Broken")
    assert [browser.get(f"/incidents?{name}=%00").status_code for name in ("q", "service", "source", "status")] == [
        200
    ] * 4


def test_figures_can_be_read(member: Membership, browser: Client) -> None:
    began = timezone.now() - timedelta(hours=3)
    row = incident(member, "Over", status="resolved", resolved_at=began + timedelta(hours=2), acknowledged_at=began)
    Incident.objects.for_organization(member.organization).filter(pk=row.pk).update(
        started_at=began - timedelta(minutes=10)
    )
    figures = browser.get("/incidents").context["figures"]
    assert (figures.until_acknowledged, figures.until_resolved, figures.total) == ("10 min", "2 h 10 min", 1)


def test_the_number_of_queries_does_not_grow(
    member: Membership, browser: Client, django_assert_max_num_queries: Any
) -> None:
    def fill(count: int) -> None:
        for _ in range(count):
            row = incident(member, "Broken", assignee=member.user, alert_count=1)
            AlertFactory(incident=row)
            row.services.add(ServiceFactory(organization=member.organization))

    fill(2)
    browser.get("/incidents")
    with django_assert_max_num_queries(50) as first:
        browser.get("/incidents")
    fill(20)
    with django_assert_max_num_queries(len(first.captured_queries)):
        browser.get("/incidents")
