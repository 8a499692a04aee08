"""Quality and speed of search on the demo documents: ``python -m bench.retrieval``.

Prints recall, nDCG and the rates of answers and refusals over ``tests/data/demo_questions.jsonl``. Its own database is
made in a temporary home and dropped again.

page: a hit from a labelled document. strict: the passage holds the labelled answer. nDCG@10 is over documents.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.providers.extraction import Composition
    from agents.retrieval.search import Hit, SearchResult

PROJECT = Path(__file__).resolve().parents[1]
DOCUMENTS = PROJECT / "aurora_site" / "demo" / "documents"
QUESTIONS = PROJECT / "tests" / "data" / "demo_questions.jsonl"
ORGANIZATION = "00000000-0000-0000-0000-00000000bece"


@dataclass(frozen=True)
class Question:
    """A labelled question; without ``documents`` it has no answer in them."""

    kind: str
    question: str
    documents: tuple[str, ...]
    answer_contains: tuple[str, ...]


@dataclass(frozen=True)
class Quality:
    """Shares of questions, 0 to 1."""

    page_at_1: float
    page_at_5: float
    strict_at_1: float
    strict_at_5: float
    ndcg_at_10: float


def questions() -> list[Question]:
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Question(row["kind"], row["question"], tuple(row["documents"]), tuple(row["answer_contains"])) for row in rows
    ]


def index_documents(organization_id: str = ORGANIZATION) -> int:
    """Indexes the demo documents; how many chunks that made."""
    from agents.retrieval.indexing import document_index
    from agents.retrieval.loading import load_document, supported

    chunks = 0
    for file in sorted(DOCUMENTS.rglob("*")):
        path = file.relative_to(DOCUMENTS).as_posix()
        if file.is_file() and supported(path):
            source = load_document(file.read_bytes(), path)
            result = document_index(
                organization_id=organization_id, document_id=path, path=path, title=source.title, source=source,
                collection=path.split("/")[0],
            )  # fmt: skip
            chunks += result.chunks
    return chunks


def found_for(asked: Sequence[Question], organization_id: str = ORGANIZATION) -> list[SearchResult]:
    from agents.retrieval.search import search

    return [search(organization_id=organization_id, query=question.question, limit=50) for question in asked]


def by_search(result: SearchResult) -> list[Hit]:
    return list(result.hits)


def by_vectors(result: SearchResult) -> list[Hit]:
    return sorted(result.hits, key=lambda hit: -hit.why["dense"])


def by_words(result: SearchResult) -> list[Hit]:
    return sorted(result.hits, key=lambda hit: -hit.why["bm25"])


def quality(
    asked: Sequence[Question], found: Sequence[SearchResult], order: Callable[[SearchResult], list[Hit]] = by_search
) -> Quality:
    """How well an order of the hits serves the answerable ones among the questions."""
    pairs = [(question, result) for question, result in zip(asked, found, strict=True) if question.documents]
    rows = [_ranks(question, order(result)) for question, result in pairs]
    return Quality(*(statistics.fmean(column) for column in zip(*rows, strict=True)))


def _ranks(question: Question, hits: Sequence[Hit]) -> tuple[float, ...]:
    page = [hit.path in question.documents for hit in hits]
    strict = [holds_answer(f"{hit.heading} {hit.text}", question) for hit in hits]
    return float(page[0]), float(any(page[:5])), float(strict[0]), float(any(strict[:5])), _ndcg(question, hits)


def _ndcg(question: Question, hits: Sequence[Hit]) -> float:
    paths = list(dict.fromkeys(hit.path for hit in hits))[:10]
    gain = sum(1 / math.log2(rank + 2) for rank, path in enumerate(paths) if path in question.documents)
    return gain / sum(1 / math.log2(rank + 2) for rank in range(min(10, len(question.documents))))


def holds_answer(text: str, question: Question) -> bool:
    """Whether any of the labelled phrases is in a text, marks and line breaks aside."""
    words = _normalised(text)
    return any(_normalised(phrase) in words for phrase in question.answer_contains)


def _normalised(text: str) -> str:
    return " ".join(text.replace("**", "").replace("`", "").split()).lower()


def compositions(asked: Sequence[Question], found: Sequence[SearchResult]) -> Iterator[Composition]:
    """What the extractive provider answers from the first six relevant hits."""
    from agents.providers.base import Passage, PassageSentence
    from agents.providers.extraction import compose

    for question, result in zip(asked, found, strict=True):
        hits = [hit for hit in result.hits[:8] if hit.relevant] or list(result.hits[:8])
        passages = [
            Passage(
                number=number, id=hit.id, document_id=hit.document_id, path=hit.path, title=hit.title,
                heading=hit.heading, text=hit.text, start=hit.start, end=hit.end, score=hit.score,
                relevant=hit.relevant,
                sentences=[PassageSentence(item.text, item.start, item.end, item.score) for item in hit.sentences],
            )
            for number, hit in enumerate(hits[:6], 1)
        ]  # fmt: skip
        yield compose(question.question, passages, result.answerable, result.searched)


def _report(asked: Sequence[Question], found: Sequence[SearchResult]) -> None:
    print(f"\n{'':24}page@1 page@5 strict@1 strict@5 nDCG@10")
    for name, order in (("vectors", by_vectors), ("BM25", by_words), ("hybrid, sentences", by_search)):
        _line(name, quality(asked, found, order))
    for kind in sorted({question.kind for question in asked if question.documents}):
        chosen = [index for index, question in enumerate(asked) if question.kind == kind]
        _line(f"  {kind} ({len(chosen)})", quality([asked[i] for i in chosen], [found[i] for i in chosen]))
    answers = list(compositions(asked, found))
    known = [index for index, question in enumerate(asked) if question.documents]
    unknown = [index for index, question in enumerate(asked) if not question.documents]
    right = [holds_answer(answers[index].text, asked[index]) for index in known]
    print(f"\nanswerable questions answered   {statistics.fmean(found[i].answerable for i in known):.2f}")
    print(f"  the extract holds the answer  {statistics.fmean(right):.2f}")
    print(f"unanswerable questions declined {statistics.fmean(not found[i].answerable for i in unknown):.2f}")


def _line(name: str, figures: Quality) -> None:
    print(f"{name:24}{figures.page_at_1:6.2f} {figures.page_at_5:6.2f} {figures.strict_at_1:8.2f} "
          f"{figures.strict_at_5:8.2f} {figures.ndcg_at_10:7.2f}")  # fmt: skip


def _speed(asked: Sequence[Question]) -> None:
    from agents.embeddings import get_embedder
    from agents.retrieval.search import search

    searches = sorted(search(organization_id=ORGANIZATION, query=question.question).elapsed_ms for question in asked)
    embeddings = []
    for question in asked:
        started = time.perf_counter()
        get_embedder().embed_query(question.question)
        embeddings.append((time.perf_counter() - started) * 1000)
    print(f"\nsearch, embedding included      p50 {statistics.median(searches):.1f} ms, "
          f"p95 {searches[int(len(searches) * 0.95)]:.1f} ms")  # fmt: skip
    print(f"query embedding                 p50 {statistics.median(embeddings):.1f} ms")


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "aurora_site.settings.test"
    import django

    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    from agents.embeddings import get_embedder

    databases = setup_databases(verbosity=0, interactive=False)
    try:
        get_embedder().embed_query("warm up")
        started = time.perf_counter()
        chunks = index_documents()
        print(f"{chunks} chunks indexed in {time.perf_counter() - started:.1f} s")
        asked = questions()
        _report(asked, found_for(asked))
        _speed(asked)
    finally:
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    main()
