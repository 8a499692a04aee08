"""The index follows the documents: once, all of it, and nothing else."""

from __future__ import annotations

import threading
from datetime import date

import numpy as np
import pytest
from django.db import IntegrityError, connections, transaction
from django.db.models import Count, Sum

from agents.embeddings import get_embedder
from agents.embeddings.base import EmbedderUnavailable, EmbeddingError
from agents.retrieval import indexing, selectors, versions
from agents.retrieval.indexing import IndexResult, document_remove
from agents.retrieval.models import Chunk, CorpusStatistics, IndexVersion, Posting, Sentence
from tests.agents.knowledge_index import DEPLOY, LEAVE, OURS, THEIRS, index

pytestmark = pytest.mark.django_db(databases=["default", "retrieval"])


def statistics_hold() -> bool:
    """The kept statistics are those of the rows."""
    kept = {(row.version_id, row.organization_id): (row.chunk_count, row.term_total)
            for row in CorpusStatistics.objects.all() if row.chunk_count}  # fmt: skip
    rows = Chunk.objects.values_list("version", "organization_id").annotate(Count("id"), Sum("term_count"))
    postings = Posting.objects.aggregate(total=Sum("frequency"))["total"] or 0
    return kept == {row[:2]: row[2:] for row in rows} and postings == sum(total for _, total in kept.values())


def uuids(path: str) -> list[object]:
    return list(selectors.document_chunks(organization_id=OURS, document_id=path).values_list("uuid", flat=True))


class CountingEmbedder:
    """The real embedder, counting the texts that it is given."""

    def __init__(self) -> None:
        self.texts = 0
        self.name, self.dimension = get_embedder().name, get_embedder().dimension

    def embed_documents(self, texts):
        self.texts += len(texts)
        return get_embedder().embed_documents(texts)


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> CountingEmbedder:
    counting = CountingEmbedder()
    monkeypatch.setattr(indexing, "embedder_named", lambda name: counting)
    return counting


def test_a_document_is_indexed_with_its_places(embedder: CountingEmbedder) -> None:
    assert index(LEAVE, "hr/leave.md", collection="hr") == IndexResult(chunks=2, embedded=2, changed=True)
    first, second = selectors.document_chunks(organization_id=OURS, document_id="hr/leave.md")
    assert (first.path, first.title, first.heading, first.collection) == (
        "hr/leave.md", "Annual leave", "Annual leave > How much", "hr",
    )  # fmt: skip
    assert LEAVE[first.start : first.end] == first.text
    assert [LEAVE[row.start : row.end] for row in second.sentences.order_by("ordinal")] == [
        "1. Check your team's calendar.", "2. Enter the days in the people system.",
    ]  # fmt: skip
    assert statistics_hold()


def test_the_same_again_changes_and_embeds_nothing(embedder: CountingEmbedder) -> None:
    index(LEAVE, "leave.md")
    before, embedded = list(Chunk.objects.values_list("id", "uuid")), embedder.texts
    assert index(LEAVE, "leave.md") == IndexResult(chunks=2, embedded=0, changed=False)
    assert list(Chunk.objects.values_list("id", "uuid")) == before
    assert embedder.texts == embedded


def test_only_changed_passages_are_embedded_and_others_keep_their_ids(embedder: CountingEmbedder) -> None:
    index(LEAVE, "leave.md")
    first, second = uuids("leave.md")
    assert index(LEAVE.replace("25", "30"), "leave.md") == IndexResult(chunks=2, embedded=1, changed=True)
    changed, kept = uuids("leave.md")
    assert kept == second
    assert changed != first
    assert statistics_hold()


def test_a_moved_document_is_not_embedded_again(embedder: CountingEmbedder) -> None:
    index(LEAVE, "old/leave.md", document_id="1")
    vectors = list(Chunk.objects.order_by("ordinal").values_list("embedding", flat=True))
    assert index(LEAVE, "new/leave.md", document_id="1") == IndexResult(chunks=2, embedded=0, changed=True)
    rows = Chunk.objects.order_by("ordinal")
    assert {row.path for row in rows} == {"new/leave.md"}
    np.testing.assert_array_equal([list(row.embedding) for row in rows], [list(vector) for vector in vectors])
    assert Sentence.objects.filter(chunk__in=rows).count() == 4


def test_another_organisations_vectors_are_not_reused(embedder: CountingEmbedder) -> None:
    index(LEAVE, "leave.md")
    assert index(LEAVE, "leave.md", organization_id=THEIRS).embedded == 2
    assert statistics_hold()


def test_a_removed_document_leaves_nothing_behind() -> None:
    index(LEAVE, "leave.md")
    index(DEPLOY, "deploy.md")
    assert document_remove(organization_id=THEIRS, document_id="leave.md") == 0
    assert document_remove(organization_id=OURS, document_id="leave.md") == 2
    assert document_remove(organization_id=OURS, document_id="leave.md") == 0
    assert set(Chunk.objects.values_list("document_id", flat=True)) == {"deploy.md"}
    assert not Posting.objects.exclude(chunk__document_id="deploy.md").exists()
    assert statistics_hold()


