"""Who learns, towards what, and when there is time for it."""

from __future__ import annotations

import uuid
from datetime import time

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from aurora_site.accounts.scoping import OrganizationManager
from learning.models.catalogue import Role
from learning.validators import (
    default_minutes_per_weekday,
    validate_blackout_dates,
    validate_minutes_per_weekday,
    validate_time_zone,
)


class Learner(models.Model):
    """A person who learns; may have an account, at most one learner per account and organisation.

    ``minutes_per_weekday`` is a list of seven numbers, Monday first; ``blackout_dates`` a list of ISO 8601 dates.
    ``study_at`` is when a day's learning begins in calendars, ``nudge_from`` to ``nudge_until`` when reminders may come:
    all in ``time_zone``. ``assessed_at`` is when the learner last said what they know already.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True, default="")
    role = models.ForeignKey(Role, on_delete=models.SET_NULL, null=True, blank=True, related_name="learners")
    goals = models.TextField(max_length=5000, blank=True, default="", help_text="In the learner's own words.")
    minutes_per_weekday = models.JSONField(
        default=default_minutes_per_weekday, validators=[validate_minutes_per_weekday]
    )
    blackout_dates = models.JSONField(default=list, blank=True, validators=[validate_blackout_dates])
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    start_date = models.DateField()
    study_at = models.TimeField(default=time(9))
    nudges = models.BooleanField(default=True)
    digest = models.BooleanField(default=True)
    nudge_from = models.TimeField(default=time(8))
    nudge_until = models.TimeField(default=time(18))
    assessed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="learner_once_per_user"),
            models.CheckConstraint(condition=Q(nudge_from__lt=F("nudge_until")), name="learner_nudged_within_a_day"),
        ]
        indexes = [
            models.Index(fields=["organization", "name"], name="learner_by_name"),
            models.Index(fields=["organization", "email"], name="learner_by_email"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.role is not None and self.role.organization_id != self.organization_id:
            raise ValidationError({"role": f"{self.role} belongs to a different organisation."})
