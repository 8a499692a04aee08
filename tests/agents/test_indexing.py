"""The index follows the documents: once, all of it, and nothing else."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from django.db import IntegrityError, connections, transaction
from django.db.models import Count, Sum

from agents.embeddings import get_embedder
from agents.embeddings.base import EmbedderUnavailable, EmbeddingError
from agents.retrieval import indexing, selectors, versions
from agents.retrieval.errors import IndexVersionError
from agents.retrieval.indexing import IndexDocument, IndexResult, document_remove
from agents.retrieval.loading import load_text
from agents.retrieval.models import Chunk, CorpusStatistics, IndexVersion, Posting, Sentence
from tests.agents.knowledge_index import DEPLOY, LEAVE, OURS, THEIRS, found, index

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


def rebuilt(*texts: str, name: str = "") -> IndexVersion:
    documents = [
        IndexDocument(organization_id=OURS, document_id=f"{number}.md", path=f"{number}.md", title="T",
                      source=load_text(text, f"{number}.md", title="T"))
        for number, text in enumerate(texts)
    ]  # fmt: skip
    return versions.version_build(documents, name=name)


def test_a_version_is_built_beside_the_active_one_and_switched_in() -> None:
    index(LEAVE, "leave.md")
    version = rebuilt(DEPLOY, name="autumn")
    assert (version.state, found("annual leave").index_version) == ("kept", "v1")
    versions.version_activate(version)
    result = found("rolling back checkout")
    assert (result.index_version, result.hits[0].path) == ("autumn", "0.md")
    assert versions.version_rollback().name == "v1"
    assert {hit.path for hit in found("annual leave").hits} == {"leave.md"}
    assert versions.version_rollback().name == "autumn"
    assert statistics_hold()


def test_changes_reach_every_kept_version() -> None:
    index(LEAVE, "leave.md")
    version = rebuilt()
    index(DEPLOY, "deploy.md")
    assert selectors.counts(organization_id=OURS, version=version) == selectors.Counts(documents=1, chunks=1)
    document_remove(organization_id=OURS, document_id="deploy.md")
    assert selectors.counts(organization_id=OURS, version=version) == selectors.Counts(documents=0, chunks=0)
    assert selectors.counts(organization_id=OURS) == selectors.Counts(documents=1, chunks=2)


def test_a_failed_build_cannot_be_activated_and_the_active_version_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    index(LEAVE, "leave.md")

    def broken():
        raise RuntimeError("disk full")
        yield

    with pytest.raises(RuntimeError):
        versions.version_build(broken(), name="bad")
    failed = selectors.version_named("bad")
    assert (failed.state, failed.note) == ("failed", "RuntimeError: disk full")
    with pytest.raises(IndexVersionError, match="is failed"):
        versions.version_activate(failed)
    with pytest.raises(IndexVersionError, match="already"):
        versions.version_start(name="bad")
    assert selectors.active_version().name == "v1"


def test_a_kept_version_that_misses_a_change_is_not_switched_back_to() -> None:
    index(LEAVE, "leave.md")
    old = IndexVersion.objects.create(name="old", embedder="openai:gone", dimension=8, chunker="c", state="kept")
    index(DEPLOY, "deploy.md")
    old.refresh_from_db()
    assert (old.state, old.note.split(":")[0]) == ("failed", "Missed a change of deploy.md")


def test_a_pinned_version_is_searched(settings) -> None:
    index(LEAVE, "leave.md")
    rebuilt(DEPLOY, name="autumn")
    settings.AURORA_INDEX_VERSION = "autumn"
    assert found("rolling back").index_version == "autumn"
    settings.AURORA_INDEX_VERSION = "winter"
    with pytest.raises(IndexVersionError, match="winter"):
        found("rolling back")


def test_versions_are_deleted_with_their_rows_but_not_while_in_use() -> None:
    index(LEAVE, "leave.md")
    version = rebuilt(DEPLOY)
    versions.version_delete(version)
    assert not Chunk.objects.filter(version_id=version.pk).exists()
    with pytest.raises(IndexVersionError, match="in use"):
        versions.version_delete(selectors.active_version())
    versions.index_reset()
    assert [model.objects.count() for model in (IndexVersion, Chunk, Sentence, Posting, CorpusStatistics)] == [0] * 5


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
