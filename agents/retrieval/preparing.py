"""From a document's text to everything that its index rows need. Knows no database."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.embeddings import token_embedder
from agents.embeddings.base import Embedder, TokenEmbedder, Vectors
from agents.retrieval.chunking import ChunkSpan, SentenceSpan, chunk_text, sentence_text
from agents.retrieval.loading import SourceText
from aurora_site.core.text.terms import terms

# Bounds what is held in memory while a document is indexed: about 3 MB of vectors with 768 dimensions.
TEXTS_AT_ONCE = 1000


@dataclass(frozen=True)
class PreparedSentence:
    span: SentenceSpan
    text: str


@dataclass(frozen=True)
class PreparedChunk:
    """``content_hash`` covers all that is embedded, so equal hashes may share their vectors."""

    span: ChunkSpan
    sentences: tuple[PreparedSentence, ...]
    content_hash: str

    @property
    def terms(self) -> Mapping[str, int]:
        """How often each term occurs; counted at every call, as a large document has a million of them."""
        return Counter(term.text for term in terms(self.span.embedded_text))

    @property
    def text_count(self) -> int:
        """How many texts are embedded for it."""
        return 1 + 2 * len(self.sentences)


@dataclass(frozen=True)
class EmbeddedChunk:
    """Vectors of a chunk: its own (d,), of its sentences with and without the title path, each (n, d), and of its
    tokens as the index stores them (empty if its embedder doesn't tell)."""

    vector: Vectors
    prefixed: Vectors
    bare: Vectors
    token_vectors: bytes = b""


def slices(chunks: Sequence[PreparedChunk]) -> Iterator[Sequence[PreparedChunk]]:
    """The chunks in pieces of about a thousand texts to embed."""
    start = texts = 0
    for number, chunk in enumerate(chunks):
        if texts and texts + chunk.text_count > TEXTS_AT_ONCE:
            yield chunks[start:number]
            start, texts = number, 0
        texts += chunk.text_count
    if chunks:
        yield chunks[start:]


def prepare(source: SourceText, title: str) -> list[PreparedChunk]:
    """The document's chunks with their sentences and terms. The title path counts as terms of each chunk."""
    return [_prepared(source.text, span) for span in chunk_text(source.text, source.blocks, title)]


def embed(chunks: Sequence[PreparedChunk], embedder: Embedder) -> dict[str, EmbeddedChunk]:
    """The vectors of chunks by their content hash. Raises EmbeddingError."""
    owns, tokens = _passages([chunk.span.embedded_text for chunk in chunks], embedder)
    texts: list[str] = []
    for chunk in chunks:
        texts.extend(f"{chunk.span.heading}: {sentence.text}" for sentence in chunk.sentences)
        texts.extend(sentence.text for sentence in chunk.sentences)
    vectors = embedder.embed_documents(texts)
    embedded: dict[str, EmbeddedChunk] = {}
    position = 0
    for chunk, own, told in zip(chunks, owns, tokens, strict=True):
        bare = position + len(chunk.sentences)
        end = bare + len(chunk.sentences)
        embedded[chunk.content_hash] = EmbeddedChunk(own, vectors[position:bare], vectors[bare:end], told)
        position = end
    return embedded


def _passages(texts: Sequence[str], embedder: Embedder) -> tuple[Vectors, list[bytes]]:
    if isinstance(embedder, TokenEmbedder):
        vectors, tokens = embedder.embed_passages(texts)
    else:
        vectors, tokens = embedder.embed_documents(texts), token_embedder().embed_passages(texts)[1]
    return vectors, [told.tobytes() for told in tokens]


def _prepared(text: str, span: ChunkSpan) -> PreparedChunk:
    sentences = tuple(
        PreparedSentence(sentence, words)
        for sentence in span.sentences
        if sentence.kind != "header" and (words := sentence_text(text, sentence))
    )
    digest = hashlib.sha256(span.embedded_text.encode())
    for sentence in sentences:
        digest.update(f"\0{sentence.span.context}\0{sentence.text}".encode())
    return PreparedChunk(span, sentences, digest.hexdigest())
