"""Documents by REST: in, listed, found, replaced, gone; bad ones refused with nothing kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from agents.knowledge import selectors
from agents.knowledge.services import document_apply
from agents.models import Document
from agents.retrieval.models import Chunk
from audit.models import Record
from aurora_site.accounts.models import Membership, Role
from aurora_site.accounts.services.installation import organization_default_ensure
from tests.factories.accounts import Api, member_factory, signed_in_as

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

ADDRESS = "/api/v1/knowledge/documents"
TEXT = "# Parking\n\nThe car park opens at seven. Ask the front desk for a permit."


def upload(api: Api, name: str, content: bytes, **fields: str) -> Any:
    data = {"file": SimpleUploadedFile(name, content), **fields}
    return api.client.post(ADDRESS, data, headers=api.headers)


def assert_nothing_kept(tmp_home: Any = None) -> None:
    assert Document.objects.count() == 0
    assert Chunk.objects.count() == 0
    assert not Record.objects.filter(event__startswith="knowledge.").exists()


def test_an_uploaded_document_is_found_once_it_is_applied(api: Api) -> None:
    response = upload(api, "parking.md", TEXT.encode(), path="office/parking.md")
    assert response.status_code == 202
    body = response.json()
    assert (body["path"], body["title"], body["collection"], body["state"]) == (
        "office/parking.md", "Parking", "office", "pending",
    )  # fmt: skip
    document_apply(document_id=body["id"])
    assert api.get(f"{ADDRESS}/{body['id']}").json()["state"] == "indexed"
    results = api.get("/api/v1/knowledge/search?q=when+does+the+car+park+open&k=3").json()["results"]
    assert results[0]["document_id"] == body["id"]
    assert results[0]["path"] == "office/parking.md"
    assert results[0]["relevant"] is True
    assert Record.objects.filter(event="knowledge.document_added", subject_id=body["id"]).count() == 1


def test_a_document_can_come_as_json(api: Api) -> None:
    response = api.post(ADDRESS, {"title": "Parking", "path": "office/parking", "text": TEXT})
    assert response.status_code == 202
    assert response.json()["path"] == "office/parking.md"


def test_the_same_path_again_replaces_the_document(api: Api) -> None:
    first = upload(api, "parking.md", TEXT.encode()).json()
    document_apply(document_id=first["id"])
    second = upload(api, "parking.md", b"# Parking\n\nThe car park closed for good.").json()
    assert second["id"] == first["id"]
    document_apply(document_id=first["id"])
    texts = list(Chunk.objects.filter(document_id=first["id"]).values_list("text", flat=True))
    assert len(texts) == 1
    assert "closed for good" in texts[0]


def test_a_deleted_document_is_gone_from_list_and_search(api: Api, documents: dict[str, Any]) -> None:
    document = documents["policies/annual-leave.md"]
    assert api.delete(f"{ADDRESS}/{document.pk}").status_code == 202
    assert [item["path"] for item in api.get(ADDRESS).json()["documents"]] == ["runbooks/disk-full.md"]
    assert api.get(f"{ADDRESS}/{document.pk}").status_code == 404
    document_apply(document_id=str(document.pk))
    document_apply(document_id=str(document.pk))
    assert not Chunk.objects.filter(document_id=str(document.pk)).exists()
    assert not Document.objects.filter(pk=document.pk).exists()


def test_what_the_queue_lost_is_swept(api: Api) -> None:
    body = upload(api, "parking.md", TEXT.encode()).json()
    assert selectors.documents_to_sweep() == []
    Document.objects.update(updated_at="2026-01-01T00:00:00Z")
    assert selectors.documents_to_sweep() == [body["id"]]


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("broken.pdf", b"%PDF-1.7\nnot really", 400, "UNREADABLE_DOCUMENT"),
        ("text.pdf", b"just text", 400, "UNREADABLE_DOCUMENT"),
        ("cyrillic.md", "Отпуск".encode("cp1251"), 400, "UNREADABLE_DOCUMENT"),
        ("nul.txt", b"a\x00b", 400, "UNREADABLE_DOCUMENT"),
        ("empty.md", b"  \n", 400, "UNREADABLE_DOCUMENT"),
        ("program.exe", b"MZ", 415, "UNSUPPORTED_DOCUMENT"),
        ("no-ending", b"text", 415, "UNSUPPORTED_DOCUMENT"),
    ],
)
def test_documents_that_cannot_be_read_are_refused(api: Api, name: str, content: bytes, status: int, code: str) -> None:
    response = upload(api, name, content)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["fields"]
    assert_nothing_kept()


@pytest.mark.parametrize(
    "path", ["../secret.md", "a/../../b.md", "/etc/passwd.md", "C:\\x.md", "..\\x.md", "a\x07b.md", "x" * 300 + ".md"]
)
def test_paths_that_lead_elsewhere_are_refused(api: Api, path: str) -> None:
    response = api.post(ADDRESS, {"path": path, "text": TEXT})
    assert response.status_code == 400
    assert list(response.json()["fields"]) == ["path"]
    assert_nothing_kept()


def test_a_document_over_the_limit_is_413(api: Api, settings: Any) -> None:
    response = upload(api, "large.md", b"x" * (settings.MAX_UPLOAD_BYTES + 1))
    assert response.status_code == 413
    assert list(response.json()["fields"]) == ["file"]
    assert_nothing_kept()


def test_ten_megabytes_of_text_are_taken(api: Api) -> None:
    content = b"The queue keeps forty items.\n\n" * 333_000
    response = upload(api, "large.md", content)
    assert (response.status_code, response.json()["size"]) == (202, len(content))
    assert len(api.get(f"{ADDRESS}/{response.json()['id']}").json()["text"]) == len(content)


def test_a_form_without_file_names_the_field(api: Api) -> None:
    response = api.client.post(ADDRESS, {"path": "x.md"}, headers=api.headers)
    assert response.status_code == 400
    assert list(response.json()["fields"]) == ["file"]


def test_viewers_read_but_do_not_write(editor: Membership, documents: dict[str, Any]) -> None:
    viewer = signed_in_as(member_factory(editor.organization, Role.VIEWER))
    document = documents["policies/annual-leave.md"]
    assert viewer.get(ADDRESS).json()["total"] == 2
    assert upload(viewer, "parking.md", TEXT.encode()).status_code == 403
    assert viewer.delete(f"{ADDRESS}/{document.pk}").status_code == 403
    assert Document.objects.filter(state="indexed").count() == 2


def test_another_organisation_finds_nothing(documents: dict[str, Any]) -> None:
    other = signed_in_as(member_factory(role=Role.ADMIN))
    document = documents["policies/annual-leave.md"]
    assert other.get(ADDRESS).json() == {"documents": [], "total": 0}
    assert other.get(f"{ADDRESS}/{document.pk}").status_code == 404
    assert other.delete(f"{ADDRESS}/{document.pk}").status_code == 404
    assert other.get("/api/v1/knowledge/search?q=leave").json()["results"] == []


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20", "?q=a%00b", "?q=leave&k=0", "?q=leave&k=x"])
def test_a_search_without_sense_names_the_parameter(api: Api, query: str) -> None:
    response = api.get(f"/api/v1/knowledge/search{query}")
    assert response.status_code == 400
    assert list(response.json()["fields"]) in (["q"], ["k"])


class TestReindex:
    def test_needs_allow_admin_and_an_admin(self, editor: Membership, api: Api, settings: Any) -> None:
        admin = signed_in_as(member_factory(editor.organization, Role.ADMIN))
        assert admin.post("/admin/reindex").json()["code"] == "ADMIN_NOT_ENABLED"
        settings.ALLOW_ADMIN = True
        assert api.post("/admin/reindex").status_code == 403

    def test_answers_how_many_documents_are_indexed(
        self, editor: Membership, documents: dict[str, Any], settings: Any
    ) -> None:
        settings.ALLOW_ADMIN = True
        admin = signed_in_as(member_factory(editor.organization, Role.ADMIN))
        response = admin.post("/admin/reindex")
        assert response.json() == {"success": True, "doc_count": 2, "message": "2 documents are indexed."}
        assert Chunk.objects.values("document_id").distinct().count() == 2

    def test_follows_the_folder_of_the_default_organisation(self, settings: Any, tmp_path: Path) -> None:
        settings.ALLOW_ADMIN, settings.SEED_DATA_DIR, settings.AURORA_AUTO_INGEST = True, str(tmp_path), False
        (tmp_path / "leave.md").write_text("# Leave\n\nYou get 25 days.")
        (tmp_path / "broken.pdf").write_bytes(b"no pdf")
        admin = signed_in_as(member_factory(organization_default_ensure(), Role.ADMIN))
        message = "1 documents are indexed. 1 can't be read: broken.pdf."
        assert admin.post("/admin/reindex").json() == {"success": True, "doc_count": 1, "message": message}
        (tmp_path / "leave.md").unlink()
        assert admin.post("/admin/reindex").json()["doc_count"] == 0
        assert not Chunk.objects.exists()
        other = signed_in_as(member_factory(role=Role.ADMIN))
        assert other.post("/admin/reindex").json()["doc_count"] == 0
        settings.SEED_DATA_DIR = str(tmp_path / "missing")
        assert admin.post("/admin/reindex").status_code == 409
