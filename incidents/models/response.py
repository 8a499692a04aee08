"""People and an incident: who responds, who is on call, what helps, and what they thought of Aurora's part."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from aurora_site.accounts.scoping import OrganizationManager
from incidents.models.incident import Incident
from incidents.models.service import Service


class ResponderRole(models.TextChoices):
    COMMANDER = "commander"
    RESPONDER = "responder"
    COMMUNICATIONS = "communications"
    OBSERVER = "observer"


class Responder(models.Model):
    """Somebody who works on an incident, and as what."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="responders")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=16, choices=ResponderRole.choices, default=ResponderRole.RESPONDER)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "user"], name="responder_once_per_incident"),
            models.CheckConstraint(condition=Q(role__in=ResponderRole.values), name="responder_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class Roster(models.Model):
    """Who is on call for a service, or for all that have no roster of their own where ``service`` is empty."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, blank=True, related_name="rosters")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="roster_name_once_per_organization")
        ]

    def __str__(self) -> str:
        return self.name


class Shift(models.Model):
    """Somebody is on call from ``starts_at`` until ``ends_at``. ``calendar_uid`` names the .ics event it was read from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    roster = models.ForeignKey(Roster, on_delete=models.CASCADE, related_name="shifts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    calendar_uid = models.CharField(max_length=255, blank=True, default="")

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_it_starts"),
            models.UniqueConstraint(fields=["roster", "user", "starts_at"], name="shift_begins_once"),
        ]
        indexes = [models.Index(fields=["roster", "ends_at"], name="shift_by_end")]

    def __str__(self) -> str:
        return f"{self.user_id} from {self.starts_at:%Y-%m-%d %H:%M}"


class RunbookLink(models.Model):
    """What to read when an alert of ``service`` (any, where empty) has ``title_contains`` in its title."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=1000)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, blank=True, related_name="runbooks")
    title_contains = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["title", "id"]

    def __str__(self) -> str:
        return self.title


class IncidentFeedback(models.Model):
    """Whether Aurora's part in an incident helped one person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="feedback")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    is_helpful = models.BooleanField()
    comment = models.TextField(max_length=2000, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        verbose_name_plural = "incident feedback"
        constraints = [models.UniqueConstraint(fields=["incident", "user"], name="feedback_once_per_person")]

    def __str__(self) -> str:
        return "helpful" if self.is_helpful else "not helpful"
