"""Token vectors: what the embedder tells of each token, and what the index keeps of it."""

from __future__ import annotations

import numpy as np
import pytest

from agents.embeddings import get_embedder, token_vectors
from agents.embeddings.base import TokenEmbedder
from agents.retrieval.models import Chunk
from tests.agents.knowledge_index import LEAVE, index

TEXTS = ["Dogs are welcome on Fridays.", "The primary database fails over within thirty seconds."]


@pytest.fixture
def embedder() -> TokenEmbedder:
    embedder = get_embedder()
    assert isinstance(embedder, TokenEmbedder)
    return embedder


def test_passages_have_the_same_vectors_as_documents_and_one_for_each_token(embedder: TokenEmbedder) -> None:
    vectors, tokens = embedder.embed_passages(TEXTS)
    np.testing.assert_array_equal(vectors, embedder.embed_documents(TEXTS))
    # Six words or marks in the first, and two special tokens.
    assert [told.shape for told in tokens] == [(8, 96), (11, 96)]
    assert all(told.dtype == np.int8 for told in tokens)
    lengths = np.linalg.norm(tokens[0].astype(float) / 127, axis=1)
    np.testing.assert_allclose(lengths, 1, atol=0.03)


def test_tokens_of_a_question_lie_near_those_of_the_same_words_in_a_passage(embedder: TokenEmbedder) -> None:
    text = "Are dogs welcome?"
    asked = embedder.embed_question(text)
    np.testing.assert_array_equal(asked.vector, embedder.embed_query(text))
    assert [text[start:end] for start, end in asked.spans] == ["", "Are", "dogs", "welcome", "?", ""]
    _, (dogs, database) = embedder.embed_passages(TEXTS)
    near = (asked.tokens @ dogs.T.astype(np.float32) / 127).max(axis=1)
    far = (asked.tokens @ database.T.astype(np.float32) / 127).max(axis=1)
    assert near[2] > 0.6 > 0.5 > far[2]


def test_stored_bytes_give_the_vectors_back(embedder: TokenEmbedder) -> None:
    (told,) = embedder.embed_passages(TEXTS[:1])[1]
    np.testing.assert_array_equal(token_vectors.from_bytes(told.tobytes()), told)
    assert token_vectors.from_bytes(b"").shape == (0, 96)


@pytest.mark.django_db(databases=["default", "retrieval"])
def test_indexing_keeps_the_token_vectors_also_of_passages_it_has_seen_before(embedder: TokenEmbedder) -> None:
    index(LEAVE, "leave.md")
    first = list(Chunk.objects.order_by("ordinal"))
    assert all(len(chunk.token_vectors) > 96 * 5 for chunk in first)
    again = index(LEAVE, "copy.md")
    assert (again.changed, again.embedded) == (True, 0)
    copies = list(Chunk.objects.filter(path="copy.md").order_by("ordinal"))
    assert [bytes(chunk.token_vectors) for chunk in copies] == [bytes(chunk.token_vectors) for chunk in first]
