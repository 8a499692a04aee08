"""From a document's text to everything that its index rows need. Knows no database."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.embeddings.base import Embedder, Vectors
from agents.retrieval.chunking import ChunkSpan, SentenceSpan, chunk_text, sentence_text
from agents.retrieval.loading import SourceText
from aurora_site.core.text.terms import terms


@dataclass(frozen=True)
class PreparedSentence:
    span: SentenceSpan
    text: str


@dataclass(frozen=True)
class PreparedChunk:
    """``content_hash`` covers all that is embedded, so equal hashes may share their vectors."""

    span: ChunkSpan
    sentences: tuple[PreparedSentence, ...]
    terms: Mapping[str, int]
    content_hash: str

    @property
    def term_count(self) -> int:
        return sum(self.terms.values())


@dataclass(frozen=True)
class EmbeddedChunk:
    """Vectors of a chunk: its own (d,), and of its sentences with and without the title path, each (n, d)."""

    vector: Vectors
    prefixed: Vectors
    bare: Vectors


def prepare(source: SourceText, title: str) -> list[PreparedChunk]:
    """The document's chunks with their sentences and terms. The title path counts as terms of each chunk."""
    return [_prepared(source.text, span) for span in chunk_text(source.text, source.blocks, title)]


def embed(chunks: Sequence[PreparedChunk], embedder: Embedder) -> dict[str, EmbeddedChunk]:
    """The vectors of chunks by their content hash, in one call of the embedder. Raises EmbeddingError."""
    texts: list[str] = []
    for chunk in chunks:
        texts.append(chunk.span.embedded_text)
        texts.extend(f"{chunk.span.heading}: {sentence.text}" for sentence in chunk.sentences)
        texts.extend(sentence.text for sentence in chunk.sentences)
    vectors = embedder.embed_documents(texts)
    embedded: dict[str, EmbeddedChunk] = {}
    position = 0
    for chunk in chunks:
        size = len(chunk.sentences)
        own, prefixed, bare = position, position + 1, position + 1 + size
        position = bare + size
        embedded[chunk.content_hash] = EmbeddedChunk(vectors[own], vectors[prefixed:bare], vectors[bare:position])
    return embedded


def _prepared(text: str, span: ChunkSpan) -> PreparedChunk:
    sentences = tuple(
        PreparedSentence(sentence, words)
        for sentence in span.sentences
        if sentence.kind != "header" and (words := sentence_text(text, sentence))
    )
    counted = Counter(term.text for term in terms(span.embedded_text))
    digest = hashlib.sha256(span.embedded_text.encode())
    for sentence in sentences:
        digest.update(f"\0{sentence.span.context}\0{sentence.text}".encode())
    return PreparedChunk(span, sentences, counted, digest.hexdigest())
