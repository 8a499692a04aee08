"""Who leads whom."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from aurora_site.accounts.scoping import OrganizationManager
from learning.models.catalogue import require_same_organization
from learning.models.people import Learner


class Team(models.Model):
    """Learners whose leads see how they are doing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    learners = models.ManyToManyField(Learner, through="TeamMember", related_name="teams")

    objects = OrganizationManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="team_name_once_per_organization")]

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """A learner who belongs to a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="team_members")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "learner"], name="learner_once_per_team")]

    def __str__(self) -> str:
        return f"{self.learner} in {self.team}"

    def clean(self) -> None:
        require_same_organization(self, "team", "learner")


class TeamLead(models.Model):
    """A member of the organisation who leads a team; needn't be a learner."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="leads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="lead_once_per_team")]

    def __str__(self) -> str:
        return f"{self.user} leads {self.team}"
