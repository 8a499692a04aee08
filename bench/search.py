"""Search at 100,000 chunks beside Chroma: ``python -m bench.search [--chunks 100000] [--questions 500]``.

An index of synthetic vectors and texts (``bench.search_corpus``) in a temporary home, twice: as one organisation's, and
shared out among 100. Question vectors are ready made. Recall is of the ten nearest, against comparing every vector.

dense      the ten nearest by the vector index, scored again with full vectors; Chroma does the same in its own process.
hybrid     both legs and the sentences of the best, as search does after embedding the question.
filters    hybrid searches narrowed to a tenth, to a document, and to a period.
1 %        hybrid searches of one of the 100 organisations.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.environments import python_with
from bench.search_corpus import DIMENSION, FIRST_DAY, Corpus, made, questions, written
from bench.throwaway import databases

if TYPE_CHECKING:
    from agents.retrieval.filters import SearchFilters
    from agents.retrieval.models import IndexVersion

CHROMA = "1.5.9"
NEAREST = 10
ONE = "00000000-0000-0000-0000-00000000bece"
HUNDRED = [f"00000000-0000-0000-0000-0000000000{number:02d}" for number in range(100)]
Question = tuple[np.ndarray, list[str]]


def row(what: str, value: str, target: str = "") -> None:
    print(f"  {what:44}{value:>34}  {target}", flush=True)


def spread(times: Sequence[float]) -> str:
    ordered = sorted(times)
    return f"p50 {statistics.median(ordered):.1f} ms, p99 {ordered[int(len(ordered) * 0.99)]:.1f} ms"


def timed(ask: Callable[[Question], object], asked: Sequence[Question]) -> list[float]:
    """Milliseconds of each question, after as many unmeasured ones as warm the caches."""
    for question in asked[:50]:
        ask(question)
    times = []
    for question in asked:
        started = time.perf_counter()
        ask(question)
        times.append((time.perf_counter() - started) * 1000)
    return times


def rate(ask: Callable[[Question], object], asked: Sequence[Question], threads: int) -> float:
    """Questions a second. Each thread keeps one database connection."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(ask, asked[: 10 * threads]))
        started = time.perf_counter()
        list(pool.map(ask, asked))
        taken = time.perf_counter() - started
        list(pool.map(lambda _: _close(), range(threads)))
    return len(asked) / taken


def _close() -> None:
    from django.db import connections

    connections.close_all()
    time.sleep(0.1)


class Index:
    """One version of the index, and searches of it past the embedding of the question."""

    def __init__(self, name: str, corpus: Corpus, organizations: Sequence[str]) -> None:
        from django.db import connections
        from django.utils import timezone

        from agents.retrieval.models import Chunk, IndexVersion

        self.version: IndexVersion = IndexVersion.objects.create(
            name=name, embedder="synthetic", dimension=DIMENSION, chunker="synthetic",
            state="active" if name == "one" else "kept", activated_at=timezone.now(),
        )  # fmt: skip
        with connections["retrieval"].cursor() as cursor:
            written(cursor.connection, corpus, self.version, organizations)
            cursor.execute("VACUUM ANALYZE retrieval_chunk, retrieval_posting, retrieval_sentence")
        self.first = Chunk.objects.filter(version=self.version).order_by("pk").values_list("pk", flat=True)[0]

    def dense(self, organization_id: str, width: int = 0) -> Callable[[Question], list[int]]:
        """Places in the corpus of the ten nearest; ``width`` is HNSW's ef_search, Aurora's own if not given."""
        from django.db import connections
        from pgvector import Vector

        from agents.retrieval import vector_index

        statement = (
            "SELECT id FROM (SELECT id, embedding FROM retrieval_chunk"
            " WHERE version_id = %(version)s AND organization_id = %(organization)s"
            f" ORDER BY {vector_index.distance(self.version)} LIMIT {2 * NEAREST}) near"
            f" ORDER BY embedding <#> %(vector)s::vector LIMIT {NEAREST}"
        )

        settings = vector_index.SCANNING + (f"SET LOCAL hnsw.ef_search = {width}; " if width else "")

        def ask(question: Question) -> list[int]:
            vector = Vector(question[0]).to_text()
            with connections["retrieval"].cursor() as cursor:
                parameters = {"version": self.version.pk, "organization": organization_id, "vector": vector}
                cursor.execute(settings + statement, parameters)
                vector_index.to_last_result(cursor)
                return [pk - self.first for (pk,) in cursor.fetchall()]

        return ask

    def hybrid(self, organization_id: str, filters: SearchFilters | None = None) -> Callable[[Question], list[int]]:
        """Places in the corpus of the ten nearest among what both legs propose, with their sentences read."""
        from agents.retrieval.candidates import candidate_sentences, candidates
        from agents.retrieval.corpus import corpus_of
        from agents.retrieval.filters import UNFILTERED

        def ask(question: Question) -> list[int]:
            vector, terms = question
            corpus = corpus_of(self.version, organization_id)
            found = candidates(self.version, corpus, vector, terms, filters or UNFILTERED)
            nearest = sorted(found, key=lambda candidate: -candidate.dense)
            candidate_sentences(nearest[:40], vector)
            return [candidate.pk - self.first for candidate in nearest[:NEAREST]]

        return ask


def truth(corpus: Corpus, asked: Sequence[Question], places: np.ndarray) -> list[set[int]]:
    """The ten nearest of the chunks at these places, for each question."""
    cosines = np.stack([vector for vector, _ in asked]) @ corpus.vectors[places].T
    return [set(places[np.argsort(-line)[:NEAREST]].tolist()) for line in cosines]


