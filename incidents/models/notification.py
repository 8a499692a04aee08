"""Who is told of what, where, and whether it arrived."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from aurora_site.accounts.scoping import OrganizationManager
from incidents.models.incident import Incident, TimelineEntry
from incidents.models.service import Service
from incidents.models.severity import Severity


class ChannelKind(models.TextChoices):
    WEBHOOK = "webhook"
    EMAIL = "email"
    SLACK = "slack"


class NotificationChannel(models.Model):
    """An address to tell: a signed webhook, an e-mail address, or a Slack-compatible webhook."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=ChannelKind.choices)
    # Addresses of webhooks hold tokens.
    address_sealed = models.TextField()
    secret_sealed = models.TextField(blank=True, default="")
    is_enabled = models.BooleanField(default=True)
    created_by_id = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="channel_name_once_per_organization"),
            models.CheckConstraint(condition=Q(kind__in=ChannelKind.values), name="channel_kind_is_known"),
        ]

    def __str__(self) -> str:
        return self.name


class NotificationRule(models.Model):
    """Tell ``channel`` of changes of ``kinds`` (timeline kinds; all that matter, where empty) of incidents at least
    ``minimum_severity`` bad, of ``services`` where any are given."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    channel = models.ForeignKey(NotificationChannel, on_delete=models.CASCADE, related_name="rules")
    minimum_severity = models.CharField(max_length=16, choices=Severity.choices, default=Severity.UNKNOWN)
    services = models.ManyToManyField(Service, blank=True, related_name="notification_rules")
    kinds = models.JSONField(default=list, blank=True)
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="rule_name_once_per_organization"),
            models.CheckConstraint(condition=Q(minimum_severity__in=Severity.values), name="rule_severity_is_known"),
        ]

    def __str__(self) -> str:
        return self.name


class NotificationState(models.TextChoices):
    PENDING = "pending"
    SENT = "sent"
    # Given up after all attempts; shown, and can be sent again by a person.
    DEAD = "dead"


class Notification(models.Model):
    """One change of one incident on its way to one channel; there is never a second of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(NotificationChannel, on_delete=models.CASCADE, related_name="notifications")
    rule = models.ForeignKey(NotificationRule, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="notifications")
    entry = models.ForeignKey(TimelineEntry, on_delete=models.CASCADE, related_name="notifications")
    state = models.CharField(max_length=16, choices=NotificationState.choices, default=NotificationState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    last_error = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "entry"], name="notification_once_per_change"),
            models.CheckConstraint(condition=Q(state__in=NotificationState.values), name="notification_state_is_known"),
        ]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"], name="notification_by_turn"),
            models.Index(fields=["organization", "-created_at"], name="notification_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.state}"
