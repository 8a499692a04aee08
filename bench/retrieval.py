"""Quality of search on the labelled sets: ``python -m bench.retrieval [--no-peer]``.

For each set: recall and nDCG of vectors alone, BM25 alone, search, and Chroma; the differences in nDCG@10 with paired
bootstrap intervals; answers and refusals; what extracts hold; and how long searches take. Its own databases are made in
a temporary home and dropped again. Nothing was fitted on the set called hatch.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bench.chroma_quality import found_by_chroma
from bench.labelled import DEMO, HATCH, TOOLS, Corpus, Question, found_for, index_documents, questions
from bench.quality import MEASURES, Passage, Quality, difference, holds_answer, quality, ranks
from bench.throwaway import databases

if TYPE_CHECKING:
    from agents.providers.extraction_writing import Composition
    from agents.retrieval.search import SearchResult

Rows = list[tuple[float, ...]]


def by_search(result: SearchResult) -> list[Passage]:
    """Paths of passages that say the same stand right behind the one that is shown for them."""
    passages = []
    for hit in result.hits:
        text = f"{hit.heading} {hit.text}"
        passages += [Passage(hit.path, text), *(Passage(path, text) for path in hit.also_in)]
    return passages


def legs(corpus: Corpus, asked: Sequence[Question]) -> tuple[list[list[Passage]], list[list[Passage]]]:
    """What vectors alone and BM25 alone find for each question."""
    from agents.embeddings import get_embedder
    from agents.retrieval.candidates import candidates
    from agents.retrieval.corpus import corpus_of
    from agents.retrieval.filters import UNFILTERED
    from agents.retrieval.selectors import active_version
    from aurora_site.core.text.terms import terms

    version, dense, worded = active_version(), [], []
    assert version is not None
    counted = corpus_of(version, corpus.organization)
    for question in asked:
        vector = get_embedder().embed_query(question.question)
        words = [term.text for term in dict.fromkeys(terms(question.question))]
        found = candidates(version, counted, vector, words, UNFILTERED)
        for order, score in ((dense, "dense"), (worded, "bm25")):
            ranked = sorted(found, key=lambda chunk: -getattr(chunk, score))
            order.append([Passage(chunk.path, f"{chunk.heading} {chunk.text}") for chunk in ranked])
    return dense, worded


def measured(asked: Sequence[Question], found: Sequence[Sequence[Passage]]) -> Rows:
    """The measures of each answerable question."""
    return [ranks(question, passages) for question, passages in zip(asked, found, strict=True) if question.documents]


def compositions(asked: Sequence[Question], found: Sequence[SearchResult]) -> Iterator[Composition]:
    """What the extractive provider answers from the first six relevant hits."""
    from agents.knowledge.passages import passages_of
    from agents.providers.extraction import compose

    for question, result in zip(asked, found, strict=True):
        hits = [hit for hit in result.hits[:8] if hit.relevant] or list(result.hits[:8])
        yield compose(question.question, passages_of(hits[:6], {}), result.answerable, result.searched)


def report(corpus: Corpus, *, peer: bool) -> None:
    """Prints all figures of one set."""
    chunks = index_documents(corpus)
    asked = questions(corpus)
    found = found_for(asked, corpus)
    print(f"\n{corpus.name}: {chunks} passages, {len(asked)} questions\n{'':22}" + " ".join(MEASURES))
    dense, worded = legs(corpus, asked)
    ours = measured(asked, [by_search(result) for result in found])
    others = {"vectors alone": measured(asked, dense), "BM25 alone": measured(asked, worded)}
    if peer:
        others["Chroma"] = measured(asked, found_by_chroma(corpus, asked))
    for name, rows in (*others.items(), ("search", ours)):
        _line(name, quality(rows))
    _by_kind([question.kind for question in asked if question.documents], ours)
    for name, rows in others.items():
        mean, low, high = difference(ours, rows)
        print(f"search over {name:16} nDCG@10 {mean:+.3f} [{low:+.3f}, {high:+.3f}]")
    _verdicts(asked, found)


def _line(name: str, figures: Quality) -> None:
    values = (figures.page_at_1, figures.page_at_5, figures.strict_at_1, figures.strict_at_5, figures.ndcg_at_10)
    print(f"{name:22}" + " ".join(f"{value:{len(title)}.2f}" for value, title in zip(values, MEASURES, strict=True)))


def _by_kind(kinds: Sequence[str], rows: Rows) -> None:
    for kind in sorted(set(kinds)):
        own = [row for row, its in zip(rows, kinds, strict=True) if its == kind]
        _line(f"  {kind} ({len(own)})", quality(own))


def _verdicts(asked: Sequence[Question], found: Sequence[SearchResult]) -> None:
    pairs = list(zip(asked, found, list(compositions(asked, found)), strict=True))
    answered = [result.answerable for question, result, _ in pairs if question.documents]
    declined = [not result.answerable for question, result, _ in pairs if not question.documents]
    right = [holds_answer(extract.text, question) for question, _, extract in pairs if question.documents]
    took = sorted(result.elapsed_ms for result in found)
    rates = statistics.fmean(answered), statistics.fmean(declined)
    print(
        f"answerable answered {rates[0]:.2f}, unanswerable declined {rates[1]:.2f}, balanced {statistics.fmean(rates):.3f}; "
        f"the extract holds the answer {statistics.fmean(right):.2f}"
    )
    print(f"a search took p50 {statistics.median(took):.1f} ms, p95 {took[int(len(took) * 0.95)]:.1f} ms, all included")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--no-peer", action="store_true", help="leave Chroma out, which has to be installed")
    peer = not parser.parse_args().no_peer
    with databases():
        for corpus in (DEMO, TOOLS, HATCH):
            report(corpus, peer=peer)


if __name__ == "__main__":
    main()
