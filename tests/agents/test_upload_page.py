"""Adding documents by the web: by a plain form, and file by file from the script; refused ones leave nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agents.knowledge.services import document_apply
from agents.models import Document
from audit.models import Record
from aurora_site.accounts.models import Membership, Role
from tests.agents.conftest import LEAVE
from tests.factories.accounts import member_factory, session_of

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

TEXT = b"# Parking\n\nThe car park opens at seven. Ask the front desk for a permit."
SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def browser(editor: Membership) -> Client:
    return session_of(editor)


def send(browser: Client, *files: tuple[str, bytes], folder: str = "", script: bool = True) -> Any:
    data = {"files": [SimpleUploadedFile(name, content) for name, content in files], "folder": folder}
    return browser.post("/documents/upload", data, headers=SCRIPT if script else {})


def looked(browser: Client, *documents: Document, **query: Any) -> str:
    found = browser.get("/documents/states", {"id": [str(each.pk) for each in documents], **query}, headers=SCRIPT)
    assert found.status_code == 200
    return " ".join(found.content.decode().split())


def test_a_form_without_script_takes_several_files_and_says_what_became_of_each(browser: Client) -> None:
    answer = send(browser, ("parking.md", TEXT), ("tool.exe", b"MZ"), folder="office/", script=False)
    assert (answer.status_code, answer["Location"]) == (302, "/documents")
    page = browser.get("/documents").content.decode()
    assert "Parking was added. It can be found as soon as it is indexed." in page
    assert "tool.exe was not added." in page
    assert list(Document.objects.values_list("path", "title")) == [("office/parking.md", "Parking")]


def test_a_script_gets_the_line_of_its_file_and_then_how_far_it_is(browser: Client) -> None:
    answer = send(browser, ("parking.md", TEXT))
    document = Document.objects.get()
    assert answer.status_code == 200
    line = answer.content.decode()
    assert f'data-document="{document.pk}"' in line and "Indexing" in line and "data-waiting" in line
    assert "data-waiting" in looked(browser, document)
    document_apply(document_id=str(document.pk))
    line = looked(browser, document)
    assert "Indexed" in line and "data-waiting" not in line


def test_a_document_that_cannot_be_indexed_says_why(browser: Client) -> None:
    send(browser, ("parking.md", TEXT))
    Document.objects.update(state="failed", error="The stored file is <gone>.")
    assert "The stored file is &lt;gone&gt;." in looked(browser, Document.objects.get())


def test_a_file_at_a_known_path_is_said_to_replace_it(browser: Client) -> None:
    assert "replaced" not in send(browser, ("parking.md", TEXT)).content.decode()
    again = send(browser, ("parking.md", TEXT + b" Closed on Sundays."))
    assert "replaced the document that was there" in again.content.decode()
    document = Document.objects.get()
    assert "replaced" not in looked(browser, document)
    assert "replaced the document that was there" in looked(browser, document, replaced=str(document.pk))
    send(browser, ("parking.md", TEXT), script=False)
    assert "Parking replaced the document that was at its path." in browser.get("/documents").content.decode()


def test_a_near_duplicate_names_the_other(browser: Client, documents: dict[str, Any]) -> None:
    leave = documents["policies/annual-leave.md"]
    send(browser, ("copy.md", LEAVE), folder="old")
    copy = Document.objects.get(path="old/copy.md")
    document_apply(document_id=str(copy.pk))
    line = looked(browser, copy)
    assert "Says the same, or nearly, as" in line and f"/documents/{leave.pk}" in line
    page = browser.get(f"/documents/{copy.pk}").content.decode()
    assert "(100 % alike)" in page
    assert [row.path for row in browser.get("/documents?show=alike").context["page"]] == ["old/copy.md"]


@pytest.mark.parametrize(
    ("name", "content", "status", "words"),
    [
        ("tool.exe", b"MZ", 415, "tool.exe"),
        ("nul.txt", b"a\x00b", 400, "nul.txt"),
        ("empty.md", b" \n", 400, "empty.md"),
        ("broken.pdf", b"%PDF-1.7\nnot really", 400, "PDF"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    browser: Client, name: str, content: bytes, status: int, words: str
) -> None:
    answer = send(browser, (name, content))
    assert answer.status_code == status
    line = answer.content.decode()
    assert "Not added" in line and words in line
    assert not Document.objects.exists()


def test_a_file_over_the_limit_is_refused_unread(browser: Client, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 1024 * 1024
    answer = send(browser, ("large.md", b"x" * (1024 * 1024 + 1)))
    assert answer.status_code == 413
    assert "larger than the 1 MB" in answer.content.decode()
    assert not Document.objects.exists()


@pytest.mark.parametrize("folder", ["../up", "a/../../b"])
def test_a_folder_that_leads_elsewhere_is_refused(browser: Client, folder: str) -> None:
    assert send(browser, ("parking.md", TEXT), folder=folder).status_code == 400
    assert not Document.objects.exists()


def test_without_a_file_nothing_happens(browser: Client) -> None:
    assert send(browser).status_code == 400
    assert send(browser, script=False).status_code == 302
    assert "Choose a file to add." in browser.get("/documents").content.decode()


def test_more_than_twenty_files_at_once_are_refused(browser: Client) -> None:
    send(browser, *[(f"{number}.md", TEXT) for number in range(21)], script=False)
    assert "Add at most 20 files at once." in browser.get("/documents").content.decode()
    assert not Document.objects.exists()


@pytest.mark.parametrize("script", [True, False])
def test_a_viewer_is_refused_and_nothing_is_kept(editor: Membership, script: bool) -> None:
    viewer = session_of(member_factory(editor.organization, Role.VIEWER))
    answer = send(viewer, ("parking.md", TEXT), script=script)
    text = answer.content.decode() if script else viewer.get("/documents").content.decode()
    assert answer.status_code == (403 if script else 302)
    assert "Adding documents needs the role of an editor." in text
    assert not Document.objects.exists()
    assert not Record.objects.filter(event__startswith="knowledge.").exists()
    assert "data-upload" not in viewer.get("/documents").content.decode()


def test_the_states_of_anothers_documents_are_not_told(documents: dict[str, Any]) -> None:
    other = session_of(member_factory(role=Role.ADMIN))
    line = looked(other, *documents.values())
    assert "annual-leave" not in line and line.count("This document is no longer there.") == 2
    assert looked(other, id="nonsense") == ""
