"""The labelled sets: documents, questions, and which documents and phrases answer them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.retrieval.loading import SourceText
    from agents.retrieval.search import SearchResult

PROJECT = Path(__file__).resolve().parents[1]
DATA = PROJECT / "tests" / "data"


@dataclass(frozen=True)
class Corpus:
    """``organization`` is where the benchmarks index it."""

    name: str
    documents: Path
    questions: Path
    organization: str


@dataclass(frozen=True)
class Question:
    """A labelled question; without ``documents`` it has no answer in them."""

    kind: str
    question: str
    documents: tuple[str, ...]
    answer_contains: tuple[str, ...]


def _outside(name: str, number: int) -> Corpus:
    folder = DATA / "outside" / name
    return Corpus(name, folder / "documents", folder / "questions.jsonl", f"00000000-0000-0000-0000-0000000000{number}")


DEMO = Corpus(
    "demo",
    PROJECT / "aurora_site" / "demo" / "documents",
    DATA / "demo_questions.jsonl",
    "00000000-0000-0000-0000-00000000bece",
)
# Weights and thresholds are fitted on the demo set and on this one,
TOOLS = _outside("tools", 21)
# and nothing is fitted on this one.
HATCH = _outside("hatch", 22)


def questions(corpus: Corpus = DEMO) -> list[Question]:
    rows = [json.loads(line) for line in corpus.questions.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Question(row["kind"], row["question"], tuple(row["documents"]), tuple(row["answer_contains"])) for row in rows
    ]


def sources(corpus: Corpus) -> list[tuple[str, SourceText]]:
    """Every document's path and text."""
    from agents.retrieval.loading import load_document, supported

    files = [file for file in sorted(corpus.documents.rglob("*")) if file.is_file() and supported(file.name)]
    paths = [file.relative_to(corpus.documents).as_posix() for file in files]
    return [(path, load_document(file.read_bytes(), path)) for path, file in zip(paths, files, strict=True)]


def index_documents(corpus: Corpus = DEMO) -> int:
    """Indexes a corpus's documents in its organisation; how many chunks that made."""
    from agents.retrieval.indexing import document_index

    chunks = 0
    for path, source in sources(corpus):
        result = document_index(
            organization_id=corpus.organization, document_id=path, path=path, title=source.title, source=source,
            collection=path.split("/")[0],
        )  # fmt: skip
        chunks += result.chunks
    return chunks


def found_for(asked: Sequence[Question], corpus: Corpus = DEMO) -> list[SearchResult]:
    from agents.retrieval.search import search

    return [search(organization_id=corpus.organization, query=question.question, limit=50) for question in asked]
