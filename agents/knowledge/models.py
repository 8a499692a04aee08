"""Documents: what an organisation knows. The index in the retrieval database is made from these rows."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from aurora_site.accounts.scoping import OrganizationManager


class Document(models.Model):
    """A document as it was given, with the text read from it. ``state`` says how far its indexing is."""

    class State(models.TextChoices):
        PENDING = "pending"
        INDEXED = "indexed"
        FAILED = "failed"
        DELETING = "deleting"

    class Origin(models.TextChoices):
        UPLOAD = "upload"
        FOLDER = "folder"
        DEMO = "demo"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="documents")
    path = models.CharField(max_length=255)
    title = models.CharField(max_length=255)
    collection = models.CharField(max_length=64, blank=True, default="")
    origin = models.CharField(max_length=16, choices=Origin.choices, default=Origin.UPLOAD)
    source = models.CharField(max_length=500, blank=True, default="", help_text="The folder it was taken from.")
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    error = models.CharField(max_length=500, blank=True, default="")
    size = models.PositiveIntegerField(help_text="Bytes.")
    content_hash = models.CharField(
        max_length=64, help_text="SHA-256 of the bytes, hexadecimal; names the stored file."
    )
    source_text = models.TextField()
    owner = models.CharField(max_length=200, blank=True, default="")
    review_date = models.DateField(null=True, blank=True)
    dated = models.DateField(null=True, blank=True, help_text="The day that the document itself says it is of.")
    duplicate_of = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="duplicates",
        help_text="An older document with the same or nearly the same text.",
    )
    similarity = models.FloatField(null=True, blank=True, help_text="How alike the two are, up to 1.")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["path"]
        indexes = [models.Index(fields=["state", "updated_at"], name="document_by_state")]
        constraints = [models.UniqueConstraint(fields=["organization", "path"], name="document_path_once")]

    def __str__(self) -> str:
        return self.path


class DocumentReport(models.Model):
    """A reader says that a document is out of date; open until somebody has dealt with it. One open for each reader."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=1000, blank=True, default="")
    open_key = models.CharField(
        max_length=120,
        unique=True,
        null=True,
        blank=True,
        editable=False,
        help_text="Document and reporter while open.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.document_id} {self.created_at}"


class DocumentBand(models.Model):
    """A part of a document's MinHash sketch: documents that share one may be near-duplicates."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="bands")
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=24)

    objects = OrganizationManager()

    class Meta:
        indexes = [models.Index(fields=["organization", "key"], name="document_band_key")]

    def __str__(self) -> str:
        return f"{self.document_id} {self.key}"


class UnansweredQuestion(models.Model):
    """A question that the documents held no answer to: redacted, without who asked, counted when it comes again."""

    class State(models.TextChoices):
        OPEN = "open"
        ANSWERED = "answered"
        DISMISSED = "dismissed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="unanswered_questions"
    )
    question = models.CharField(max_length=500, help_text="Redacted.")
    question_hash = models.CharField(max_length=64, help_text="SHA-256 of the question's terms, hexadecimal.")
    nearest = models.JSONField(default=list, blank=True, help_text="What came nearest: path, title, score.")
    times_asked = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    first_asked_at = models.DateTimeField(auto_now_add=True)
    last_asked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = OrganizationManager()

    class Meta:
        ordering = ["-last_asked_at"]
        indexes = [models.Index(fields=["organization", "state", "-last_asked_at"], name="unanswered_by_state")]
        constraints = [
            models.UniqueConstraint(fields=["organization", "question_hash"], name="unanswered_question_once")
        ]

    def __str__(self) -> str:
        return self.question
