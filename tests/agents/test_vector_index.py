"""Large organisations are searched through the vector index, small ones exactly; both find the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
from django.db import connections

from agents.retrieval import vector_index
from agents.retrieval.candidates import Candidate, candidates
from agents.retrieval.corpus import Corpus, corpus_of
from agents.retrieval.filters import UNFILTERED, SearchFilters
from agents.retrieval.lexical import weighted_terms
from agents.retrieval.models import Chunk, CorpusStatistics, IndexVersion
from agents.retrieval.vector_index import State
from aurora_site.core import embedded
from bench import search_corpus
from bench.search_corpus import FIRST_DAY, questions
from tests.agents.knowledge_index import OURS, THEIRS
from tests.agents.large_index import CHUNKS, invalidate, large_index, scans, small_limits

LATER = FIRST_DAY + timedelta(days=100)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[IndexVersion, search_corpus.Corpus]]:
    with small_limits(monkeypatch):
        yield large_index()


def nearest(found: list[Candidate], count: int = 10) -> list[int]:
    return [row.pk for row in sorted(found, key=lambda row: -row.dense)[:count]]


def exactly_nearest(
    large: tuple[IndexVersion, search_corpus.Corpus], vector: np.ndarray, organization_id: str, count: int = 10
) -> list[int]:
    version, synthetic = large
    ids = sorted(Chunk.objects.filter(version=version, organization_id=organization_id).values_list("pk", flat=True))
    first = Chunk.objects.order_by("pk").values_list("pk", flat=True)[0]
    cosines = synthetic.vectors[[pk - first for pk in ids]] @ vector
    return [ids[place] for place in np.argsort(-cosines)[:count]]


def test_a_large_organisation_is_searched_through_the_index(large: tuple[IndexVersion, search_corpus.Corpus]) -> None:
    version, synthetic = large
    assert (vector_index.state(version), vector_index.is_needed(version)) == (State.MISSING, True)
    assert vector_index.index_build(version) is True
    assert vector_index.state(version) == State.READY
    corpus, found = corpus_of(version, OURS), 0
    for vector, terms in questions(synthetic, 20):
        before = scans(version)
        near = nearest(candidates(version, corpus, vector, terms, UNFILTERED))
        assert scans(version) == before + 1
        found += len(set(near) & set(exactly_nearest(large, vector, OURS)))
    assert found / 200 >= 0.98


def test_a_small_organisation_is_searched_exactly_beside_a_large_one(
    large: tuple[IndexVersion, search_corpus.Corpus],
) -> None:
    version, synthetic = large
    vector_index.index_build(version)
    before = scans(version)
    for vector, terms in questions(synthetic, 20):
        found = candidates(version, corpus_of(version, THEIRS), vector, terms, UNFILTERED)
        assert nearest(found) == exactly_nearest(large, vector, THEIRS)
    assert scans(version) == before


def test_full_vectors_decide_what_half_precision_proposes(large: tuple[IndexVersion, search_corpus.Corpus]) -> None:
    version, synthetic = large
    vector_index.index_build(version)
    first = Chunk.objects.order_by("pk").values_list("pk", flat=True)[0]
    for vector, _ in questions(synthetic, 3):
        for row in candidates(version, corpus_of(version, OURS), vector, [], UNFILTERED):
            assert row.dense == pytest.approx(float(synthetic.vectors[row.pk - first] @ vector), abs=1e-6)


@pytest.mark.parametrize(
    ("filters", "matches", "by_index"),
    [
        (SearchFilters(source="collection-3/23.md"), {"path": "collection-3/23.md"}, False),
        (SearchFilters(source="collection-3"), {"collection": "collection-3"}, False),
        (SearchFilters(collection="collection-3"), {"collection": "collection-3"}, False),
        (SearchFilters(since=LATER), {"dated__gte": LATER}, True),
    ],
)
def test_few_matches_are_compared_exactly_and_many_through_the_index(
    large: tuple[IndexVersion, search_corpus.Corpus], filters: SearchFilters, matches: dict[str, Any], by_index: bool
) -> None:
    version, synthetic = large
    vector_index.index_build(version)
    corpus, before = corpus_of(version, OURS), scans(version)
    matching = set(Chunk.objects.filter(organization_id=OURS, **matches).values_list("pk", flat=True))
    for vector, terms in questions(synthetic, 5):
        found = candidates(version, corpus, vector, terms, filters)
        assert {row.pk for row in found} <= matching
        wanted = [pk for pk in exactly_nearest(large, vector, OURS, CHUNKS) if pk in matching][:10]
        assert len(set(nearest(found)) & set(wanted)) >= (9 if by_index else len(wanted))
    assert (scans(version) > before) is by_index


def test_searches_go_on_without_the_index_and_with_a_broken_one(
    large: tuple[IndexVersion, search_corpus.Corpus],
) -> None:
    version, synthetic = large
    (vector, terms), *_ = questions(synthetic, 1)

    def found() -> list[int]:
        return nearest(candidates(version, corpus_of(version, OURS), vector, terms, UNFILTERED))

    wanted = exactly_nearest(large, vector, OURS)
    assert found() == wanted
    vector_index.index_build(version)
    assert len(set(found()) & set(wanted)) >= 9
    invalidate(version)
    assert vector_index.state(version) == State.BROKEN
    assert found() == wanted
    vector_index.index_drop(vector_index.index_name(version))
    assert vector_index.state(version) == State.MISSING
    assert found() == wanted


def test_an_index_that_fails_when_read_is_done_without(
    large: tuple[IndexVersion, search_corpus.Corpus], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As PostgreSQL refuses a damaged page: an internal error in the middle of the statement."""
    version, synthetic = large
    (vector, terms), *_ = questions(synthetic, 1)
    with connections["retrieval"].cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION damaged(vector) RETURNS float8 LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'invalid page' USING ERRCODE = 'XX002'; END $$"
        )
    try:
        monkeypatch.setattr(vector_index, "distance", lambda version: "damaged(embedding)")
        found = candidates(version, corpus_of(version, OURS), vector, terms, UNFILTERED)
    finally:
        with connections["retrieval"].cursor() as cursor:
            cursor.execute("DROP FUNCTION damaged")
    assert nearest(found) == exactly_nearest(large, vector, OURS)


