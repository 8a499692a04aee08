"""Documents and questions in the admin: what operators change is on the ledger."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agents.knowledge.questions import question_unanswered_note
from agents.knowledge.reports import document_report
from agents.models import Document, UnansweredQuestion
from audit.models import Record
from aurora_site.accounts.models import Membership

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


@pytest.fixture
def leave(documents: dict[str, Any]) -> Document:
    document: Document = documents["policies/annual-leave.md"]
    return document


def recorded(event: str) -> int:
    return Record.objects.filter(event=f"knowledge.{event}").count()


def inline(**values: str) -> dict[str, str]:
    return {"reports-TOTAL_FORMS": "0", "reports-INITIAL_FORMS": "0", **values}


def test_owner_and_review_date_are_changed_through_the_service(operator_client: Client, leave: Document) -> None:
    address = reverse("admin:agents_document_change", args=[leave.pk])
    page = operator_client.get(address).content.decode()
    assert "Everyone gets 25 days" not in page
    form = inline(title=leave.title, collection=leave.collection, owner="People", review_date="2031-02-03")
    assert operator_client.post(address, form).status_code == 302
    leave.refresh_from_db()
    assert (leave.owner, leave.review_date, leave.state) == ("People", datetime.date(2031, 2, 3), "indexed")
    assert recorded("document_described") == 1


def test_what_is_no_description_changes_nothing(operator_client: Client, leave: Document) -> None:
    address = reverse("admin:agents_document_change", args=[leave.pk])
    form = inline(title=leave.title, collection="", owner="me", review_date="1066-10-14")
    operator_client.post(address, form)
    leave.refresh_from_db()
    assert (leave.owner, leave.review_date) == ("people@example.com", None)
    assert recorded("document_described") == 0


def test_reports_are_shown_and_settled(operator_client: Client, editor: Membership, leave: Document) -> None:
    report, _ = document_report(document=leave, reporter_id=editor.user_id, note="<i>Old</i>")
    page = operator_client.get(reverse("admin:agents_document_change", args=[leave.pk])).content.decode()
    assert "&lt;i&gt;Old&lt;/i&gt;" in page
    chosen = {"action": "settle_reports", "_selected_action": [leave.pk]}
    operator_client.post(reverse("admin:agents_document_changelist"), chosen)
    report.refresh_from_db()
    assert report.resolved_at is not None and recorded("document_report_settled") == 1


def test_questions_are_settled(operator_client: Client, editor: Membership) -> None:
    question_unanswered_note(organization_id=editor.organization_id, question="Who sang Waterloo?", hits=[])
    row = UnansweredQuestion.objects.get()
    chosen = {"action": "dismiss", "_selected_action": [row.pk]}
    operator_client.post(reverse("admin:agents_unansweredquestion_changelist"), chosen)
    row.refresh_from_db()
    assert row.state == "dismissed" and recorded("question_settled") == 1
