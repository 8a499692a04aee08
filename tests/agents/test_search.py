"""Search finds the right passages, of the right organisation, and knows when there is no answer."""

from __future__ import annotations

import math

import pytest
from django.db import connections, transaction

from agents.embeddings import get_embedder
from agents.retrieval import ranking, versions
from agents.retrieval.calibration import FITTED, calibration_from
from agents.retrieval.candidates import Candidate, candidates
from agents.retrieval.closeness import Closeness
from agents.retrieval.corpus import corpus_of
from agents.retrieval.errors import IndexUnavailable
from agents.retrieval.filters import UNFILTERED, SearchFilters
from agents.retrieval.models import Chunk, IndexVersion
from agents.retrieval.ranking import PER_DOCUMENT
from aurora_site.core.text.terms import terms
from tests.agents.knowledge_index import DEPLOY, LEAVE, OURS, THEIRS, found, index

pytestmark = pytest.mark.django_db(databases=["default", "retrieval"])


def test_the_best_passage_comes_first_and_says_why() -> None:
    index(LEAVE, "hr/leave.md", collection="hr")
    index(DEPLOY, "ops/deploy.md", collection="ops")
    result = found("How many days of annual leave do I get?")
    hit = result.hits[0]
    assert (hit.path, hit.title, hit.heading, hit.collection) == (
        "hr/leave.md", "Annual leave", "Annual leave > How much", "hr",
    )  # fmt: skip
    assert LEAVE[hit.start : hit.end] == hit.text
    assert (result.answerable, hit.relevant, result.searched, result.index_version) == (True, True, 3, "v1")
    assert set(hit.why["terms"]) == {"day", "annual", "leav"}
    assert [LEAVE[sentence.start : sentence.end] for sentence in hit.sentences] == [
        "Full-time employees get 25 days of annual leave a year.", "You may carry over five of them.",
    ]  # fmt: skip
    assert hit.sentences[0].score > hit.sentences[1].score
    assert all(0 <= hit.score <= 1 for hit in result.hits)
    assert result.elapsed_ms > 0


def test_an_exact_identifier_is_found_and_answerable() -> None:
    index(LEAVE, "leave.md")
    index(DEPLOY, "deploy.md")
    for query in ("checkout.timeout_ms", "default of CHECKOUT.TIMEOUT_MS?"):
        result = found(query)
        assert (result.hits[0].path, result.hits[0].relevant, result.answerable) == ("deploy.md", True, True)
        assert "checkout.timeout_ms" in result.hits[0].why["terms"]
    rows = [sentence.text for sentence in found("checkout.timeout_ms").hits[0].sentences if sentence.kind == "row"]
    assert rows[1] == "Key: checkout.timeout_ms; Default: 800; Meaning: time for one call"


def test_an_identifier_that_no_document_has_is_not_answerable() -> None:
    index(DEPLOY, "deploy.md")
    assert found("What is the default of checkout.retry.max_attempts?").answerable is True
    assert found("What is the default of checkout.retry.max_elephants?").answerable is False


def test_what_the_documents_are_not_about_is_not_answerable() -> None:
    index(LEAVE, "leave.md")
    result = found("How do I bake sourdough bread?")
    assert result.answerable is False
    assert [hit.relevant for hit in result.hits] == [False, False]


def test_other_words_for_the_same_are_close_enough() -> None:
    index("# Runbook: storage\n\nThe volume is at its limit. Delete files older than two days.", "storage.md")
    assert found("What do I do when the disk is full?").answerable is True
    assert found("What do I do when the disk is stolen?").answerable is False


def test_of_several_sentences_those_count_that_ask() -> None:
    index(LEAVE, "leave.md")
    told = "My brother-in-law repairs bagpipes in Inverness. How many days of annual leave do I get?"
    result = found(told)
    assert (result.answerable, result.verdict["length"]) == (True, 3)
    assert list(result.hits[0].why["words"]) == ["days", "annual", "leave"]


def test_what_redaction_took_out_is_not_looked_for() -> None:
    index(LEAVE, "leave.md")
    asked = found("How many days of annual leave do I get? My card is [redacted-card].")
    assert (asked.answerable, asked.verdict["unknown"]) == (True, 0.0)
    assert found("[redacted-card]").hits == []


def test_passages_that_say_the_same_are_listed_once() -> None:
    text = "Every visitor signs the book at reception and wears a badge until they leave."
    index(f"# Visitors\n\n{text}", "visitors.md")
    index(f"# Visitors\n\n{text}", "old/visitors.md")
    index("# Post\n\nParcels wait at reception until six.", "post.md")
    hits = found("Where do visitors sign?").hits
    assert sorted([hits[0].path, *hits[0].also_in]) == ["old/visitors.md", "visitors.md"]
    assert [hit.path for hit in hits[1:]] == ["post.md"]


def test_a_verdict_says_what_it_rests_on() -> None:
    index(LEAVE, "leave.md")
    verdict = found("How do I bake sourdough bread?").verdict
    assert verdict["log_odds"] < verdict["threshold"] == FITTED["answerable"]
    assert verdict["weakest"] < 0.5
    assert found("leave", organization_id=THEIRS).verdict == {}


def test_a_version_judges_by_the_calibration_it_was_built_with() -> None:
    index(LEAVE, "leave.md")
    assert found("How do I bake sourdough bread?").answerable is False
    IndexVersion.objects.update(calibration={**FITTED, "answerable": -100})
    assert found("How do I bake sourdough bread?").answerable is True