def test_only_one_process_builds(large: tuple[IndexVersion, search_corpus.Corpus]) -> None:
    version, _ = large
    name = connections["retrieval"].settings_dict["NAME"]
    with psycopg.connect(embedded.conninfo(name), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"vector index:{version.pk}"])
        assert vector_index.index_build(version) is False
        assert vector_index.state(version) == State.MISSING
        other.execute("SELECT pg_advisory_unlock_all()")
    assert vector_index.index_build(version) is True


def test_the_index_is_needed_from_the_limit_on(monkeypatch: pytest.MonkeyPatch) -> None:
    version = IndexVersion.objects.create(name="v1", embedder="e", dimension=384, chunker="c")
    statistics = CorpusStatistics.objects.create(version=version, organization_id=OURS, chunk_count=10_000)
    assert vector_index.is_needed(version) is False
    CorpusStatistics.objects.filter(pk=statistics.pk).update(chunk_count=12_000)
    assert vector_index.is_needed(version) is True
    # A hundredth part of a large installation is compared more quickly than found among the others.
    CorpusStatistics.objects.create(version=version, organization_id=THEIRS, chunk_count=1_188_000)
    ours, theirs = corpus_of(version, OURS), corpus_of(version, THEIRS)
    assert vector_index.is_quicker(version, ours, UNFILTERED) is False
    assert vector_index.is_quicker(version, theirs, UNFILTERED) is True
    # More dimensions than pgvector indexes.
    version.dimension = 4096
    assert vector_index.is_needed(version) is vector_index.is_quicker(version, theirs, UNFILTERED) is False


class TestWords:
    def test_common_terms_propose_nothing_but_count(
        self, large: tuple[IndexVersion, search_corpus.Corpus], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        version, synthetic = large
        common, rare = synthetic.vocabulary[0], synthetic.vocabulary[400]
        monkeypatch.setattr("agents.retrieval.lexical.POSTINGS_READ", 200)
        weighted = weighted_terms(version, corpus_of(version, OURS), [common, rare, "absent"])
        assert [(term.text, term.leading) for term in weighted] == [(rare, True), (common, False)]
        assert weighted[0].weight > weighted[1].weight > 0
        vector = synthetic.vectors[0]
        pruned = candidates(version, corpus_of(version, OURS), vector, [common, rare], UNFILTERED)
        monkeypatch.setattr("agents.retrieval.lexical.POSTINGS_READ", 1_000_000)
        whole = candidates(version, corpus_of(version, OURS), vector, [common, rare], UNFILTERED)
        scores = {row.pk: (row.bm25, row.terms) for row in whole}
        shared = [row for row in pruned if row.pk in scores]
        assert all((pytest.approx(row.bm25), row.terms) == scores[row.pk] for row in shared)
        assert {row.pk for row in whole if rare in row.terms} == {row.pk for row in pruned if rare in row.terms}
        assert any(row.terms == (common, rare) or row.terms == (rare, common) for row in pruned)

    def test_a_question_of_common_terms_alone_is_answered_by_the_rarest(
        self, large: tuple[IndexVersion, search_corpus.Corpus], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        version, synthetic = large
        monkeypatch.setattr("agents.retrieval.lexical.POSTINGS_READ", 10)
        terms = [synthetic.vocabulary[0], synthetic.vocabulary[5]]
        weighted = weighted_terms(version, corpus_of(version, OURS), terms)
        assert [term.leading for term in weighted] == [True, False]
        rows = candidates(version, corpus_of(version, OURS), synthetic.vectors[0], terms, UNFILTERED)
        best = max(rows, key=lambda row: row.bm25)
        assert set(best.terms) == set(terms)

    def test_all_terms_lead_in_a_small_corpus(self, large: tuple[IndexVersion, search_corpus.Corpus]) -> None:
        version, synthetic = large
        terms = synthetic.vocabulary[:30]
        weighted = weighted_terms(version, corpus_of(version, THEIRS), terms)
        assert all(term.leading for term in weighted)

    def test_scores_survive_statistics_that_lag_behind(self, large: tuple[IndexVersion, search_corpus.Corpus]) -> None:
        version, synthetic = large
        weighted = weighted_terms(version, Corpus(THEIRS, chunks=1, terms=0), synthetic.vocabulary[:3])
        assert all(term.weight > 0 for term in weighted)


def test_lost_statistics_hide_no_document(large: tuple[IndexVersion, search_corpus.Corpus]) -> None:
    version, _ = large
    before = corpus_of(version, THEIRS)
    CorpusStatistics.objects.all().delete()
    assert corpus_of(version, THEIRS) == before == Corpus(THEIRS, chunks=100, terms=100 * 47)
    assert corpus_of(version, "nobody").chunks == 0


def test_the_transaction_of_a_scan_leaves_no_settings_behind(
    large: tuple[IndexVersion, search_corpus.Corpus],
) -> None:
    version, synthetic = large
    (vector, terms), *_ = questions(synthetic, 1)
    candidates(version, corpus_of(version, OURS), vector, terms, UNFILTERED)
    assert connections["retrieval"].in_atomic_block is False
    with connections["retrieval"].cursor() as cursor:
        cursor.execute("SHOW hnsw.ef_search")
        assert cursor.fetchone() == ("40",)
