"""How much of an index version is an organisation's. Word scores and the way of searching depend on it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum

from agents.retrieval.models import Chunk, CorpusStatistics, IndexVersion

# Corpora of up to so many chunks are searched whole: every vector, every posting.
EXACT_LIMIT = 10_000
# How many chunks each leg of a search proposes.
LEG_SIZE = 50


@dataclass(frozen=True)
class Corpus:
    """An organisation's ``chunks`` in a version, and how many terms these have together."""

    organization_id: str
    chunks: int
    terms: int

    @property
    def is_large(self) -> bool:
        return self.chunks > EXACT_LIMIT

    @property
    def average_length(self) -> float:
        """Terms of a chunk, at least one."""
        return max(self.terms / max(self.chunks, 1), 1.0)


def corpus_of(version: IndexVersion, organization_id: str) -> Corpus:
    """From the statistics, or counted where these say that there is nothing: lost ones must not hide documents."""
    found = CorpusStatistics.objects.filter(version=version, organization_id=organization_id)
    chunks, terms = found.values_list("chunk_count", "term_total").first() or (0, 0)
    if chunks:
        return Corpus(organization_id, chunks, terms)
    own = Chunk.objects.filter(version=version, organization_id=organization_id)
    counted = own.aggregate(chunks=Count("id"), terms=Sum("term_count"))
    return Corpus(organization_id, counted["chunks"], counted["terms"] or 0)
