"""The page that shows what a search finds and why."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from agents.knowledge.services import document_apply, document_upload
from agents.retrieval.models import IndexVersion
from aurora_site.accounts.models import Membership, Role
from tests.agents.conftest import DISK, LEAVE
from tests.factories.accounts import member_factory, session_of

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

ADDRESS = "/knowledge/search"
LEAVE_TEXT, DISK_TEXT = LEAVE.decode(), DISK.decode()
QUESTION = "How many days of leave do I get?"


@pytest.fixture
def browser(editor: Membership, documents: dict[str, Any]) -> Client:
    return session_of(editor)


def found(browser: Client, question: str = QUESTION, **filters: str) -> Any:
    answer = browser.get(ADDRESS, {"q": question, **filters})
    assert answer.status_code == 200
    return answer


def test_without_a_question_there_is_a_form_alone(browser: Client) -> None:
    page = browser.get(ADDRESS)
    assert page.status_code == 200
    assert "result" not in page.context
    assert "<option>policies</option><option>runbooks</option>" in page.content.decode()


def test_hits_are_shown_in_order_with_their_parts_and_the_verdict(browser: Client, documents: dict[str, Any]) -> None:
    page = found(browser)
    hits = page.context["hits"]
    assert [shown.hit.score for shown in hits] == sorted((shown.hit.score for shown in hits), reverse=True)
    first = hits[0]
    assert first.hit.path == "policies/annual-leave.md" and first.hit.relevant
    assert [part.name for part in first.parts] == ["Score", "Meaning", "Best sentence", "Nearness", "Words"]
    assert first.parts[-1].percent == 100 and all(0 <= part.percent <= 100 for part in first.parts)
    text = page.content.decode()
    assert "This would be answered" in text
    assert f"{page.context['result'].searched} passages searched" in text
    assert f"index version {page.context['result'].index_version}" in text
    leave = documents["policies/annual-leave.md"]
    assert re.search(rf"/documents/{leave.pk}\?start=\d+&amp;end=\d+&amp;mark=\d+-\d+#passage", text)


def test_the_best_sentence_and_the_questions_words_are_marked(browser: Client) -> None:
    html = found(browser).context["hits"][0].html
    (best,) = re.findall(r"<mark>(.*?)</mark>", html, re.DOTALL)
    assert "25" in best and '<b class="term">days</b>' in best and '<b class="term">leave</b>' in best


def test_a_question_without_answer_says_that_it_would_be_declined(browser: Client) -> None:
    page = found(browser, "What is the capital of Peru?")
    assert "This would not be answered" in page.content.decode()
    assert page.context["nearest"]["text"] in " ".join(LEAVE_TEXT.split() + DISK_TEXT.split())
    assert not any(shown.hit.relevant for shown in page.context["hits"])


def test_filters_narrow_and_are_kept_in_the_form(browser: Client) -> None:
    page = found(browser, collection="runbooks")
    assert {shown.hit.path for shown in page.context["hits"]} == {"runbooks/disk-full.md"}
    assert "<option selected>runbooks</option>" in page.content.decode()
    page = found(browser, source="policies/")
    assert {shown.hit.path for shown in page.context["hits"]} == {"policies/annual-leave.md"}
    page = found(browser, until="1990-01-01")
    assert page.context["hits"] == [] and "No passage fits the filters." in page.content.decode()


@pytest.mark.parametrize(
    "filters", [{"since": "soon"}, {"since": "2026-02-01", "until": "2026-01-01"}, {"source": "x" * 2000}]
)
def test_a_filter_without_sense_is_named(browser: Client, filters: dict[str, str]) -> None:
    page = found(browser, **filters)
    assert list(page.context["wrong"]) in (["since"], ["source"])
    assert 'role="alert"' in page.content.decode() and "result" not in page.context


def test_markup_of_documents_and_questions_is_text(browser: Client, editor: Membership) -> None:
    content = b"# Odd\n\nThe printer says <script>alert('x')</script> & <b>stops</b> at noon."
    document = document_upload(organization=editor.organization, actor=editor.user, filename="odd.txt", content=content)
    document_apply(document_id=str(document.pk))
    text = found(browser, 'When does the printer <script>"stop"?').content.decode()
    assert "<script>alert" not in text and "<b>stops" not in text and 'printer <script>"' not in text
    assert '&lt;<b class="term">script</b>&gt;' in text


def test_readers_may_search_and_find_their_own_organisations_alone(editor: Membership, browser: Client) -> None:
    viewer = session_of(member_factory(editor.organization, Role.VIEWER))
    assert found(viewer).context["hits"]
    assert "/knowledge/questions" not in viewer.get(ADDRESS).content.decode()
    other = found(session_of(member_factory(role=Role.ADMIN)))
    assert other.context["hits"] == []
    assert "There are no indexed documents to search." in other.content.decode()


def test_an_index_that_cannot_be_used_is_said_to_be_so(browser: Client, settings: Any) -> None:
    settings.AURORA_INDEX_VERSION = "v99"
    assert "which is no complete index version" in found(browser).content.decode()
    assert browser.get("/documents").context["overview"].passages is None


def test_a_search_by_words_alone_says_so(browser: Client) -> None:
    IndexVersion.objects.update(embedder="openai:gone")
    page = found(browser)
    assert "Searched by words alone" in page.content.decode()
    assert page.context["hits"][0].hit.path == "policies/annual-leave.md"
