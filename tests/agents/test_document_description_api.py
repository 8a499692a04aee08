"""``PATCH /api/v1/knowledge/documents/{id}``."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models import Document
from audit.models import Record
from aurora_site.accounts.models import Membership, Role
from tests.factories.accounts import Api, member_factory, signed_in_as

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


@pytest.fixture
def address(documents: dict[str, Any]) -> str:
    return f"/api/v1/knowledge/documents/{documents['policies/annual-leave.md'].pk}"


def described() -> int:
    return Record.objects.filter(event="knowledge.document_described").count()


def test_owner_and_review_date_are_set_and_taken_away(api: Api, address: str) -> None:
    answer = api.patch(address, {"owner": "People", "review_date": "2030-01-31"})
    assert answer.status_code == 200
    assert (answer.json()["owner"], answer.json()["review_date"], answer.json()["state"]) == (
        "People", "2030-01-31", "indexed",
    )  # fmt: skip
    assert api.patch(address, {"owner": "", "review_date": None}).json()["review_date"] is None
    assert api.get(address).json()["owner"] == ""
    assert described() == 2


def test_another_title_has_the_document_indexed_again(api: Api, address: str) -> None:
    assert api.patch(address, {"title": "Holidays"}).json()["state"] == "pending"
    assert api.get(address).json()["title"] == "Holidays"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["body"]),
        ({"path": "other.md"}, ["path"]),
        ({"title": ""}, ["title"]),
        ({"owner": 7}, ["owner"]),
        ({"owner": "a\nb\x07"}, ["owner"]),
        ({"review_date": "31.1.2030"}, ["review_date"]),
        ({"review_date": "1900-01-31"}, ["review_date"]),
        ({"collection": "c" * 65}, ["collection"]),
    ],
)
def test_what_is_wrong_is_named_and_nothing_changes(
    api: Api, address: str, body: dict[str, Any], fields: list[str]
) -> None:
    before = list(Document.objects.order_by("path").values())
    answer = api.patch(address, body)
    assert (answer.status_code, sorted(answer.json()["fields"])) == (400, fields)
    assert list(Document.objects.order_by("path").values()) == before
    assert described() == 0


def test_viewers_and_others_change_nothing(editor: Membership, address: str) -> None:
    viewer = signed_in_as(member_factory(editor.organization, Role.VIEWER))
    assert viewer.patch(address, {"owner": "me"}).status_code == 403
    other = signed_in_as(member_factory(role=Role.ADMIN))
    assert other.patch(address, {"owner": "me"}).status_code == 404
    assert not Document.objects.filter(owner="me").exists()
    assert described() == 0


def test_the_api_documentation_has_it(api: Api) -> None:
    paths = api.get("/openapi.json").json()["paths"]
    assert "patch" in paths["/api/v1/knowledge/documents/{document_id}"]
    assert {"/api/v1/knowledge/questions", "/api/v1/knowledge/questions/{question_id}/settle"} <= set(paths)
