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


class MailState(models.TextChoices):
    NONE = "none", "on the page alone"
    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead", "given up"
    DROPPED = "dropped", "no longer wanted"


class Nudge(models.Model):
    """One reminder. ``occasion`` names what it is about, and lets it be made once.

    ``mail`` says what became of it by e-mail. ``mail_on`` is the learner's day whose only mail it is: being unique for a
    learner, it lets there be no second one. ``sent_at`` is when the mail left, ``next_attempt_at`` when it is to be tried
    (again). ``seen_at`` is when the page that shows it was dismissed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="nudges_made")
    kind = models.CharField(max_length=16, choices=NudgeKind.choices)
    occasion = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    text = models.TextField(max_length=10_000, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    mail = models.CharField(max_length=16, choices=MailState.choices, default=MailState.NONE)
    mail_on = models.DateField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, default="")
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "reminder"
        constraints = [
            models.UniqueConstraint(fields=["learner", "kind", "occasion"], name="nudge_once_per_occasion"),
            models.UniqueConstraint(fields=["learner", "mail_on"], name="nudge_one_mail_a_day"),
            models.CheckConstraint(condition=Q(kind__in=NudgeKind.values), name="nudge_kind_is_known"),
            models.CheckConstraint(condition=Q(mail__in=MailState.values), name="nudge_mail_is_known"),
            models.CheckConstraint(
                condition=Q(mail=MailState.PENDING, next_attempt_at__isnull=False)
                | (~Q(mail=MailState.PENDING) & Q(next_attempt_at__isnull=True)),
                name="nudge_attempted_while_pending",
            ),
        ]
        indexes = [
            models.Index(fields=["learner", "-created_at"], name="nudge_by_learner"),
            models.Index(fields=["mail", "next_attempt_at"], name="nudge_by_next_attempt"),
        ]

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
