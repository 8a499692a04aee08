"""Incidents that were found to be one, so that it can be undone without a loss."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from incidents.models.alert import Alert
from incidents.models.incident import Incident


class Merge(models.Model):
    """``source`` went into ``target`` with ``alerts``. ``source_status`` is what it goes back to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="merges_into")
    target = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="merges_from")
    alerts = models.ManyToManyField(Alert, related_name="+")
    source_status = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64, blank=True, default="")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(source=F("target")), name="merge_joins_two"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} into {self.target_id}"
