"""Incidents and what happened to them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from aurora_site.accounts.scoping import OrganizationManager
from incidents.models.service import Service
from incidents.models.severity import Severity

MANUAL_SOURCE = "manual"


class IncidentStatus(models.TextChoices):
    INVESTIGATING = "investigating"
    ANALYZED = "analyzed"
    MERGED = "merged"
    RESOLVED = "resolved"


class AuroraStatus(models.TextChoices):
    """How far Aurora's own investigation is."""

    IDLE = "idle"
    RUNNING = "running"
    COMPLETE = "complete"
    ERROR = "error"


class ActiveTab(models.TextChoices):
    """The tab that people last had open on the incident's page."""

    THOUGHTS = "thoughts"
    CHAT = "chat"


class IncidentLog(models.Model):
    """An organisation's lock: who changes incidents holds it, and numbers what it adds, so that nothing is numbered twice,
    and what has a higher number was committed later. ``graph_version`` is another one after each change of services."""

    organization = models.OneToOneField(
        "accounts.Organization", on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    last_seq = models.PositiveBigIntegerField(default=0)
    last_number = models.PositiveIntegerField(default=0)
    graph_version = models.CharField(max_length=32, blank=True, default="")

    objects = OrganizationManager()

    def __str__(self) -> str:
        return str(self.organization_id)


class Incident(models.Model):
    """One thing that is wrong; ``service`` is empty while unknown. A merged incident names the one it went into.

    People call it by ``number``. ``alert_count``, ``firing_count`` and ``services`` sum up its alerts. A severity that a
    person set stays (``severity_is_set``); else it is that of the worst alert. ``resolved_by_id`` is empty where its alerts
    resolved it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=255)
    status = models.CharField(max_length=16, choices=IncidentStatus.choices, default=IncidentStatus.INVESTIGATING)
    aurora_status = models.CharField(max_length=16, choices=AuroraStatus.choices, default=AuroraStatus.IDLE)
    severity = models.CharField(max_length=16, choices=Severity.choices, default=Severity.UNKNOWN)
    severity_is_set = models.BooleanField(default=False)
    service = models.ForeignKey(Service, on_delete=models.SET_NULL, null=True, blank=True, related_name="incidents")
    services = models.ManyToManyField(Service, blank=True, related_name="+")
    alert_count = models.PositiveIntegerField(default=0)
    firing_count = models.PositiveIntegerField(default=0)
    last_alert_at = models.DateTimeField(null=True, blank=True)
    summary = models.TextField(max_length=10_000, blank=True, default="")
    source_type = models.CharField(max_length=32, default=MANUAL_SOURCE)
    source_alert_id = models.CharField(max_length=255, blank=True, default="")
    source_url = models.URLField(max_length=1000, blank=True, default="")
    active_tab = models.CharField(max_length=16, choices=ActiveTab.choices, default=ActiveTab.THOUGHTS)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    merged_into = models.ForeignKey(
        "self", on_delete=models.RESTRICT, null=True, blank=True, related_name="merged_incidents"
    )
    started_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by_id = models.CharField(max_length=64, blank=True, default="")
    snoozed_until = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by_id = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "number"], name="incident_number_once_per_organization"),
            models.CheckConstraint(condition=Q(status__in=IncidentStatus.values), name="incident_status_is_known"),
            models.CheckConstraint(
                condition=Q(aurora_status__in=AuroraStatus.values), name="incident_aurora_status_is_known"
            ),
            models.CheckConstraint(condition=Q(severity__in=Severity.values), name="incident_severity_is_known"),
            models.CheckConstraint(condition=Q(active_tab__in=ActiveTab.values), name="incident_active_tab_is_known"),
            models.CheckConstraint(
                condition=Q(status=IncidentStatus.MERGED, merged_into__isnull=False)
                | (~Q(status=IncidentStatus.MERGED) & Q(merged_into__isnull=True)),
                name="incident_merged_into_another",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")), name="incident_not_merged_into_itself"
            ),
            models.CheckConstraint(
                condition=~Q(status=IncidentStatus.RESOLVED) | Q(resolved_at__isnull=False),
                name="incident_resolved_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-started_at", "-id"], name="incident_by_start"),
            models.Index(fields=["organization", "status", "-started_at", "-id"], name="incident_by_status"),
            models.Index(fields=["organization", "status", "-last_alert_at"], name="incident_by_last_alert"),
        ]

    def __str__(self) -> str:
        return self.title


class TimelineEntry(models.Model):
    """One step of an incident's story. ``kind`` is the event's name; ``actor_id`` is empty for Aurora itself.

    ``seq`` numbers what happened to all incidents of the organisation, from 1, in the order in which it was committed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    seq = models.PositiveBigIntegerField()
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="timeline")
    kind = models.CharField(max_length=64)
    text = models.TextField(max_length=10_000, blank=True, default="")
    actor_id = models.CharField(max_length=64, blank=True, default="")
    data = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()

    objects = OrganizationManager()

    class Meta:
        ordering = ["seq"]
        verbose_name_plural = "timeline entries"
        constraints = [
            models.UniqueConstraint(fields=["organization", "seq"], name="timeline_numbered_once_per_organization")
        ]
        indexes = [models.Index(fields=["incident", "seq"], name="timeline_of_incident")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.kind}"
