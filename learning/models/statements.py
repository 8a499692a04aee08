"""Experience API statements, as they came (IEEE 9274.1.1, xAPI)."""

from __future__ import annotations

import uuid

from django.db import models

from aurora_site.accounts.scoping import OrganizationManager
from learning.models.people import Learner


class Statement(models.Model):
    """One statement. ``body`` is what is given back; the other fields are what it is found by.

    ``statement_id`` is the sender's, unique within an organisation. ``digest`` is of what was sent, without what the
    receiver adds: the same again is no conflict. ``refers_to`` is the statement that this one is about; where it voids that,
    ``voids`` is the same. ``stored_by`` is the account that sent it, empty for Aurora's own.
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
    stored_by = models.CharField(max_length=64, blank=True, default="")
    refers_to = models.UUIDField(null=True, blank=True)
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
            models.Index(fields=["organization", "refers_to"], name="statement_by_referred"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.verb}"


class StatementTerm(models.Model):
    """One thing that a statement can be found by: an agent, a verb, an activity, directly in it or somewhere in it.

    ``digest`` is SHA-256 of its identifier, which may be longer than databases index.
    """

    class Kind(models.TextChoices):
        AGENT = "agent"
        RELATED_AGENT = "related_agent"
        VERB = "verb"
        ACTIVITY = "activity"
        RELATED_ACTIVITY = "related_activity"

    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    statement = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="terms")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    digest = models.CharField(max_length=64)

    objects = OrganizationManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["statement", "kind", "digest"], name="statement_term_once"),
        ]
        indexes = [models.Index(fields=["organization", "kind", "digest", "statement"], name="statement_by_term")]

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:8]}"
