"""What a learner has shown, and what that makes likely."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from aurora_site.accounts.scoping import OrganizationManager
from learning.models.catalogue import Resource, Skill
from learning.models.people import Learner
from learning.validators import validate_fraction


class EvidenceKind(models.TextChoices):
    SELF_ASSESSMENT = "self_assessment"
    RESOURCE_COMPLETED = "resource_completed"
    QUIZ_RESULT = "quiz_result"
    ATTESTATION = "attestation"
    XAPI_STATEMENT = "xapi_statement", "xAPI statement"
    INCIDENT_RESPONSE = "incident_response"
    REVIEW = "review"


class Evidence(models.Model):
    """One observation of a learner's skill. ``value`` runs from 0 to 1; ``source`` says where it comes from.

    ``identity`` names the observation for its source, so that the same again counts once; empty (null) counts always.
    ``attested_by`` is the id of the account that vouches for it, where somebody else than the learner does.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="evidence")
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="evidence")
    kind = models.CharField(max_length=32, choices=EvidenceKind.choices)
    value = models.FloatField(validators=[validate_fraction])
    source = models.CharField(max_length=255, blank=True, default="")
    identity = models.CharField(max_length=255, null=True, blank=True, editable=False)  # noqa: DJ001 null is unlike null
    note = models.TextField(max_length=2000, blank=True, default="")
    attested_by = models.CharField(max_length=64, blank=True, default="")
    resource = models.ForeignKey(Resource, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    observed_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["-observed_at", "-id"]
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(fields=["learner", "skill", "identity"], name="evidence_once_per_identity"),
            models.CheckConstraint(condition=Q(value__gte=0, value__lte=1), name="evidence_value_is_fraction"),
            models.CheckConstraint(condition=Q(kind__in=EvidenceKind.values), name="evidence_kind_is_known"),
        ]
        indexes = [models.Index(fields=["learner", "skill", "observed_at"], name="evidence_by_learner_and_skill")]

    def __str__(self) -> str:
        return f"{self.learner}: {self.skill} {self.value:g}"


class Mastery(models.Model):
    """What the evidence so far says about one learner's skill: mean and variance of a belief over 0 to 1.

    Derived: it is computed anew from all evidence, as of ``updated_at``. ``practiced_at`` is when the skill was last
    used, from where it fades.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="mastery")
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="mastery")
    mean = models.FloatField(validators=[validate_fraction])
    variance = models.FloatField(validators=[validate_fraction])
    updated_at = models.DateTimeField()
    practiced_at = models.DateTimeField(null=True, blank=True)

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


class Completion(models.Model):
    """A resource that a learner has finished, once. ``score`` runs from 0 to 1 where there was one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="completions")
    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="completions")
    minutes = models.PositiveIntegerField(null=True, blank=True)
    score = models.FloatField(null=True, blank=True, validators=[validate_fraction])
    source = models.CharField(max_length=255, blank=True, default="")
    completed_at = models.DateTimeField()

    objects = OrganizationManager()

    class Meta:
        ordering = ["-completed_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["learner", "resource"], name="completion_once_per_learner_and_resource"),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1), name="completion_score_is_fraction"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.learner} finished {self.resource}"


class ReviewCard(models.Model):
    """When a skill that a learner has studied is to be looked at again: the card of FSRS (py-fsrs 6), as it keeps it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="review_cards")
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="+")
    state = models.JSONField()
    due_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["learner", "skill"], name="review_card_once_per_learner_and_skill")
        ]

    def __str__(self) -> str:
        return f"{self.learner}: {self.skill} due {self.due_at:%Y-%m-%d}"