def recall(found: Sequence[Sequence[int]], wanted: Sequence[set[int]]) -> float:
    pairs = zip(found, wanted, strict=True)
    return statistics.fmean(len(set(near) & right) / max(1, len(right)) for near, right in pairs)


def chroma(corpus: Corpus, asked: Sequence[Question]) -> tuple[dict[str, Any], list[list[int]]]:
    python = python_with(f"chroma-{CHROMA}", f"chromadb=={CHROMA}", size="some 400 MB")
    with tempfile.TemporaryDirectory(prefix="aurora-bench-") as name:
        folder = Path(name)
        np.save(folder / "vectors.npy", corpus.vectors)
        np.save(folder / "questions.npy", np.stack([vector for vector, _ in asked]))
        script = Path(__file__).with_name("chroma_peer.py")
        printed = subprocess.run([python, script, folder], check=True, capture_output=True, text=True).stdout
        found: list[list[int]] = np.load(folder / "chroma.npy").tolist()
        return json.loads(printed.splitlines()[-1]), found


def measure(chunks: int, count: int) -> None:
    from agents.retrieval import vector_index

    started = time.perf_counter()
    corpus = made(chunks)
    asked = questions(corpus, count)
    one = Index("one", corpus, [ONE])
    hundred = Index("hundred", corpus, HUNDRED)
    row("rows of both versions written in", f"{time.perf_counter() - started:.0f} s")
    for index in (one, hundred):
        started = time.perf_counter()
        vector_index.index_build(index.version)
        row(f"vector index built, {index.version.name}", f"{time.perf_counter() - started:.0f} s")
    everything = np.arange(chunks)
    wanted = truth(corpus, asked, everything)

    print(f"\n{chunks} chunks of one organisation, {count} questions")
    dense = one.dense(ONE)
    ours = recall([dense(question) for question in asked], wanted)
    row("dense, recall@10 of exact", f"{ours:.4f}", "target >= .95")
    peer, found = chroma(corpus, asked)
    theirs = recall(found, wanted)
    row("Chroma's", f"{theirs:.4f}")
    measure_dense(one, asked, wanted, theirs, peer)
    hybrid = one.hybrid(ONE)
    row("hybrid", spread(timed(hybrid, asked)))
    for threads in (1, 4):
        row(f"hybrid, {threads} threads", f"{rate(hybrid, asked, threads):.0f} questions/s")
    measure_filters(one, corpus, asked[:100])
    measure_one_percent(hundred, corpus, asked)


def measure_dense(
    one: Index, asked: Sequence[Question], wanted: Sequence[set[int]], theirs: float, peer: dict[str, Any]
) -> None:
    """Aurora as it is, and with the least ef_search that finds as many as Chroma does."""
    from agents.retrieval.vector_index import EF_SEARCH

    widths = [width for width in (20, 30, 40, 60, 80) if width < EF_SEARCH]
    enough = (width for width in widths if recall([one.dense(ONE, width)(item) for item in asked], wanted) >= theirs)
    equal = next(enough, EF_SEARCH)
    for threads in (1, 4):
        rated, median = peer["rates"][str(threads)]
        row(f"Chroma {peer['version']}, {threads} threads", f"{rated:.0f} questions/s, p50 {median:.1f} ms")
        for width in dict.fromkeys((equal, EF_SEARCH)):
            mine = rate(one.dense(ONE, width), asked, threads)
            note = "at equal recall, target > 1" if width == equal else "as searches do"
            row(
                f"dense, {threads} threads, ef_search {width}",
                f"{mine:.0f} questions/s, ratio {mine / rated:.2f}",
                note,
            )
    row("dense, as searches do", spread(timed(one.dense(ONE), asked)))


def measure_filters(one: Index, corpus: Corpus, asked: Sequence[Question]) -> None:
    from agents.retrieval.filters import SearchFilters

    documents = np.arange(len(corpus.vectors)) // 10
    day = FIRST_DAY + timedelta(days=20)
    for name, filters, kept in (
        ("one collection of ten", SearchFilters(collection="collection-3"), documents % 10 == 3),
        ("one document", SearchFilters(source="collection-3/13.md"), documents == 13),
        ("a hundredth of the days", SearchFilters(until=day - timedelta(days=1)), documents % 2000 < 20),
        ("nearly all days", SearchFilters(since=day), documents % 2000 >= 20),
    ):
        ask = one.hybrid(ONE, filters)
        found = recall([ask(question) for question in asked], truth(corpus, asked, np.flatnonzero(kept)))
        row(f"hybrid, {name}", spread(timed(ask, asked)), f"recall@10 {found:.4f}")


def measure_one_percent(hundred: Index, corpus: Corpus, asked: Sequence[Question]) -> None:
    print(f"\n{len(corpus.vectors)} chunks of 100 organisations, searches of one with 1 %")
    ask = hundred.hybrid(HUNDRED[7])
    own = np.flatnonzero(np.arange(len(corpus.vectors)) // 10 % 100 == 7)
    found = recall([ask(question) for question in asked], truth(corpus, asked, own))
    row("recall@10 of exact", f"{found:.4f}", "target 1")
    row("hybrid", spread(timed(ask, asked)), "target p99 < 10 ms")
    row("hybrid, 1 thread", f"{rate(ask, asked, 1):.0f} questions/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=500)
    given = parser.parse_args()
    with databases():
        measure(given.chunks, given.questions)


if __name__ == "__main__":
    main()
