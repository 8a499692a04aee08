"""A large synthetic knowledge index: clustered unit vectors, and texts whose words are as unevenly common as real ones.

Written with COPY, past the code that cuts and embeds documents. Figures follow the demo documents: a chunk has 47 terms
(37 different ones) and four sentences, and the commonest term is in 40 % of the chunks.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg

if TYPE_CHECKING:
    from agents.retrieval.models import IndexVersion

DIMENSION = 384
CLUSTERS = 1000
VOCABULARY = 30_000
TERMS_PER_CHUNK = 47
SENTENCES = 4
COLLECTIONS = 10
# Zipf and Mandelbrot: the chance of the word of rank r is as 1 / (r + offset), stop words being left out.
ZIPF_OFFSET = 10
FIRST_DAY = date(2020, 1, 1)
DAYS = 2000
_SYLLABLES = [first + second for first in "bdfgklmnprtvz" for second in "aiou"]


@dataclass(frozen=True)
class Corpus:
    """``vectors`` (n, 384), and the words of each text as numbers of the vocabulary (n, 47)."""

    vectors: np.ndarray
    words: np.ndarray
    vocabulary: Sequence[str]


def made(chunks: int, seed: int = 7) -> Corpus:
    """The same corpus each time."""
    random = np.random.default_rng(seed)
    centres = _unit(random.standard_normal((CLUSTERS, DIMENSION), dtype=np.float32))
    vectors = _around(centres[random.integers(0, CLUSTERS, chunks)], random)
    weights = 1 / (np.arange(1, VOCABULARY + 1) + ZIPF_OFFSET)
    words = random.choice(VOCABULARY, size=(chunks, TERMS_PER_CHUNK), p=weights / weights.sum())
    return Corpus(vectors, words, [_word(number) for number in range(VOCABULARY)])


def questions(corpus: Corpus, count: int, seed: int = 8) -> list[tuple[np.ndarray, list[str]]]:
    """Vectors near those of chunks, each with six of the same chunk's words."""
    random = np.random.default_rng(seed)
    chosen = random.integers(0, len(corpus.vectors), count)
    vectors = _around(corpus.vectors[chosen], random, spread=0.5)
    return [
        (vector, [corpus.vocabulary[word] for word in dict.fromkeys(corpus.words[number][:6])])
        for vector, number in zip(vectors, chosen, strict=True)
    ]


def _around(points: np.ndarray, random: np.random.Generator, spread: float = 1.0) -> np.ndarray:
    noise = random.standard_normal(points.shape, dtype=np.float32) / np.sqrt(DIMENSION)
    return _unit(points + spread * noise)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _word(number: int) -> str:
    word = ""
    for _ in range(3):
        number, place = divmod(number, len(_SYLLABLES))
        word += _SYLLABLES[place]
    return word


def written(connection: psycopg.Connection[Any], corpus: Corpus, version: IndexVersion, names: Sequence[str]) -> None:
    """Index rows of a corpus, shared out evenly among organisations; ids follow those that are there."""
    from pgvector.psycopg import register_vector

    register_vector(connection)
    row = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM retrieval_chunk").fetchone()
    assert row is not None
    _copy_chunks(connection, corpus, version.pk, names, row[0])
    _copy_postings(connection, corpus, version.pk, names, row[0])
    connection.execute(
        'INSERT INTO retrieval_sentence (chunk_id, ordinal, start, "end", kind, context, embedding, bare_embedding)'
        " SELECT id, place, start + place * 10, start + place * 10 + 9, 'prose', '', embedding::halfvec,"
        f" embedding::halfvec FROM retrieval_chunk, generate_series(0, {SENTENCES - 1}) place WHERE version_id = %s",
        [version.pk],
    )
    connection.execute(
        "INSERT INTO retrieval_corpusstatistics (version_id, organization_id, chunk_count, term_total)"
        " SELECT version_id, organization_id, count(*), sum(term_count) FROM retrieval_chunk WHERE version_id = %s"
        " GROUP BY 1, 2",
        [version.pk],
    )


_CHUNK_COLUMNS = (
    'id, uuid, version_id, organization_id, document_id, collection, path, title, heading, dated, ordinal, text, "start",'
    ' "end", content_hash, term_count, embedding, token_vectors'
)
_CHUNK_TYPES = ["int8", "uuid", "int8", "varchar", "varchar", "varchar", "varchar", "varchar", "varchar", "date", "int4",
                "text", "int4", "int4", "varchar", "int4", "vector", "bytea"]  # fmt: skip


def _copy_chunks(
    connection: psycopg.Connection[Any], corpus: Corpus, version: int, names: Sequence[str], first: int
) -> None:
    with connection.cursor().copy(f"COPY retrieval_chunk ({_CHUNK_COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(_CHUNK_TYPES)
        for number, (vector, words) in enumerate(zip(corpus.vectors, corpus.words, strict=True)):
            document, ordinal = divmod(number, 10)
            collection = f"collection-{document % COLLECTIONS}"
            path = f"{collection}/{document}.md"
            text = " ".join(corpus.vocabulary[word] for word in words)
            copy.write_row((
                first + number, uuid.UUID(int=first + number), version, names[document % len(names)], str(document),
                collection, path, f"Document {document}", f"Document {document} > Part {ordinal}",
                FIRST_DAY + timedelta(days=document % DAYS), ordinal, text, 0, len(text), str(number), TERMS_PER_CHUNK,
                vector, b"",
            ))  # fmt: skip


def _copy_postings(
    connection: psycopg.Connection[Any], corpus: Corpus, version: int, names: Sequence[str], first: int
) -> None:
    statement = (
        "COPY retrieval_posting (version_id, organization_id, term, chunk_id, frequency, length) FROM STDIN"
    )  # fmt: skip
    with connection.cursor().copy(statement) as copy:
        for lines in _posting_lines(corpus, version, names, first):
            copy.write(lines)


def _posting_lines(corpus: Corpus, version: int, names: Sequence[str], first: int) -> Iterator[str]:
    for number, words in enumerate(corpus.words):
        name = names[number // 10 % len(names)]
        found, counted = np.unique(words, return_counts=True)
        yield "".join(
            f"{version}\t{name}\t{corpus.vocabulary[word]}\t{first + number}\t{count}\t{TERMS_PER_CHUNK}\n"
            for word, count in zip(found.tolist(), counted.tolist(), strict=True)
        )
