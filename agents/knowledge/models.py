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
