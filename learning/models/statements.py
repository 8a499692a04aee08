"""Experience API statements, as they came (IEEE 9274.1.1, xAPI)."""

from __future__ import annotations

import uuid

from django.db import models

from aurora_site.accounts.scoping import OrganizationManager
from learning.models.people import Learner


class Statement(models.Model):
    """One statement. ``body`` is what is given back; the other fields are what it is found by.

    ``statement_id`` is the sender's, unique within an organisation. ``digest`` is of what was sent, without what the
    receiver adds: the same again is no conflict.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    statement_id = models.UUIDField()
    learner = models.ForeignKey(Learner, on_delete=models.SET_NULL, null=True, blank=True, related_name="statements")
    actor = models.CharField(max_length=300, help_text="The actor's inverse functional identifier, in canonical form.")
    verb = models.CharField(max_length=500)
    activity = models.CharField(max_length=500, blank=True, default="")
    registration = models.UUIDField(null=True, blank=True)
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    voids = models.UUIDField(null=True, blank=True)
    voided = models.BooleanField(default=False)
    timestamp = models.DateTimeField()
    stored_at = models.DateTimeField()

    objects = OrganizationManager()

    class Meta:
        ordering = ["-stored_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "statement_id"], name="statement_once_per_organization")
        ]
        indexes = [
            models.Index(fields=["organization", "stored_at", "id"], name="statement_by_arrival"),
            models.Index(fields=["organization", "voids"], name="statement_by_voided"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.verb}"
