"""Readers' reports that a document is out of date."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents.knowledge.models import DocumentReport
from agents.knowledge.reports import document_report, reports_open
from audit.models import PersonalText, Record
from aurora_site.accounts.models import Membership
from tests.agents.chat_client import in_threads
from tests.factories.accounts import member_factory

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


def test_a_report_is_kept_and_recorded(documents: dict[str, Any], editor: Membership) -> None:
    document = documents["runbooks/disk-full.md"]
    report, made = document_report(document=document, reporter_id=editor.user_id, note="The command has changed.")
    assert made
    assert list(reports_open(editor.organization_id)) == [report]
    written = json.loads(bytes(Record.objects.get(event="knowledge.document_reported").body))
    assert written["data"] == {"path": "runbooks/disk-full.md", "report": str(report.pk)}
    assert PersonalText.objects.get(name="note").text == "The command has changed."


def test_a_second_report_of_the_same_reader_joins_the_first(documents: dict[str, Any], editor: Membership) -> None:
    document = documents["runbooks/disk-full.md"]
    outcomes = in_threads([lambda: document_report(document=document, reporter_id=editor.user_id) for _ in range(8)])
    assert sorted(made for _, made in outcomes) == [False] * 7 + [True]
    assert len({report.pk for report, _ in outcomes}) == 1
    assert Record.objects.filter(event="knowledge.document_reported").count() == 1


def test_another_reader_and_another_document_make_reports_of_their_own(
    documents: dict[str, Any], editor: Membership
) -> None:
    colleague = member_factory(editor.organization)
    for document in documents.values():
        for reader in (editor, colleague):
            assert document_report(document=document, reporter_id=reader.user_id)[1]
    assert DocumentReport.objects.count() == 4


def test_other_organisations_see_no_reports(documents: dict[str, Any], editor: Membership) -> None:
    document_report(document=documents["runbooks/disk-full.md"], reporter_id=editor.user_id)
    assert not reports_open(member_factory().organization_id).exists()
