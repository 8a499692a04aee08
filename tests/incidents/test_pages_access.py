"""Who may open the pages of incidents: members, not visitors of the demo."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import Client

from aurora_site.accounts.models import Membership, Role, SignIn
from aurora_site.accounts.services.installation import demo_learner_ensure
from incidents.models import Incident
from tests.factories.accounts import member_factory, session_of
from tests.factories.incidents import AlertFactory, IncidentFactory

pytestmark = pytest.mark.django_db

PAGES = [
    "/incidents", "/incidents/report", "/incidents/INC-{number}", "/incidents/{incident}",
    "/incidents/{incident}/alerts/{alert}", "/integrations", "/notifications", "/services", "/silences", "/on-call",
]  # fmt: skip


@pytest.fixture
def member() -> Membership:
    return member_factory(role=Role.EDITOR)


@pytest.fixture
def incident(member: Membership) -> Incident:
    return IncidentFactory(organization=member.organization, title="Orders fail")


@pytest.mark.parametrize("path", PAGES)
def test_visitors_of_the_demo_are_led_to_sign_in(
    member: Membership, incident: Incident, settings: Any, path: str
) -> None:
    settings.AURORA_ENV, settings.AURORA_DEMO = "development", True
    visitor = session_of(demo_learner_ensure(organization=member.organization))
    before = SignIn.objects.count()
    alert = AlertFactory(incident=incident)
    address = path.format(number=incident.number, incident=incident.pk, alert=alert.pk)
    for browser in (Client(), visitor):
        answer = browser.get(address)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/sign-in")
        assert browser.get(address, headers={"HX-Request": "true"}).status_code == 401
    assert SignIn.objects.count() == before


def test_the_header_of_a_visitor_has_no_incidents(member: Membership, settings: Any) -> None:
    settings.AURORA_ENV, settings.AURORA_DEMO = "development", True
    visitor = session_of(demo_learner_ensure(organization=member.organization))
    assert 'href="/incidents"' not in visitor.get("/conversations").content.decode()
    assert 'href="/incidents"' in session_of(member).get("/conversations").content.decode()


def test_a_refusal_is_logged_without_a_traceback(member: Membership, caplog: pytest.LogCaptureFixture) -> None:
    viewer = session_of(member_factory(member.organization, Role.VIEWER))
    with caplog.at_level(logging.WARNING, "django.request"):
        assert viewer.get("/integrations").status_code == 403
    lines = [record for record in caplog.records if record.name == "django.request"]
    assert [(record.levelname, record.exc_info) for record in lines] == [("WARNING", None)]
