"""Documents with the same or nearly the same text are told apart from their older twins."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from agents.knowledge.duplicates import BANDS, THRESHOLD, band_keys, resemblance, shingles
from agents.knowledge.models import Document, DocumentBand
from agents.knowledge.services import document_apply, document_delete, document_upload
from aurora_site.accounts.models import Membership, Role
from tests.factories.accounts import Api, member_factory

database = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

SENTENCES = [
    "The backup of the ledger runs every night at two and keeps the copies of thirty days.",
    "Ask the platform team before you restart the queue, because waiting orders would be lost.",
    "Refunds over five hundred pounds need a second signature from the finance department.",
    "Visitors sign in at the front desk, wear a badge and are met by the person they came to see.",
    "The staging environment is rebuilt from scratch on the first Monday of every month.",
    "Passwords are changed when somebody leaves, and shared accounts are not allowed anywhere.",
    "Deliveries to the Leeds office arrive at dock three between eight in the morning and noon.",
    "A failed payment is tried again after one hour, then after six, and then it is given up.",
]
TEXT = "\n\n".join(SENTENCES)
NEARLY = TEXT.replace("thirty days", "forty days")
OTHER = "\n\n".join(reversed([sentence.replace("the", "some").replace("a ", "one ") for sentence in SENTENCES]))


def add(member: Membership, path: str, text: str) -> Document:
    document = document_upload(
        organization=member.organization, actor=member.user, filename=path, content=text.encode()
    )
    document_apply(document_id=str(document.pk))
    return Document.objects.get(pk=document.pk)


def twin(document: Document) -> tuple[str | None, float | None]:
    document = Document.objects.select_related("duplicate_of").get(pk=document.pk)
    return (document.duplicate_of.path if document.duplicate_of else None, document.similarity)


@database
def test_the_newer_of_two_alike_names_the_older(editor: Membership, api: Api) -> None:
    first, copy = add(editor, "a.md", TEXT), add(editor, "sub/b.txt", TEXT.upper().replace("\n\n", "\n"))
    nearly, other = add(editor, "c.md", NEARLY), add(editor, "d.md", OTHER)
    assert twin(first) == (None, None)
    assert twin(copy) == ("a.md", 1.0)
    path, similarity = twin(nearly)
    assert path == "a.md"
    assert similarity == pytest.approx(resemblance(shingles(TEXT), shingles(NEARLY)), abs=1e-4)
    assert THRESHOLD < similarity < 1
    assert twin(other) == (None, None)
    shown = {item["path"]: item for item in api.get("/api/v1/knowledge/documents").json()["documents"]}
    assert (shown["sub/b.txt"]["duplicate_of"], shown["sub/b.txt"]["similarity"]) == ("a.md", 1.0)
    assert (shown["a.md"]["duplicate_of"], shown["a.md"]["similarity"]) == (None, None)
    assert api.get(f"/api/v1/knowledge/documents/{nearly.pk}").json()["duplicate_of"] == "a.md"


@database
def test_another_organisation_has_no_part_in_it(editor: Membership) -> None:
    add(editor, "a.md", TEXT)
    assert twin(add(member_factory(role=Role.EDITOR), "b.md", TEXT)) == (None, None)


@database
def test_a_new_text_is_compared_anew(editor: Membership) -> None:
    add(editor, "a.md", TEXT)
    copy = add(editor, "b.md", TEXT)
    add(editor, "b.md", OTHER)
    assert twin(copy) == (None, None)
    add(editor, "b.md", NEARLY)
    assert twin(copy)[0] == "a.md"
    assert DocumentBand.objects.filter(document=copy).count() == BANDS + 1


@database
def test_when_the_older_changes_its_duplicates_find_another_or_none(editor: Membership) -> None:
    add(editor, "a.md", TEXT)
    second, third = add(editor, "b.md", TEXT), add(editor, "c.md", TEXT)
    add(editor, "a.md", OTHER)
    assert (twin(second), twin(third)) == ((None, None), ("b.md", 1.0))
    add(editor, "a.md", TEXT)
    assert twin(second) == ("a.md", 1.0)


@database
def test_when_the_older_goes_its_duplicates_find_another_or_none(editor: Membership, api: Api) -> None:
    first = add(editor, "a.md", TEXT)
    second, third = add(editor, "b.md", TEXT), add(editor, "c.md", TEXT)
    document_delete(document=first, actor_id="")
    shown = api.get(f"/api/v1/knowledge/documents/{second.pk}").json()
    assert (shown["duplicate_of"], shown["similarity"]) == (None, None)
    document_apply(document_id=str(first.pk))
    assert (twin(second), twin(third)) == ((None, None), ("b.md", 1.0))
    assert not DocumentBand.objects.filter(document_id=first.pk).exists()


@database
def test_of_two_that_come_in_at_once_one_is_the_duplicate(editor: Membership) -> None:
    documents = [
        document_upload(organization=editor.organization, actor=editor.user, filename=name, content=TEXT.encode())
        for name in ("a.md", "b.md")
    ]
    gate = threading.Barrier(2)

    def apply(document: Document) -> None:
        gate.wait()
        document_apply(document_id=str(document.pk))
        connection.close()

    workers = [threading.Thread(target=apply, args=[document]) for document in documents]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [twin(document) for document in documents] == [(None, None), ("a.md", 1.0)]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("有給休暇は年に二十五日、翌年に五日まで繰越。", "有給休暇は年に二十五日、翌年に六日まで繰越。", True),
        ("พนักงานได้รับวันลาพักร้อนปีละยี่สิบห้าวันทุกคน", "พนักงานได้รับวันลาพักร้อนปีละยี่สิบหกวันทุกคน", True),
        ("Ein Satz über Urlaub.", "A sentence about leave.", False),
        ("...", "!!!", False),
        ("Go", "go.", True),
    ],
)
def test_any_language_is_compared(one: str, other: str, alike: bool) -> None:
    assert (resemblance(shingles(one), shingles(other)) >= 0.6) is alike


@given(
    st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]), max_size=60), st.integers(0, 59)
)
def test_resemblance_is_that_of_the_sets_of_shingles(words: list[str], at: int) -> None:
    changed = [*words[:at], "eta", *words[at + 1 :]]
    one, other = ({tuple(text[i : i + 3]) for i in range(len(text) - 2)} for text in (words, changed))
    if len(words) >= 3 and len(changed) >= 3:
        found = resemblance(shingles(" ".join(words)), shingles(" ".join(changed)))
        assert found == pytest.approx(len(one & other) / len(one | other))
    assert band_keys(" ".join(words)) == band_keys(" \n".join(words).upper())
