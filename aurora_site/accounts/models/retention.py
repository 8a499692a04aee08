"""How long an organisation keeps what."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from aurora_site.accounts.models.organization import Organization
from aurora_site.accounts.scoping import OrganizationManager
from aurora_site.core import retention

LONGEST_DAYS = 36_500


class RetentionPolicy(models.Model):
    """So many days for one kind of thing; without a row it is kept for ever."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="retention_policies")
    kind = models.CharField(max_length=32)
    days = models.PositiveIntegerField(help_text="What is older is removed, once a day.")

    objects = OrganizationManager()

    class Meta:
        ordering = ["organization", "kind"]
        verbose_name_plural = "retention policies"
        constraints = [
            models.UniqueConstraint(fields=["organization", "kind"], name="retention_once_per_kind"),
            models.CheckConstraint(condition=models.Q(days__gte=1), name="retention_some_days"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.days} days"

    def clean(self) -> None:
        kind = retention.kinds().get(self.kind)
        if kind is None:
            raise ValidationError({"kind": f"One of {', '.join(retention.kinds())}."})
        if self.days is not None and not kind.minimum_days <= self.days <= LONGEST_DAYS:
            raise ValidationError({"days": days_allowed(kind)})


def days_allowed(kind: retention.Kind) -> str:
    """What may be given for a kind, for people."""
    return f"Give whole days from {kind.minimum_days} to {LONGEST_DAYS:,}, or null to keep it for ever."
