"""What there is to learn: skills with their prerequisites, the roles that need them, resources that teach them."""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from aurora_site.accounts.scoping import OrganizationManager
from learning.validators import validate_fraction


class ResourceKind(models.TextChoices):
    ARTICLE = "article"
    BOOK = "book"
    COURSE = "course"
    DOCUMENT = "document"
    EXERCISE = "exercise"
    PROJECT = "project"
    VIDEO = "video"


class ResourceLevel(models.TextChoices):
    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


class Skill(models.Model):
    """Something a person can learn. ``external_refs`` lists ``{"scheme", "identifier"}`` of other catalogues."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    key = models.SlugField(max_length=100, allow_unicode=True, db_index=False)
    name = models.CharField(max_length=200)
    description = models.TextField(max_length=5000, blank=True, default="")
    external_refs = models.JSONField(blank=True, default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    prerequisites = models.ManyToManyField(
        "self",
        through="SkillPrerequisite",
        through_fields=("skill", "prerequisite"),
        symmetrical=False,
        related_name="dependents",
    )

    objects = OrganizationManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="skill_key_once_per_organization")]
        indexes = [models.Index(fields=["organization", "name"], name="skill_by_name")]

    def __str__(self) -> str:
        return self.name


class SkillPrerequisite(models.Model):
    """``prerequisite`` is to be learned before ``skill``. Services keep the graph free of cycles."""

    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="prerequisite_links")
    prerequisite = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="dependent_links")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["skill", "prerequisite"], name="prerequisite_once_per_skill"),
            models.CheckConstraint(condition=~Q(skill=F("prerequisite")), name="skill_is_not_its_own_prerequisite"),
        ]

    def __str__(self) -> str:
        return f"{self.prerequisite} before {self.skill}"

    def clean(self) -> None:
        require_same_organization(self, "skill", "prerequisite")


class Role(models.Model):
    """A role that people grow towards: a set of skills, each to a level."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    description = models.TextField(max_length=5000, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    skills = models.ManyToManyField(Skill, through="RoleSkill", related_name="roles")

    objects = OrganizationManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="role_name_once_per_organization")]

    def __str__(self) -> str:
        return self.name


class RoleSkill(models.Model):
    """The level that a role asks of a skill, on the scale of mastery: above 0, at most 1."""

    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="targets")
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="role_targets")
    level = models.FloatField(validators=[validate_fraction])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["role", "skill"], name="skill_once_per_role"),
            models.CheckConstraint(condition=Q(level__gt=0, level__lte=1), name="role_skill_level_is_fraction"),
        ]

    def __str__(self) -> str:
        return f"{self.skill} to {self.level:g}"

    def clean(self) -> None:
        require_same_organization(self, "role", "skill")


class Resource(models.Model):
    """Something to learn from, how long it takes, for whom it is, and how it is rated (0 to 5).

    ``key`` names it for imports; one that isn't ``offered`` any longer stays in plans and goes into none.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    key = models.SlugField(max_length=100, allow_unicode=True, db_index=False)
    title = models.CharField(max_length=200)
    url = models.URLField(max_length=1000, blank=True, default="")
    kind = models.CharField(max_length=16, choices=ResourceKind.choices)
    level = models.CharField(max_length=16, choices=ResourceLevel.choices, default=ResourceLevel.BEGINNER)
    minutes = models.PositiveIntegerField()
    rating = models.FloatField(null=True, blank=True)
    offered = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    skills = models.ManyToManyField(Skill, through="ResourceSkill", related_name="resources")

    objects = OrganizationManager()

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="resource_key_once_per_organization"),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="resource_takes_time"),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__gte=0, rating__lte=5), name="resource_rating_in_range"
            ),
            models.CheckConstraint(condition=Q(kind__in=ResourceKind.values), name="resource_kind_is_known"),
            models.CheckConstraint(condition=Q(level__in=ResourceLevel.values), name="resource_level_is_known"),
        ]
        indexes = [models.Index(fields=["organization", "title"], name="resource_by_title")]

    def __str__(self) -> str:
        return self.title


class ResourceSkill(models.Model):
    """How much of a skill's mastery a resource brings: above 0, at most 1."""

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="taught_skills")
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="taught_by")
    gain = models.FloatField(validators=[validate_fraction])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resource", "skill"], name="skill_once_per_resource"),
            models.CheckConstraint(condition=Q(gain__gt=0, gain__lte=1), name="resource_gain_is_fraction"),
        ]

    def __str__(self) -> str:
        return f"{self.resource} teaches {self.skill}"

    def clean(self) -> None:
        require_same_organization(self, "resource", "skill")


def require_same_organization(link: models.Model, one: str, other: str) -> None:
    """Raises ValidationError unless the two rows that a link names belong to one organisation.

    A row that is missing yet, as in a form half filled in, is left to the check of its own field.
    """
    rows = [getattr(link, name, None) for name in (one, other)]
    if all(rows) and rows[0].organization_id != rows[1].organization_id:
        raise ValidationError(f"{rows[0]} and {rows[1]} belong to different organisations.")
