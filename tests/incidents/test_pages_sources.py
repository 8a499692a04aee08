"""What the pages of integrations say of each source."""

from __future__ import annotations

import pytest
from django.template.defaultfilters import force_escape
from django.test import Client

from aurora_site.accounts.models import Membership, Role
from incidents.sources.registry import source, sources
from tests.factories.accounts import member_factory, session_of
from tests.incidents.engine import sender

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Membership:
    return member_factory(role=Role.ADMIN)


@pytest.fixture
def browser(admin: Membership) -> Client:
    return session_of(admin)


def test_adding_one_says_what_to_do_for_each_source(browser: Client) -> None:
    page = browser.get("/integrations").content.decode()

    for each in sources():
        for text in (each.title, each.reads, each.secret_use, *each.setup):
            assert force_escape(text) in page


def test_a_template_is_there_to_be_copied(admin: Membership, browser: Client) -> None:
    datadog = sender(admin.organization, source="datadog")
    splunk = sender(admin.organization, source="splunk", name="splunk")

    page = browser.get(f"/integrations/{datadog.pk}").content.decode()
    other = browser.get(f"/integrations/{splunk.pk}").content.decode()

    assert f'<code id="template">{force_escape(source("datadog").template)}</code>' in page
    assert 'data-copy="template"' in page
    assert 'data-copy="template"' not in other
