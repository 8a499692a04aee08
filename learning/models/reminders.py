"""What learners are reminded of, and the address under which their calendar reads their plan."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from aurora_site.accounts.scoping import OrganizationManager
from learning.models.people import Learner


class NudgeKind(models.TextChoices):
    OVERDUE = "overdue"
    STREAK = "streak"
    REVIEW = "review"
    FINISHED = "finished"
    DIGEST = "digest"


class Nudge(models.Model):
    """One reminder. ``occasion`` names what it is about, and lets it be made once.

    ``sent_at`` is when the mail left; it stays empty for those without an address. ``seen_at`` is when the page that
    shows it was dismissed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="nudges_made")
    kind = models.CharField(max_length=16, choices=NudgeKind.choices)
    occasion = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    text = models.TextField(max_length=10_000, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, default="")
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["learner", "kind", "occasion"], name="nudge_once_per_occasion"),
            models.CheckConstraint(condition=Q(kind__in=NudgeKind.values), name="nudge_kind_is_known"),
        ]
        indexes = [models.Index(fields=["learner", "-created_at"], name="nudge_by_learner")]

    def __str__(self) -> str:
        return f"{self.learner}: {self.title}"


class CalendarSubscription(models.Model):
    """The secret address under which a calendar reads a learner's plan. Only the digest of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    learner = models.OneToOneField(Learner, on_delete=models.CASCADE, related_name="calendar_subscription")
    token_digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationManager()

    def __str__(self) -> str:
        return f"calendar of {self.learner}"
