"""Plans of 30 to 60 days, their milestones, and their dated items."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from aurora_site.accounts.scoping import OrganizationManager
from learning.models.catalogue import Resource, Role, Skill
from learning.models.people import Learner

MINIMUM_DAYS = 30
MAXIMUM_DAYS = 60


class PlanState(models.TextChoices):
    DRAFT = "draft"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    FINISHED = "finished"


class ItemKind(models.TextChoices):
    STUDY = "study"
    REVIEW = "review"
    PROJECT = "project"
    CHECK = "check"


class ItemState(models.TextChoices):
    PLANNED = "planned"
    DONE = "done"
    SKIPPED = "skipped"


class Plan(models.Model):
    """One version of a learner's plan.

    ``previous`` is the version that this one replaces and ``reason`` why it does; ``inputs`` is the digest of all that
    it was computed from, so that the same again makes no new version. ``active_for`` repeats the learner while the plan
    is active and is empty otherwise: being unique, it lets a learner have one active plan at most, on every database.
    ``verdict`` says whether the goal fits the time, ``summary`` what the plan comes to.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="plans")
    active_for = models.OneToOneField(
        Learner, on_delete=models.CASCADE, null=True, blank=True, editable=False, related_name="active_plan"
    )
    role = models.ForeignKey(Role, on_delete=models.SET_NULL, null=True, blank=True, related_name="plans")
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=16, choices=PlanState.choices, default=PlanState.DRAFT)
    starts_on = models.DateField()
    days = models.PositiveSmallIntegerField()
    weekly_minutes = models.PositiveIntegerField()
    verdict = models.JSONField(default=dict, blank=True)
    summary = models.JSONField(default=dict, blank=True)
    previous = models.OneToOneField("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="next")
    reason = models.CharField(max_length=200, blank=True, default="")
    inputs = models.CharField(max_length=64, blank=True, default="", editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["learner", "version"], name="plan_version_once_per_learner"),
            models.CheckConstraint(
                condition=Q(days__gte=MINIMUM_DAYS, days__lte=MAXIMUM_DAYS), name="plan_days_in_range"
            ),
            models.CheckConstraint(condition=Q(state__in=PlanState.values), name="plan_state_is_known"),
            models.CheckConstraint(
                # A comparison with NULL alone would be neither true nor false, which a check lets pass.
                condition=Q(state=PlanState.ACTIVE, active_for__isnull=False, active_for=F("learner"))
                | (~Q(state=PlanState.ACTIVE) & Q(active_for__isnull=True)),
                name="plan_active_for_its_learner",
            ),
        ]
        indexes = [models.Index(fields=["organization", "-created_at"], name="plan_by_creation")]

    def __str__(self) -> str:
        return f"{self.learner}, version {self.version}"


class Milestone(models.Model):
    """A point of a plan at which a set of skills is to be shown."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="milestones")
    title = models.CharField(max_length=200)
    due_on = models.DateField()
    skills = models.ManyToManyField(Skill, blank=True, related_name="+")

    class Meta:
        ordering = ["due_on", "id"]

    def __str__(self) -> str:
        return self.title


class PlanItem(models.Model):
    """Something to do on a date.

    ``uid`` stays the same in every version of a plan, and ``sequence`` grows when the item changes: calendars know it by
    these (RFC 5545, 3.8.7.4). A resource longer than a day comes in ``parts``. ``reason`` says why the item is there,
    ``basis`` what that rests on, ``gains`` how much mastery each skill is expected to gain. ``position`` orders a day.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="items")
    date = models.DateField()
    position = models.PositiveSmallIntegerField(default=0)
    minutes = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=16, choices=ItemKind.choices)
    resource = models.ForeignKey(Resource, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    title = models.CharField(max_length=200)
    reason = models.TextField(max_length=2000, blank=True, default="")
    basis = models.JSONField(default=dict, blank=True)
    gains = models.JSONField(default=dict, blank=True)
    milestone = models.ForeignKey(Milestone, on_delete=models.SET_NULL, null=True, blank=True, related_name="items")
    uid = models.UUIDField(default=uuid.uuid4)
    sequence = models.PositiveIntegerField(default=0)
    part = models.PositiveSmallIntegerField(default=1)
    parts = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=16, choices=ItemState.choices, default=ItemState.PLANNED)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When it was done or skipped.")
    spent_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    skills = models.ManyToManyField(Skill, blank=True, related_name="+")

    class Meta:
        ordering = ["date", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "uid"], name="plan_item_uid_once_per_plan"),
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="plan_item_fits_a_day"),
            models.CheckConstraint(condition=Q(part__gte=1, part__lte=F("parts")), name="plan_item_part_of_parts"),
            models.CheckConstraint(
                condition=Q(state=ItemState.PLANNED, settled_at__isnull=True)
                | (~Q(state=ItemState.PLANNED) & Q(settled_at__isnull=False)),
                name="plan_item_settled_when",
            ),
            models.CheckConstraint(condition=Q(kind__in=ItemKind.values), name="plan_item_kind_is_known"),
            models.CheckConstraint(condition=Q(state__in=ItemState.values), name="plan_item_state_is_known"),
        ]
        indexes = [models.Index(fields=["plan", "date", "position"], name="plan_item_by_date")]

    def __str__(self) -> str:
        return f"{self.date}: {self.title}"
