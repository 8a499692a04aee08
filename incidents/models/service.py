"""The organisation's services and which of them call which."""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from aurora_site.accounts.scoping import OrganizationManager

UNKNOWN_SERVICE = "unknown"


class Service(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    description = models.TextField(max_length=5000, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    dependencies = models.ManyToManyField(
        "self",
        through="ServiceDependency",
        through_fields=("caller", "callee"),
        symmetrical=False,
        related_name="dependents",
    )

    objects = OrganizationManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="service_name_once_per_organization")
        ]

    def __str__(self) -> str:
        return self.name


class ServiceDependency(models.Model):
    """``caller`` calls ``callee``: a failure of the callee can show in the caller. Cycles are allowed, they exist."""

    caller = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="callee_links")
    callee = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="caller_links")

    class Meta:
        verbose_name_plural = "service dependencies"
        constraints = [
            models.UniqueConstraint(fields=["caller", "callee"], name="service_dependency_once"),
            models.CheckConstraint(condition=~Q(caller=F("callee")), name="service_does_not_depend_on_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.caller} calls {self.callee}"

    def clean(self) -> None:
        # A form half filled in has no callee yet; that field's own check says so.
        callee = getattr(self, "callee", None)
        if callee is not None and callee.organization_id != self.caller.organization_id:
            raise ValidationError("The two services belong to different organisations.")
