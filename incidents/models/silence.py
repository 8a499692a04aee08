"""When alerts are expected and call nobody."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from aurora_site.accounts.scoping import OrganizationManager
from incidents.models.service import Service


class SilenceKind(models.TextChoices):
    SILENCE = "silence"
    MAINTENANCE = "maintenance"


class Repeat(models.TextChoices):
    NEVER = "never"
    DAILY = "daily"
    WEEKLY = "weekly"


class Silence(models.Model):
    """Alerts that it matches are kept and shown, and open no incident, from ``starts_at`` to ``ends_at``.

    It matches alerts for which every matcher holds, ``{"name", "operator" (= != =~ !~), "value"}`` on labels and on
    ``title``, ``severity``, ``source`` and ``service``; and those of ``services``, where any are given. A maintenance window
    may repeat each day or week.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=SilenceKind.choices, default=SilenceKind.SILENCE)
    comment = models.CharField(max_length=500)
    matchers = models.JSONField(default=list, blank=True)
    services = models.ManyToManyField(Service, blank=True, related_name="silences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    repeat = models.CharField(max_length=8, choices=Repeat.choices, default=Repeat.NEVER)
    ended_early_at = models.DateTimeField(null=True, blank=True)
    created_by_id = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["-starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="silence_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(kind__in=SilenceKind.values), name="silence_kind_is_known"),
            models.CheckConstraint(condition=Q(repeat__in=Repeat.values), name="silence_repeat_is_known"),
        ]
        indexes = [models.Index(fields=["organization", "ends_at"], name="silence_by_end")]

    def __str__(self) -> str:
        return self.comment
