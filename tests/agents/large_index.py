"""An index large enough for PostgreSQL to use its vector index, with limits that make organisations of it large."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from django.db import connections
from django.utils import timezone

from agents.retrieval import corpus, vector_index
from agents.retrieval.models import IndexVersion
from bench.search_corpus import DIMENSION, Corpus, made, written
from tests.agents.knowledge_index import OURS, THEIRS

CHUNKS = 2000
# One chunk in twenty is another organisation's.
SHARES = [*[OURS] * 19, THEIRS]


@cache
def _synthetic() -> Corpus:
    return made(CHUNKS)


@contextmanager
def small_limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Organisations of more than 500 chunks are large: ours, but not theirs with 100."""
    with monkeypatch.context() as patch:
        patch.setattr(corpus, "EXACT_LIMIT", 500)
        patch.setattr(vector_index, "EXACT_LIMIT", 500)
        patch.setattr(vector_index, "_SCAN_COST", 1)
        yield


def large_index(embedder: str = "all-MiniLM-L6-v2-int8") -> tuple[IndexVersion, Corpus]:
    """An active version with 1,900 chunks of ours and 100 of theirs; no vector index yet."""
    version = IndexVersion.objects.create(
        name="v1", embedder=embedder, dimension=DIMENSION, chunker="tests", state="active", activated_at=timezone.now()
    )
    synthetic = _synthetic()
    connection = connections["retrieval"]
    connection.ensure_connection()
    written(connection.connection, synthetic, version, SHARES)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE retrieval_chunk, retrieval_posting, retrieval_sentence")
    return version, synthetic


def scans(version: IndexVersion) -> int:
    """How often the version's vector index was used so far."""
    with connections["retrieval"].cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = %s", [vector_index.index_name(version)]
        )
        row = cursor.fetchone()
    return row[0] if row else 0


def invalidate(version: IndexVersion) -> None:
    """Leaves the index as an interrupted CREATE INDEX CONCURRENTLY does."""
    with connections["retrieval"].cursor() as cursor:
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [vector_index.index_name(version)]
        )
