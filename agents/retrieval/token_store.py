"""The token vectors of passages: as the index keeps them, or made now where it doesn't."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connections

from agents.embeddings import token_embedder
from agents.embeddings.base import TokenVectors
from agents.embeddings.token_vectors import NONE, from_bytes
from agents.retrieval.candidates import Candidate
from agents.retrieval.selectors import ALIAS

# Passages without stored vectors that are embedded within a search: some milliseconds each.
MADE_NOW = 8


def tokens_of(chunks: Sequence[Candidate]) -> list[TokenVectors]:
    """Token vectors of chunks, in their order; of those that have none stored only the first eight get some.

    Raises EmbeddingError.
    """
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT id, token_vectors FROM retrieval_chunk WHERE id = ANY(%s)", [[chunk.pk for chunk in chunks]]
        )
        stored = {pk: from_bytes(told) for pk, told in cursor.fetchall() if told}
    missing = [chunk for chunk in chunks if chunk.pk not in stored][:MADE_NOW]
    if missing:
        _, made = token_embedder().embed_passages([f"{chunk.heading}\n{chunk.text}" for chunk in missing])
        stored.update((chunk.pk, told) for chunk, told in zip(missing, made, strict=True))
    return [stored.get(chunk.pk, NONE) for chunk in chunks]
