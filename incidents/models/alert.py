"""Alerts as their sources sent them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from aurora_site.accounts.scoping import OrganizationManager
from incidents.models.incident import Incident
from incidents.models.service import Service
from incidents.models.severity import Severity


class AlertStatus(models.TextChoices):
    FIRING = "firing"
    RESOLVED = "resolved"


class Alert(models.Model):
    """One alert of a monitoring system, ``payload`` as sent. Firing again, it has the same ``fingerprint``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, on_delete=models.SET_NULL, null=True, blank=True, related_name="alerts")
    fingerprint = models.CharField(max_length=64)
    source_type = models.CharField(max_length=32)
    source_alert_id = models.CharField(max_length=255, blank=True, default="")
    source_url = models.URLField(max_length=1000, blank=True, default="")
    title = models.CharField(max_length=255)
    service = models.ForeignKey(Service, on_delete=models.SET_NULL, null=True, blank=True, related_name="alerts")
    severity = models.CharField(max_length=16, choices=Severity.choices, default=Severity.UNKNOWN)
    status = models.CharField(max_length=16, choices=AlertStatus.choices, default=AlertStatus.FIRING)
    labels = models.JSONField(default=dict, blank=True)
    annotations = models.JSONField(default=dict, blank=True)
    payload = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()

    objects = OrganizationManager()

    class Meta:
        ordering = ["received_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(severity__in=Severity.values), name="alert_severity_is_known"),
            models.CheckConstraint(condition=Q(status__in=AlertStatus.values), name="alert_status_is_known"),
        ]
        indexes = [
            models.Index(fields=["organization", "fingerprint", "status"], name="alert_by_fingerprint"),
            models.Index(fields=["organization", "-received_at"], name="alert_by_arrival"),
            models.Index(fields=["incident", "received_at"], name="alert_by_incident"),
        ]

    def __str__(self) -> str:
        return self.title
