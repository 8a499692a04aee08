"""Alerts as their sources sent them: what one fingerprint ever did, and each time that it fired."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from aurora_site.accounts.scoping import OrganizationManager
from incidents.models.incident import Incident
from incidents.models.integration import Delivery, Integration
from incidents.models.service import Service
from incidents.models.severity import Severity
from incidents.models.silence import Silence


class AlertStatus(models.TextChoices):
    FIRING = "firing"
    RESOLVED = "resolved"


class AlertSeries(models.Model):
    """What one fingerprint ever said. Alerts are computed from ``events``, whatever the order in which they arrived.

    ``parts`` are the names and values that the fingerprint was made from. ``events`` is a list of
    ``[time in ISO 8601, status, how often it was said]``, sorted; the oldest are let go when they become many.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    fingerprint = models.CharField(max_length=64)
    source_type = models.CharField(max_length=32)
    parts = models.JSONField(default=list, blank=True)
    events = models.JSONField(default=list, blank=True)
    flapping_since = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OrganizationManager()

    class Meta:
        verbose_name_plural = "alert series"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "fingerprint"], name="series_fingerprint_once_per_organization"
            )
        ]

    def __str__(self) -> str:
        return self.fingerprint


class Alert(models.Model):
    """One time that something was wrong, from its first firing to its resolution; refiring soon after goes on with it.

    ``open_key`` is the fingerprint while it fires and empty after, so that only one of a fingerprint is open.
    ``count`` is how often its source said so. ``payload`` is the part of the delivery that is about it, as sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    series = models.ForeignKey(AlertSeries, on_delete=models.CASCADE, related_name="alerts")
    integration = models.ForeignKey(Integration, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    last_delivery = models.ForeignKey(Delivery, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    incident = models.ForeignKey(Incident, on_delete=models.SET_NULL, null=True, blank=True, related_name="alerts")
    silence = models.ForeignKey(Silence, on_delete=models.SET_NULL, null=True, blank=True, related_name="alerts")
    fingerprint = models.CharField(max_length=64)
    open_key = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 unique while it isn't null
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
    count = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    last_received_at = models.DateTimeField()

    objects = OrganizationManager()

    class Meta:
        ordering = ["received_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(severity__in=Severity.values), name="alert_severity_is_known"),
            models.CheckConstraint(condition=Q(status__in=AlertStatus.values), name="alert_status_is_known"),
            models.UniqueConstraint(fields=["organization", "open_key"], name="alert_open_once_per_fingerprint"),
            models.CheckConstraint(
                condition=Q(status=AlertStatus.FIRING, open_key__isnull=False, ended_at__isnull=True)
                | Q(status=AlertStatus.RESOLVED, open_key__isnull=True, ended_at__isnull=False),
                name="alert_open_while_it_fires",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "fingerprint", "-started_at"], name="alert_by_fingerprint"),
            models.Index(fields=["organization", "-received_at"], name="alert_by_arrival"),
            models.Index(fields=["incident", "received_at"], name="alert_by_incident"),
            models.Index(fields=["incident", "status"], name="alert_by_incident_status"),
        ]

    def __str__(self) -> str:
        return self.title


class Correlation(models.Model):
    """Why an alert is in an incident (or opened one), as it was decided; the newest of an alert holds.

    ``strategy`` is ``opened``, ``correlated``, ``refired``, ``manual`` or ``unsilenced``. ``parts`` lists what was compared:
    ``{"name", "value" (0 to 1, null when unknown), "weight", "reason"}``; ``considered`` the incidents that were compared
    and their scores.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="correlations")
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="correlations")
    strategy = models.CharField(max_length=16)
    score = models.FloatField(null=True, blank=True)
    threshold = models.FloatField(null=True, blank=True)
    parts = models.JSONField(default=list, blank=True)
    considered = models.JSONField(default=list, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["alert", "-at"], name="correlation_by_alert")]

    def __str__(self) -> str:
        return f"{self.strategy} {self.score or ''}".strip()
