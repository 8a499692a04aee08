"""Every page of the admin opens for an operator, and for nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from agents.models import Feedback, ToolCall
from agents.runs.log import Append, append_all, numbered
from agents.runs.services import run_claim, run_create
from agents.runtime.events import token
from audit.models import Record
from audit.services import record
from tests.factories.accounts import member_factory, session_of

pytestmark = pytest.mark.django_db(databases=["default", "retrieval"])

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
EXPECTED = {
    "accounts.user", "accounts.organization", "agents.agent", "agents.document", "agents.run", "agents.chatsession",
    "audit.record", "retrieval.indexversion", "incidents.incident", "learning.learner",
}  # fmt: skip


def test_what_operators_need_is_there() -> None:
    assert {model._meta.label_lower for model in MODELS} >= EXPECTED


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_every_list_opens_and_searches(model: Any, operator_client: Client) -> None:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert operator_client.get(address).status_code == 200
    assert operator_client.get(address, {"q": "something"}).status_code == 200


def test_the_front_page_opens(operator_client: Client) -> None:
    assert operator_client.get("/admin/").status_code == 200


def test_an_administrator_of_an_organisation_is_no_operator() -> None:
    response = session_of(member_factory(role="admin")).get("/admin/")
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


def test_a_run_shows_its_events(operator_client: Client) -> None:
    member = member_factory()
    run, _ = run_create(
        organization_id=member.organization_id, actor_id=member.user.pk, kind="answer", agent="welcome", input={}
    )
    run_claim(run_id=str(run.pk))
    append_all([Append(str(run.pk), 1, numbered(str(run.pk), 1, [token("<b>shown as text</b>")]))])
    ToolCall.objects.create(
        run=run,
        call_id="1",
        name="x",
        fingerprint="f",
        effect="read",
        state="succeeded",
        arguments={"a": "<i>argument</i>"},
    )
    Feedback.objects.create(run=run, user=member.user, rating="up", comment="<u>comment</u>")
    page = operator_client.get(reverse("admin:agents_run_change", args=[run.pk]))
    assert page.status_code == 200
    for text in ("&lt;b&gt;shown as text&lt;/b&gt;", "&lt;i&gt;argument&lt;/i&gt;", "&lt;u&gt;comment&lt;/u&gt;"):
        assert text in page.content.decode()


def test_the_ledger_can_be_looked_at_and_not_changed(operator_client: Client) -> None:

    row = record(event="test.happened", data={"note": "<script>"})
    address = reverse("admin:audit_record_change", args=[row.pk])
    assert "&lt;script&gt;" in operator_client.get(address).content.decode()
    assert operator_client.post(address, {"event": "other"}).status_code == 403
    assert operator_client.post(reverse("admin:audit_record_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert Record.objects.get(pk=row.pk).event == "test.happened"
