"""Whatever breaks in the knowledge index: searches go on, /health says so, and one run of the task mends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DataError, connections

from agents.retrieval import schema, vector_index
from agents.retrieval.candidates import candidates
from agents.retrieval.corpus import corpus_of
from agents.retrieval.filters import UNFILTERED
from agents.retrieval.mending import Mended, faults_mend
from agents.retrieval.models import Chunk, CorpusStatistics, IndexVersion
from agents.retrieval.vector_index import State
from aurora_site.ops import readiness
from aurora_site.ops.health import check_index
from aurora_site.ops.models import Recovery
from aurora_site.ops.tasks import mend_index
from bench import search_corpus
from bench.search_corpus import questions
from tests.agents.knowledge_index import DEPLOY, LEAVE, OURS, THEIRS, found, index
from tests.agents.large_index import invalidate, large_index, scans, small_limits
from tests.factories.accounts import Api

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


@pytest.fixture(autouse=True)
def set_up(transactional_db: None) -> None:
    """An installation whose first set-up is done, as the task asks."""
    readiness.setup_finish()


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[IndexVersion, search_corpus.Corpus]]:
    with small_limits(monkeypatch):
        version, synthetic = large_index()
        vector_index.index_build(version)
        yield version, synthetic


def searched(version: IndexVersion, synthetic: search_corpus.Corpus) -> set[int]:
    """The ten chunks nearest to a question."""
    (vector, terms), *_ = questions(synthetic, 1)
    rows = candidates(version, corpus_of(version, OURS), vector, terms, UNFILTERED)
    return {row.pk for row in sorted(rows, key=lambda row: -row.dense)[:10]}


def mend() -> list[Mended]:
    return list(faults_mend())


def run_task() -> list[tuple[str, str]]:
    """Runs the periodic task; what it wrote down: what was amiss, and what it did."""
    before = set(Recovery.objects.values_list("pk", flat=True))
    mend_index()
    return list(Recovery.objects.exclude(pk__in=before).order_by("id").values_list("what", "action"))


def run_sql(statement: str, *parameters: Any) -> None:
    with connections["retrieval"].cursor() as cursor:
        cursor.execute(statement, parameters)


def test_nothing_is_mended_where_nothing_is_broken(large: tuple[IndexVersion, search_corpus.Corpus]) -> None:
    assert check_index().status == "healthy"
    assert mend() == []


class TestVectorIndex:
    def test_a_dropped_one_is_built_again(self, large: tuple[IndexVersion, search_corpus.Corpus]) -> None:
        version, _ = large
        vector_index.index_drop(vector_index.index_name(version))
        self.assert_mended(large, "missing")

    def test_an_invalid_one_is_built_again(self, large: tuple[IndexVersion, search_corpus.Corpus]) -> None:
        version, _ = large
        invalidate(version)
        self.assert_mended(large, "broken")

    def test_one_whose_making_was_interrupted_is_built_again(
        self, large: tuple[IndexVersion, search_corpus.Corpus]
    ) -> None:
        version, _ = large
        name = vector_index.index_name(version)
        vector_index.index_drop(name)
        # Fails at the first row, after PostgreSQL entered the index as invalid.
        with pytest.raises(DataError):
            run_sql(
                f"CREATE INDEX CONCURRENTLY {name} ON retrieval_chunk ((1 / (id - id))) WHERE version_id = {version.pk}"
            )
        self.assert_mended(large, "broken")

    def test_one_that_finds_nothing_again_is_built_again(
        self, large: tuple[IndexVersion, search_corpus.Corpus]
    ) -> None:
        """Valid for PostgreSQL, and of other vectors than the table's: as after a file was damaged."""
        version, _ = large
        name = vector_index.index_name(version)
        vector_index.index_drop(name)
        run_sql(
            "CREATE FUNCTION elsewhere(vector) RETURNS vector IMMUTABLE LANGUAGE sql AS"
            " $$ SELECT array_fill(0.01::real, ARRAY[384])::public.vector $$"
        )
        run_sql(
            f"CREATE INDEX {name} ON retrieval_chunk USING hnsw ((elsewhere(embedding)::halfvec(384)) halfvec_ip_ops)"
            f" WHERE version_id = {version.pk}"
        )
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(
                    vector_index, "distance",
                    lambda version: "(elsewhere(embedding)::halfvec(384)) <#> %(vector)s::halfvec(384)",
                )  # fmt: skip
                assert vector_index.answers(version) is False
                assert [mended.action for mended in mend()] == ["Built it"]
        finally:
            run_sql("DROP FUNCTION elsewhere CASCADE")
        assert vector_index.state(version) == State.READY
        assert vector_index.answers(version) is True

    def assert_mended(self, large: tuple[IndexVersion, search_corpus.Corpus], how: str) -> None:
        version, synthetic = large
        wanted = searched(version, synthetic)
        assert vector_index.state(version) == how
        check = check_index()
        assert check.status == "degraded"
        assert f"the vector index of v1 is {how}" in check.message
        why = f"It was {how}; searches compared every vector"
        assert mend() == [Mended("Vector index of version v1", why, "Built it", "Searches use it.")]
        assert (vector_index.state(version), check_index().status) == (State.READY, "healthy")
        before = scans(version)
        assert len(searched(version, synthetic) & wanted) >= 9
        assert scans(version) == before + 1
        assert mend() == []

    def test_that_of_a_version_that_is_gone_is_dropped(self, large: tuple[IndexVersion, search_corpus.Corpus]) -> None:
        run_sql("CREATE INDEX retrieval_chunk_hnsw_999999 ON retrieval_chunk (id) WHERE version_id = 999999")
        assert "retrieval_chunk_hnsw_999999" in vector_index.leftovers()
        assert mend() == []
        assert vector_index.leftovers() == []

    def test_a_version_without_a_large_organisation_gets_none(self) -> None:
        index(LEAVE, "leave.md")
        assert mend() == []
        assert vector_index.state(IndexVersion.objects.get()) == State.MISSING
        assert check_index().status == "healthy"


