"""Where alerts come from, and every delivery as it arrived."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from audit.identifiers import record_id
from aurora_site.accounts.scoping import OrganizationManager


class Integration(models.Model):
    """One sender of alerts. Its address holds a token; where it has a secret, its deliveries must prove that they know it.

    After a rotation the previous token is good until ``previous_until``, the previous secret until
    ``previous_secret_until``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=32)
    name = models.CharField(max_length=200)
    token_hash = models.CharField(max_length=64, unique=True)
    token_sealed = models.TextField()
    secret_sealed = models.TextField(blank=True, default="")
    previous_token_hash = models.CharField(max_length=64, null=True, blank=True, unique=True)
    previous_secret_sealed = models.TextField(blank=True, default="")
    previous_until = models.DateTimeField(null=True, blank=True)
    previous_secret_until = models.DateTimeField(null=True, blank=True)
    options = models.JSONField(default=dict, blank=True)
    is_enabled = models.BooleanField(default=True)
    refused_count = models.PositiveIntegerField(default=0)
    refused_at = models.DateTimeField(null=True, blank=True)
    refused_reason = models.CharField(max_length=300, blank=True, default="")
    created_by_id = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="integration_name_once_per_organization")
        ]

    def __str__(self) -> str:
        return self.name


class DeliveryState(models.TextChoices):
    PENDING = "pending"
    PROCESSED = "processed"
    # Understood, and nothing in it is an alert.
    IGNORED = "ignored"
    # Kept, with the reason why no alert could be read from it.
    UNREADABLE = "unreadable"
    # Processing failed again and again; a person can ask for it anew.
    FAILED = "failed"


class Delivery(models.Model):
    """A request to an integration's address, kept as it came. ``key`` tells it from every other of the integration."""

    id = models.UUIDField(primary_key=True, default=record_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="deliveries")
    key = models.CharField(max_length=64)
    vendor_id = models.CharField(max_length=255, blank=True, default="")
    headers = models.JSONField(default=dict, blank=True)
    body = models.BinaryField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    reason = models.CharField(max_length=500, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    processed_at = models.DateTimeField(null=True, blank=True)
    alert_count = models.PositiveIntegerField(default=0)
    # How many times it came again and was answered without being processed again.
    duplicates = models.PositiveIntegerField(default=0)

    objects = OrganizationManager()

    class Meta:
        ordering = ["-received_at", "-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["integration", "key"], name="delivery_once_per_integration"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_is_known"),
        ]
        indexes = [
            models.Index(fields=["organization", "state", "received_at", "id"], name="delivery_by_state"),
            models.Index(fields=["integration", "-received_at"], name="delivery_by_arrival"),
        ]

    def __str__(self) -> str:
        return f"{self.integration_id} {self.received_at:%Y-%m-%d %H:%M:%S}"
