"""The knowledge index. All of it can be rebuilt from the documents in the main database.

Organisations and documents are plain identifiers here: this database is another one, so no foreign key reaches them.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from pgvector.django import HalfVectorField, VectorField


class IndexVersion(models.Model):
    """How an index was made. Its vectors can only be compared with those of the embedder it names."""

    class State(models.TextChoices):
        BUILDING = "building", "Building"
        ACTIVE = "active", "Active"
        KEPT = "kept", "Kept"
        FAILED = "failed", "Failed"

    name = models.CharField(max_length=64, unique=True)
    embedder = models.CharField(max_length=200)
    dimension = models.PositiveIntegerField()
    chunker = models.CharField(max_length=64)
    calibration = models.JSONField(
        default=dict, blank=True, help_text="The thresholds that tell relevant from not, fitted for this embedder."
    )
    done = models.PositiveIntegerField(default=0, help_text="Documents handled so far, while it is built.")
    total = models.PositiveIntegerField(default=0, help_text="Documents to handle, while it is built.")
    state = models.CharField(max_length=16, choices=State.choices, default=State.BUILDING)
    note = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="active"), name="retrieval_one_active_version"),
            models.CheckConstraint(
                condition=Q(state__in=["building", "active", "kept", "failed"]), name="retrieval_known_version_state"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Chunk(models.Model):
    """A passage of a document. ``text`` is ``source[start:end]``; ``uuid`` is the same whenever the same passage of the
    same document is indexed again in the same version.

    The embedding has no fixed dimension, so that versions of several embedders lie side by side; an approximate index
    for one of them is a partial one on ``(embedding::halfvec(n))``.
    """

    uuid = models.UUIDField(unique=True)
    version = models.ForeignKey(IndexVersion, on_delete=models.CASCADE, related_name="chunks")
    organization_id = models.CharField(max_length=36)
    document_id = models.CharField(max_length=64)
    collection = models.CharField(max_length=100, blank=True, default="")
    path = models.CharField(max_length=1024)
    title = models.CharField(max_length=255)
    heading = models.CharField(max_length=512)
    dated = models.DateField(null=True, help_text="The day the document says it is of, else the day it came in.")
    ordinal = models.PositiveIntegerField()
    text = models.TextField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
    term_count = models.PositiveIntegerField()
    embedding = VectorField()
    token_vectors = models.BinaryField(default=b"", help_text="Compressed, one for each token; empty if unknown.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "organization_id", "document_id", "ordinal"], name="retrieval_chunk_place"
            ),
            models.CheckConstraint(condition=Q(end__gt=models.F("start")), name="retrieval_chunk_not_empty"),
        ]
        indexes = [
            models.Index(fields=["organization_id", "content_hash"], name="retrieval_chunk_content"),
            # All that filters look at, so that a large organisation's rows needn't be read to find the few that fit;
            # and what the statistics add up.
            models.Index(
                fields=["version", "organization_id", "collection", "dated", "path"],
                include=["id", "term_count"],
                name="retrieval_chunk_filter",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.path}#{self.ordinal}"


class Sentence(models.Model):
    """A sentence, list item, table row or piece of code of a chunk, embedded twice.

    ``embedding`` is of "Title > Heading: sentence" and ranks; ``bare_embedding`` is of the sentence alone and tells
    whether there is an answer at all. Half precision: they are only compared with each other.
    """

    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, related_name="sentences")
    ordinal = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    kind = models.CharField(max_length=8)
    context = models.CharField(max_length=400, blank=True, default="")
    embedding = HalfVectorField()
    bare_embedding = HalfVectorField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chunk", "ordinal"], name="retrieval_sentence_place")]

    def __str__(self) -> str:
        return f"{self.chunk_id}.{self.ordinal}"


class Posting(models.Model):
    """A term's occurrences in one chunk; ``length`` repeats the chunk's term count, which BM25 needs each time."""

    version = models.ForeignKey(IndexVersion, on_delete=models.CASCADE, related_name="+", db_index=False)
    organization_id = models.CharField(max_length=36)
    term = models.CharField(max_length=64)
    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, related_name="postings")
    frequency = models.PositiveIntegerField()
    length = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "organization_id", "term", "chunk"],
                include=["frequency", "length"],
                name="retrieval_posting_term",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.term}: {self.frequency}"


class CorpusStatistics(models.Model):
    """How many chunks and terms an organisation has in a version; kept in the transaction that changes the chunks."""

    version = models.ForeignKey(IndexVersion, on_delete=models.CASCADE, related_name="corpora")
    organization_id = models.CharField(max_length=36)
    chunk_count = models.PositiveIntegerField(default=0)
    term_total = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "corpus statistics"
        constraints = [
            models.UniqueConstraint(fields=["version", "organization_id"], name="retrieval_corpus_of_organization")
        ]

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.chunk_count} chunks"
