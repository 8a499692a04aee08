"""The pages of integrations: addresses and secrets for administrators, deliveries and problems told plainly."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from aurora_site.accounts.models import Membership, Role
from incidents.models import Delivery, Integration
from incidents.services.integrations import integration_create
from tests.factories.accounts import member_factory, session_of

pytestmark = pytest.mark.django_db

HOSTILE = b"\xff\x00<script>alert(1)</script>" + b"z" * 70_000


@pytest.fixture
def admin() -> Membership:
    return member_factory(role=Role.ADMIN)


@pytest.fixture
def browser(admin: Membership) -> Client:
    return session_of(admin)


@pytest.fixture
def integration(admin: Membership) -> Integration:
    who = {"organization_id": admin.organization_id, "actor_id": admin.user.pk}
    return integration_create(**who, source="alertmanager", name="Cluster")


def delivery(integration: Integration, state: str = "processed", body: bytes = b"{}", **fields: Any) -> Delivery:
    return Delivery.objects.create(
        organization=integration.organization, integration=integration, key=str(timezone.now()), body=body, state=state,
        received_at=timezone.now(), **fields,
    )  # fmt: skip


def said(answer: Any) -> str:
    return str(list(get_messages(answer.wsgi_request))[-1])


def test_one_is_made_and_its_secret_is_shown_once(admin: Membership, browser: Client) -> None:
    fields = {"source": "alertmanager", "name": "Cluster", "secret_kind": "make"}
    answer = browser.post("/integrations/create", fields)
    made = Integration.objects.for_organization(admin.organization).get()
    assert answer.url == f"/integrations/{made.pk}"
    first = browser.get(answer.url)
    secret = first.context["new_secret"]
    assert len(secret) == 43 and secret in first.content.decode()
    assert "/api/webhooks/alertmanager/" in first.context["address"]
    assert secret not in browser.get(answer.url).content.decode()
    assert secret not in str(dict(browser.session))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"source": "nothing", "name": "x"}, "There is no source named nothing."),
        ({"source": "generic", "name": " "}, "Give it a name of up to 200 characters."),
        ({"source": "generic", "name": "x", "secret_kind": "own"}, "Write the secret, of up to 500 characters."),
    ],
)
def test_bad_input_makes_nothing(admin: Membership, browser: Client, fields: dict[str, str], text: str) -> None:
    assert text in said(browser.post("/integrations/create", fields))
    assert not Integration.objects.for_organization(admin.organization).exists()


def test_it_is_turned_off_renewed_and_deleted(browser: Client, integration: Integration) -> None:
    path = f"/integrations/{integration.pk}"
    before = browser.get(path).context["address"]
    browser.post(f"{path}/disable")
    integration.refresh_from_db()
    assert not integration.is_enabled
    browser.post(f"{path}/enable")
    browser.post(f"{path}/rotate", {"what": "address"})
    assert browser.get(path).context["address"] != before
    browser.post(f"{path}/rotate", {"what": "secret", "secret_kind": "own", "secret": "a secret of theirs"})
    assert browser.get(path).context["new_secret"] == "a secret of theirs"
    assert browser.post(f"{path}/delete").url == "/integrations"
    assert not Integration.objects.for_organization(integration.organization).exists()


def test_the_test_button_tells_a_script_how_it_went(browser: Client, integration: Integration) -> None:
    answer = browser.post(f"/integrations/{integration.pk}/test", headers={"HX-Request": "true"})
    assert answer.json() == {
        "ok": True,
        "message": "A test alert is on its way. It has an incident of its own, and ends after a minute.",
    }
    assert Delivery.objects.for_organization(integration.organization).count() == 1
    assert browser.post(f"/integrations/{integration.pk}/explode").status_code == 404


def test_problems_are_told_and_bodies_stay_text(browser: Client, integration: Integration) -> None:
    bad = delivery(integration, "unreadable", HOSTILE, reason="The body is not JSON.", headers={"x": "<b>"})
    integration.refused_count, integration.refused_at = 3, timezone.now()
    integration.refused_reason = "The signature is wrong."
    integration.save()
    text = browser.get("/integrations").content.decode()
    assert "The signature is wrong." in text and "1 of today’s deliveries could not be read." in text
    page = browser.get(f"/integrations/{integration.pk}")
    text = page.content.decode()
    assert "The body is not JSON." in text and "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert" not in text and "z" * 16_001 not in text and "Cut after 16,000 characters." in text
    browser.post(f"/integrations/{integration.pk}/retry", {"delivery": str(bad.pk)})
    bad.refresh_from_db()
    assert bad.state == "pending"
    assert "no such delivery" in said(browser.post(f"/integrations/{integration.pk}/retry", {"delivery": "x"}))


def test_editors_read_without_secrets_and_viewers_not_at_all(admin: Membership, integration: Integration) -> None:
    editor = session_of(member_factory(admin.organization, Role.EDITOR))
    page = editor.get(f"/integrations/{integration.pk}")
    assert page.status_code == 200 and page.context["address"] == ""
    assert "/api/webhooks/" not in page.content.decode() and "<form" not in page.content.decode().split("<main")[1]
    assert editor.post(f"/integrations/{integration.pk}/disable").status_code == 403
    assert editor.post("/integrations/create", {"source": "generic", "name": "x"}).status_code == 403
    viewer = session_of(member_factory(admin.organization, Role.VIEWER))
    assert viewer.get("/integrations").status_code == 403
    integration.refresh_from_db()
    assert integration.is_enabled


def test_other_organisations_get_404(integration: Integration) -> None:
    stranger = session_of(member_factory(role=Role.ADMIN))
    assert stranger.get(f"/integrations/{integration.pk}").status_code == 404
    assert stranger.post(f"/integrations/{integration.pk}/delete").status_code == 404
    assert "Cluster" not in stranger.get("/integrations").content.decode()
    assert Integration.objects.for_organization(integration.organization).exists()
