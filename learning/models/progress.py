"""What a learner has shown, and what that makes likely."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from aurora_site.accounts.scoping import OrganizationManager
from learning.models.catalogue import Skill
from learning.models.people import Learner
from learning.validators import validate_fraction


class EvidenceKind(models.TextChoices):
    SELF_ASSESSMENT = "self_assessment"
    RESOURCE_COMPLETED = "resource_completed"
    QUIZ_RESULT = "quiz_result"
    ATTESTATION = "attestation"
    XAPI_STATEMENT = "xapi_statement", "xAPI statement"
    INCIDENT_RESPONSE = "incident_response"


class Evidence(models.Model):
    """One observation of a learner's skill. ``value`` runs from 0 to 1; ``source`` says where it comes from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="evidence")
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="evidence")
    kind = models.CharField(max_length=32, choices=EvidenceKind.choices)
    value = models.FloatField(validators=[validate_fraction])
    source = models.CharField(max_length=255, blank=True, default="")
    observed_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["-observed_at", "-id"]
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(condition=Q(value__gte=0, value__lte=1), name="evidence_value_is_fraction"),
            models.CheckConstraint(condition=Q(kind__in=EvidenceKind.values), name="evidence_kind_is_known"),
        ]
        indexes = [models.Index(fields=["learner", "skill", "observed_at"], name="evidence_by_learner_and_skill")]

    def __str__(self) -> str:
        return f"{self.learner}: {self.skill} {self.value:g}"


class Mastery(models.Model):
    """What the evidence so far says about one learner's skill: mean and variance of a belief over 0 to 1."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="mastery")
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="mastery")
    mean = models.FloatField(validators=[validate_fraction])
    variance = models.FloatField(validators=[validate_fraction])
    updated_at = models.DateTimeField()

    objects = OrganizationManager()

    class Meta:
        verbose_name_plural = "mastery"
        constraints = [
            models.UniqueConstraint(fields=["learner", "skill"], name="mastery_once_per_learner_and_skill"),
            models.CheckConstraint(condition=Q(mean__gte=0, mean__lte=1), name="mastery_mean_is_fraction"),
            models.CheckConstraint(condition=Q(variance__gte=0, variance__lte=1), name="mastery_variance_is_fraction"),
        ]

    def __str__(self) -> str:
        return f"{self.learner}: {self.skill} {self.mean:.2f}"
