"""The vector of a question for an index version, or a stand-in where its model is away, so that search goes on by words."""

from __future__ import annotations

import logging

import numpy as np
from django.db import connections

from agents.embeddings import embedder_named
from agents.embeddings.base import EmbeddingError, Vectors
from agents.retrieval.models import IndexVersion

logger = logging.getLogger(__name__)


def query_vector(version: IndexVersion, query: str) -> tuple[Vectors, str]:
    """The question's vector (d,) and an empty text; or zeros, to which no passage is nearer than another, and why."""
    _release_connections()
    try:
        vector = embedder_named(version.embedder).embed_query(query)
        if vector.shape[0] == version.dimension:
            return vector, ""
        reason = f"{version.embedder} now gives vectors of {vector.shape[0]} numbers, the index has {version.dimension}"
    except EmbeddingError as error:
        reason = str(error).rstrip(".")
    logger.warning("Searching index version %s by words alone: %s", version.name, reason)
    return np.zeros(version.dimension, dtype=np.float32), f"Searched by words alone: {reason}."


def _release_connections() -> None:
    """The model's server may take seconds; nobody should lack a database connection for that long."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
