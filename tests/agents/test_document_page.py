"""A document's page: what is noted about it, reports, the passages it is indexed as, and documents that say the same."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from django.test import Client

from agents.knowledge.reports import document_report
from agents.knowledge.services import document_apply, document_upload
from agents.models import Document
from agents.retrieval.models import Chunk
from audit.models import PersonalText, Record
from aurora_site.accounts.models import Membership, Role
from tests.agents.chat_client import in_threads
from tests.factories.accounts import member_factory, session_of

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


@pytest.fixture
def browser(editor: Membership) -> Client:
    return session_of(editor)


@pytest.fixture
def leave(documents: dict[str, Any]) -> Document:
    document: Document = documents["policies/annual-leave.md"]
    return document


def shown(browser: Client, document: Document, part: str = "") -> str:
    answer = browser.get(f"/documents/{document.pk}{part}")
    assert answer.status_code == 200
    return answer.content.decode()


def recorded(event: str) -> list[dict[str, Any]]:
    return [json.loads(bytes(row.body))["data"] for row in Record.objects.filter(event=f"knowledge.{event}")]


def test_an_editor_notes_owner_and_review_date(browser: Client, leave: Document) -> None:
    answer = browser.post(
        f"/documents/{leave.pk}/describe",
        {"owner": "  People   team ", "review_date": "2020-05-01", "title": leave.title, "collection": "policies"},
    )
    assert (answer.status_code, answer["Location"]) == (302, f"/documents/{leave.pk}")
    leave.refresh_from_db()
    assert (leave.owner, leave.review_date, leave.state) == ("People team", datetime.date(2020, 5, 1), "indexed")
    assert "1 May 2020 (overdue)" in shown(browser, leave)
    (data,) = recorded("document_described")
    assert data == {
        "path": "policies/annual-leave.md", "changed": ["owner", "review_date"], "review_date": "2020-05-01",
    }  # fmt: skip
    assert PersonalText.objects.get(name="owner").text == "People team"


def test_another_title_and_collection_reach_the_index(browser: Client, leave: Document) -> None:
    browser.post(f"/documents/{leave.pk}/describe", {"title": "Holidays", "collection": "people"})
    leave.refresh_from_db()
    assert (leave.title, leave.collection, leave.state, leave.owner) == (
        "Holidays", "people", "pending", "people@example.com",
    )  # fmt: skip
    document_apply(document_id=str(leave.pk))
    indexed = Chunk.objects.filter(document_id=str(leave.pk)).values_list("title", "collection").distinct()
    assert list(indexed) == [("Holidays", "people")]


def test_the_same_again_records_nothing(browser: Client, leave: Document) -> None:
    browser.post(f"/documents/{leave.pk}/describe", {"owner": leave.owner, "title": leave.title})
    assert recorded("document_described") == []


def test_what_was_noted_outlives_a_new_version_that_says_nothing_of_it(
    browser: Client, editor: Membership, leave: Document
) -> None:
    browser.post(f"/documents/{leave.pk}/describe", {"owner": "HR", "review_date": "2031-01-02"})
    take = {"organization": editor.organization, "actor": editor.user, "filename": leave.path}
    document_upload(content=b"# Annual leave\n\nNew text.", **take)
    leave.refresh_from_db()
    assert (leave.owner, leave.review_date) == ("HR", datetime.date(2031, 1, 2))
    document_upload(content=b"---\nowner: People\n---\n# Annual leave\n\nNewer text.", **take)
    leave.refresh_from_db()
    assert (leave.owner, leave.review_date) == ("People", datetime.date(2031, 1, 2))


@pytest.mark.parametrize(
    "changes",
    [
        {"title": " "}, {"owner": "x" * 201}, {"review_date": "soon"}, {"review_date": "1066-10-14"},
        {"collection": "a\x07b"}, {"title": "T" * 256, "owner": "somebody"},
    ],
)  # fmt: skip
def test_what_is_no_description_changes_nothing(browser: Client, leave: Document, changes: dict[str, str]) -> None:
    before = Document.objects.values().get(pk=leave.pk)
    browser.post(f"/documents/{leave.pk}/describe", changes)
    assert "was not changed." in browser.get("/documents").content.decode()
    assert Document.objects.values().get(pk=leave.pk) == before
    assert recorded("document_described") == []


def test_a_viewer_reads_and_reports_but_changes_nothing(editor: Membership, leave: Document) -> None:
    viewer = session_of(member_factory(editor.organization, Role.VIEWER))
    report, _ = document_report(document=leave, reporter_id=editor.user_id, note="Old.")
    page = shown(viewer, leave)
    assert "Report as outdated" in page and "Edit owner" not in page and "Old." not in page
    assert viewer.post(f"/documents/{leave.pk}/describe", {"owner": "me"}).status_code == 403
    assert viewer.post(f"/documents/{leave.pk}/reports/{report.pk}/settle").status_code == 403
    leave.refresh_from_db()
    report.refresh_from_db()
    assert (leave.owner, report.resolved_at) == ("people@example.com", None)
    assert viewer.post(f"/documents/{leave.pk}/report", {"note": "Two days more since May."}).status_code == 302
    assert "You have reported this document as outdated" in shown(viewer, leave)
    viewer.post(f"/documents/{leave.pk}/report", {"note": "Again."})
    assert leave.reports.filter(open_key__isnull=False).count() == 2


def test_editors_see_reports_and_settle_each_once(browser: Client, editor: Membership, leave: Document) -> None:
    reader = member_factory(editor.organization, name="Reader")
    report, _ = document_report(document=leave, reporter_id=reader.user_id, note="<b>Wrong</b> number of days.")
    assert "&lt;b&gt;Wrong&lt;/b&gt; number of days." in shown(browser, leave)
    address = f"/documents/{leave.pk}/reports/{report.pk}/settle"
    clients = [session_of(editor) for _ in range(4)]
    in_threads([lambda client=client: client.post(address) for client in clients])
    report.refresh_from_db()
    assert report.resolved_at is not None and report.open_key is None
    assert recorded("document_report_settled") == [{"path": leave.path, "report": str(report.pk)}]
    assert "number of days." not in shown(browser, leave)
    document_report(document=leave, reporter_id=reader.user_id, note="Still wrong.")
    assert "Still wrong." in shown(browser, leave)


def test_a_report_that_is_too_long_is_not_kept(browser: Client, leave: Document) -> None:
    browser.post(f"/documents/{leave.pk}/report", {"note": "x" * 1001})
    assert "say it in at most 1000 characters" in shown(browser, leave)
    assert not leave.reports.exists()


def test_the_passages_are_shown_as_indexed(browser: Client, leave: Document) -> None:
    page = shown(browser, leave, "/passages")
    chunks = Chunk.objects.filter(document_id=str(leave.pk)).order_by("ordinal")
    assert chunks.count() == 2
    for chunk in chunks:
        assert f"?start={chunk.start}&amp;end={chunk.end}#passage" in page
    assert "Everyone gets 25 days of paid leave a year." in page


def test_markup_in_passages_is_text(browser: Client, editor: Membership) -> None:
    content = b"# Odd\n\nSee <script>alert(1)</script> and <img src=x onerror=alert(2)>."
    document = document_upload(organization=editor.organization, actor=editor.user, filename="odd.txt", content=content)
    assert "It isn't indexed yet." in shown(browser, document, "/passages")
    document_apply(document_id=str(document.pk))
    for part in ("/passages", "", "?view=source"):
        page = shown(browser, document, part)
        assert "<script>alert" not in page and "<img src=x" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_documents_that_say_the_same_link_to_each_other(browser: Client, documents: dict[str, Any]) -> None:
    leave, disk = documents["policies/annual-leave.md"], documents["runbooks/disk-full.md"]
    Document.objects.filter(pk=disk.pk).update(duplicate_of=leave, similarity=0.934)
    assert "(93 % alike)" in shown(browser, disk) and f'href="/documents/{leave.pk}"' in shown(browser, disk)
    assert f'href="/documents/{disk.pk}"' in shown(browser, leave)


@pytest.mark.parametrize("part", ["", "/passages"])
def test_anothers_document_is_not_found(leave: Document, part: str) -> None:
    other = session_of(member_factory(role=Role.ADMIN))
    assert other.get(f"/documents/{leave.pk}{part}").status_code == 404


def test_anothers_document_cannot_be_changed(editor: Membership, leave: Document) -> None:
    other = session_of(member_factory(role=Role.ADMIN))
    report, _ = document_report(document=leave, reporter_id=editor.user_id)
    for action in ("describe", "report", f"reports/{report.pk}/settle"):
        assert other.post(f"/documents/{leave.pk}/{action}", {"owner": "me"}).status_code == 404
    leave.refresh_from_db()
    report.refresh_from_db()
    assert (leave.owner, leave.reports.count(), report.resolved_at) == ("people@example.com", 1, None)


def test_a_report_of_anothers_document_is_not_settled_through_ones_own(editor: Membership, leave: Document) -> None:
    report, _ = document_report(document=leave, reporter_id=editor.user_id)
    other = member_factory(role=Role.ADMIN)
    own = document_upload(organization=other.organization, actor=other.user, filename="a.md", content=b"# A\n\nText.")
    session_of(other).post(f"/documents/{own.pk}/reports/{report.pk}/settle")
    report.refresh_from_db()
    assert report.resolved_at is None and recorded("document_report_settled") == []


def test_the_overview_counts_and_narrows_the_list(browser: Client, documents: dict[str, Any]) -> None:
    leave, disk = documents["policies/annual-leave.md"], documents["runbooks/disk-full.md"]
    Document.objects.filter(pk=disk.pk).update(review_date="2020-01-01")
    document_report(document=leave, reporter_id=leave.uploaded_by_id)
    page = browser.get("/documents")
    overview = page.context["overview"]
    counts = (overview.documents, overview.passages, overview.waiting, overview.failed, overview.alike)
    assert counts == (2, 3, 0, 0, 0)
    assert (overview.overdue, overview.reported, overview.unanswered) == (1, 1, 0)
    assert [row.path for row in browser.get("/documents?show=overdue").context["page"]] == [disk.path]
    assert [row.path for row in browser.get("/documents?show=reported").context["page"]] == [leave.path]
    assert len(browser.get("/documents?show=nonsense").context["page"]) == 2
    nothing = browser.get("/documents?show=failed").content.decode()
    assert "There are no documents that could not be indexed." in nothing
    assert session_of(member_factory()).get("/documents").context["overview"].documents == 0


def test_an_editor_deletes_a_document(browser: Client, leave: Document) -> None:
    assert "Delete this document" in shown(browser, leave)
    answer = browser.post(f"/documents/{leave.pk}/delete")
    assert (answer.status_code, answer["Location"]) == (302, "/documents")
    assert browser.get(f"/documents/{leave.pk}").status_code == 404
    document_apply(document_id=str(leave.pk))
    assert not Document.objects.filter(pk=leave.pk).exists()
    assert not Chunk.objects.filter(document_id=str(leave.pk)).exists()
    (data,) = recorded("document_deleted")
    assert data["path"] == "policies/annual-leave.md"


def test_a_viewer_deletes_nothing(leave: Document) -> None:
    viewer = session_of(member_factory(leave.organization, Role.VIEWER))
    assert "Delete this document" not in shown(viewer, leave)
    assert viewer.post(f"/documents/{leave.pk}/delete").status_code == 403
    leave.refresh_from_db()
    assert leave.state == "indexed"