class TestStatistics:
    def wrong(self) -> str:
        check = check_index()
        assert check.status == "degraded"
        return check.message

    @pytest.mark.parametrize("fields", [{"chunk_count": 0}, {"chunk_count": 99}, {"term_total": 1}])
    def test_wrong_ones_are_counted_again(self, fields: dict[str, int]) -> None:
        index(LEAVE, "leave.md")
        index(DEPLOY, "deploy.md", organization_id=THEIRS)
        right = list(
            CorpusStatistics.objects.order_by("organization_id").values("organization_id", "chunk_count", "term_total")
        )
        CorpusStatistics.objects.filter(organization_id=OURS).update(**fields)
        assert found("annual leave").hits[0].path == "leave.md"
        assert "1 statistics are wrong" in self.wrong()
        (mended,) = mend()
        assert (mended.what, mended.action) == ("Statistics of index version v1", "Counted again")
        assert OURS in mended.why
        assert right == list(
            CorpusStatistics.objects.order_by("organization_id").values("organization_id", "chunk_count", "term_total")
        )
        assert check_index().status == "healthy"

    def test_lost_and_left_over_ones_are_counted_again(self) -> None:
        index(LEAVE, "leave.md")
        version = IndexVersion.objects.get()
        CorpusStatistics.objects.all().delete()
        CorpusStatistics.objects.create(version=version, organization_id=THEIRS, chunk_count=5, term_total=50)
        assert found("annual leave").hits[0].path == "leave.md"
        assert list(found("annual leave", organization_id=THEIRS).hits) == []
        assert "2 statistics are wrong" in self.wrong()
        assert [mended.action for mended in mend()] == ["Counted again"] * 2
        assert corpus_of(version, OURS).chunks == 2
        assert CorpusStatistics.objects.get(organization_id=THEIRS).chunk_count == 0
        assert (mend(), check_index().status) == ([], "healthy")

    def test_what_is_written_meanwhile_is_counted_once(self) -> None:
        """The recount waits for a writer that has the row, and a writer that has only its chunks waits for the recount."""
        index(LEAVE, "leave.md")
        CorpusStatistics.objects.update(chunk_count=7)
        mend()
        index(DEPLOY, "deploy.md")
        assert CorpusStatistics.objects.get().chunk_count == Chunk.objects.count() == 3


def test_the_task_writes_down_what_it_mended(documents: dict[str, Any]) -> None:
    CorpusStatistics.objects.update(chunk_count=1000)
    assert run_task() == [("Statistics of index version v1", "Counted again")]
    assert run_task() == []


class TestTables:
    @pytest.mark.parametrize("broken", ["DROP TABLE retrieval_posting", "DROP TABLE retrieval_chunk CASCADE",
                                        "ALTER TABLE retrieval_chunk DROP COLUMN embedding CASCADE",
                                        "DROP EXTENSION vector CASCADE"])  # fmt: skip
    def test_lost_ones_are_made_anew_and_filled_again(self, api: Api, documents: dict[str, Any], broken: str) -> None:
        run_sql(broken)
        assert api.get("/api/v1/knowledge/search?q=annual+leave").json()["code"] == "INDEX_UNAVAILABLE"
        assert check_index().status == "unhealthy"
        assert run_task() == [("knowledge index", "made them anew"), ("knowledge index", "indexed them again")]
        assert schema.missing_parts() == []
        hits = api.get("/api/v1/knowledge/search?q=annual+leave").json()["results"]
        assert hits[0]["path"] == "policies/annual-leave.md"
        assert (run_task(), check_index().status) == ([], "healthy")

    def test_what_a_newer_aurora_is_about_to_make_is_not_missing(self) -> None:
        index(LEAVE, "leave.md")
        run_sql("ALTER TABLE retrieval_chunk RENAME COLUMN dated TO later")
        run_sql("UPDATE django_migrations SET name = 'x' || name WHERE app = 'retrieval' AND name LIKE '0004%%'")
        try:
            assert schema.missing_parts() == []
            run_sql("UPDATE django_migrations SET name = substr(name, 2) WHERE name LIKE 'x0004%%'")
            assert schema.missing_parts() == ["retrieval_chunk.dated"]
        finally:
            run_sql("ALTER TABLE retrieval_chunk RENAME COLUMN later TO dated")
            run_sql("UPDATE django_migrations SET name = substr(name, 2) WHERE name LIKE 'x0004%%'")