def test_a_document_that_is_no_longer_current_is_not_written() -> None:
    assert index(LEAVE, "leave.md", is_current=lambda: False).changed is False
    assert not Chunk.objects.exists()


def test_a_failing_embedder_leaves_the_index_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    index(LEAVE, "leave.md")
    before = uuids("leave.md")

    class Failing(CountingEmbedder):
        def embed_documents(self, texts):
            raise EmbeddingError("no")

    monkeypatch.setattr(indexing, "embedder_named", lambda name: Failing())
    with pytest.raises(EmbeddingError):
        index(DEPLOY, "leave.md")
    assert uuids("leave.md") == before


@pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])
def test_writers_of_one_document_take_turns() -> None:
    index(LEAVE, "leave.md")
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            index(LEAVE.replace("25", str(number)), "leave.md")
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(30, 36)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Chunk.objects.count() == 2
    assert statistics_hold()


def test_there_is_one_active_version() -> None:
    first = versions.version_ensure_active()
    assert (first.name, first.state, first.dimension) == ("v1", "active", 384)
    assert versions.version_ensure_active() == first
    with pytest.raises(IntegrityError), transaction.atomic(using="retrieval"):
        IndexVersion.objects.create(name="x", embedder="e", dimension=3, chunker="c", state="active")


def test_selectors_ask_for_one_organisation() -> None:
    assert selectors.active_version_exists() is False
    index(LEAVE, "leave.md")
    assert selectors.active_version_exists() is True
    chunk = selectors.document_chunks(organization_id=OURS, document_id="leave.md")[0]
    assert selectors.chunk_of_organization(organization_id=OURS, chunk_id=str(chunk.uuid)) == chunk
    assert selectors.chunk_of_organization(organization_id=THEIRS, chunk_id=str(chunk.uuid)) is None
    assert selectors.chunk_of_organization(organization_id=OURS, chunk_id="nonsense") is None
    assert list(selectors.document_chunks(organization_id=THEIRS, document_id="leave.md")) == []
    assert selectors.indexed_documents(organization_id=OURS, version=chunk.version) == ["leave.md"]


def test_the_index_counts_as_missing_before_its_tables_are_made() -> None:
    with transaction.atomic(using="retrieval"):
        with connections["retrieval"].cursor() as cursor:
            cursor.execute("ALTER TABLE retrieval_indexversion RENAME TO elsewhere")
        assert selectors.active_version_exists() is False
        transaction.set_rollback(True, using="retrieval")


def test_an_unknown_embedder_is_said_so() -> None:
    version = versions.version_ensure_active()
    IndexVersion.objects.filter(pk=version.pk).update(embedder="openai:gone")
    with pytest.raises(EmbedderUnavailable, match="openai:gone"):
        index(LEAVE, "leave.md")


def test_the_day_of_a_document_is_kept_and_a_new_one_embeds_nothing(embedder: CountingEmbedder) -> None:
    index(LEAVE, "leave.md", dated=date(2026, 3, 1))
    index(DEPLOY, "deploy.md")
    assert set(Chunk.objects.values_list("path", "dated")) == {("leave.md", date(2026, 3, 1)), ("deploy.md", None)}
    assert index(LEAVE, "leave.md", dated=date(2026, 4, 1)) == IndexResult(chunks=2, embedded=0, changed=True)
    assert set(Chunk.objects.filter(path="leave.md").values_list("dated", flat=True)) == {date(2026, 4, 1)}


def test_a_large_document_is_embedded_in_pieces_and_searches_see_the_old_text_or_the_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def paper(word: str) -> str:
        return "# Paper\n\n" + "\n\n".join(f"## Part {part}\n\nPart {part} tells {word}." for part in range(900))

    seen: list[tuple[int, set[str]]] = []

    class Watching(CountingEmbedder):
        def embed_documents(self, texts):
            words = {text.rsplit(" ", 1)[1] for text in Chunk.objects.values_list("text", flat=True)}
            seen.append((len(texts), words))
            return np.ones((len(texts), self.dimension), dtype=np.float32)

    monkeypatch.setattr(indexing, "embedder_named", lambda name: Watching())
    assert index(paper("this"), "paper.md") == IndexResult(chunks=900, embedded=900, changed=True)
    assert index(paper("that"), "paper.md") == IndexResult(chunks=900, embedded=900, changed=True)
    assert max(size for size, _ in seen) <= 1000
    assert [words for _, words in seen] == [set()] * (len(seen) // 2) + [{"this."}] * (len(seen) // 2)
    chunks = list(selectors.document_chunks(organization_id=OURS, document_id="paper.md"))
    assert [chunk.text.split("\n")[-1] for chunk in chunks] == [f"Part {part} tells that." for part in range(900)]
    assert statistics_hold()