def test_passages_without_token_vectors_get_them_while_they_are_searched() -> None:
    index(LEAVE, "leave.md")
    before = found("How many days of annual leave do I get?")
    Chunk.objects.update(token_vectors=b"")
    again = found("How many days of annual leave do I get?")
    assert again.verdict == pytest.approx(before.verdict)


def test_organisations_never_see_each_other() -> None:
    index(LEAVE, "leave.md", organization_id=OURS)
    index(DEPLOY, "deploy.md", organization_id=THEIRS)
    assert {hit.path for hit in found("rollback checkout production", organization_id=OURS).hits} == {"leave.md"}
    theirs = found("rollback checkout production", organization_id=THEIRS)
    assert ({hit.path for hit in theirs.hits}, theirs.searched) == ({"deploy.md"}, 1)
    nobody = found("rollback", organization_id="33333333-3333-3333-3333-333333333333")
    assert (list(nobody.hits), nobody.searched, nobody.answerable) == ([], 0, False)


def test_another_organisations_words_do_not_change_our_scores() -> None:
    index(LEAVE, "leave.md")
    before = found("annual leave")
    index("# Annual leave\n\n" + "Annual leave is annual. " * 40, "theirs.md", organization_id=THEIRS)
    assert [(hit.id, hit.score, hit.why) for hit in found("annual leave").hits] == [
        (hit.id, hit.score, hit.why) for hit in before.hits
    ]


def test_a_collection_narrows_the_search() -> None:
    index(LEAVE, "leave.md", collection="hr")
    index(DEPLOY, "deploy.md", collection="ops")
    assert {hit.collection for hit in found("annual leave", filters=SearchFilters(collection="ops")).hits} == {"ops"}
    assert list(found("annual leave", filters=SearchFilters(collection="none")).hits) == []


@pytest.mark.parametrize("query", ["", "   ", "???", "the of and", "'; DROP TABLE retrieval_chunk; --", "a" * 5000])
def test_any_question_can_be_asked(query: str) -> None:
    index(LEAVE, "leave.md")
    result = found(query)
    assert len(result.query) <= 2000
    assert len(result.hits) == (0 if not query.strip() else 2)


def test_an_empty_index_finds_nothing() -> None:
    assert (list(found("leave").hits), found("leave").index_version) == ([], "")
    versions.version_ensure_active()
    assert (list(found("leave").hits), found("leave").index_version) == ([], "v1")


def test_one_document_does_not_fill_the_results() -> None:
    sections = "\n".join(
        f"## Leave part {number}\n\nAnnual leave rule number {number} is here.\n" for number in range(10)
    )
    index(f"# Annual leave\n\n{sections}", "long.md")
    for number in range(5):
        index(
            f"# Note {number}\n\nA short remark about annual leave by author {number * 7} of team {number}.",
            f"note-{number}.md",
        )
    paths = [hit.path for hit in found("annual leave rule", limit=8).hits]
    assert paths.count("long.md") == PER_DOCUMENT
    assert len(found("annual leave rule", limit=12).hits) == 12


def test_word_scores_are_bm25() -> None:
    index("# A\n\nZebra zebra grazes.", "a.md", title="A")
    index("# B\n\nZebra sleeps in the tall grass all day long.", "b.md", title="B")
    index("# C\n\nNothing here.", "c.md", title="C")
    version = versions.version_ensure_active()
    rows = candidates(version, corpus_of(version, OURS), get_embedder().embed_query("zebra"), ["zebra"], UNFILTERED)
    lengths = {path: len(terms(text)) for path, text in (
        ("a.md", "A\nZebra zebra grazes."), ("b.md", "B\nZebra sleeps in the tall grass all day long."),
        ("c.md", "C\nNothing here."),
    )}  # fmt: skip
    average = sum(lengths.values()) / 3
    idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    for path, frequency in (("a.md", 2), ("b.md", 1), ("c.md", 0)):
        expected = idf * frequency * 2.2 / (frequency + 1.2 * (0.25 + 0.75 * lengths[path] / average))
        assert next(row.bm25 for row in rows if row.path == path) == pytest.approx(expected)


def test_dense_scores_are_cosines() -> None:
    index(LEAVE, "leave.md")
    embedder = get_embedder()
    hit = found("annual leave").hits[0]
    expected = float(embedder.embed_query("annual leave") @ embedder.embed_documents([f"{hit.heading}\n{hit.text}"])[0])
    assert hit.why["dense"] == pytest.approx(expected, abs=2e-3)


def test_an_index_that_cannot_be_read_is_said_so() -> None:
    with transaction.atomic(using="retrieval"):
        with connections["retrieval"].cursor() as cursor:
            cursor.execute("ALTER TABLE retrieval_indexversion RENAME TO elsewhere")
        with pytest.raises(IndexUnavailable):
            found("leave")
        transaction.set_rollback(True, using="retrieval")


def test_equal_scores_rank_without_dividing_by_zero() -> None:
    same = [Candidate(pk=number, uuid=str(number), document_id="d", collection="", path="p", title="t", heading="h",
                      text="x", start=0, end=1, dated=None, dense=0.5, bm25=0.0, terms=())
            for number in range(3)]  # fmt: skip
    close = [Closeness(0.5, (0.5,))] * 3
    ranked = ranking.rank(same, {}, close, ranking.Asked([], []), calibration_from(FITTED), 3)
    assert [(hit.candidate.pk, hit.score) for hit in ranked.hits] == [(0, 1.0), (1, 1.0), (2, 1.0)]
    assert ranking.rank([], {}, [], ranking.Asked([], []), calibration_from(FITTED), 3) == ranking.Ranking(())
