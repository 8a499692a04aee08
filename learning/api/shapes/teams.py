"""Teams as they are sent and shown."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from aurora_site.core.http.fields import StrictCharField
from learning.api.shapes.common import MAXIMUM_LINKS, NAME
from learning.models import Team


class TeamInput(serializers.Serializer):
    name = StrictCharField(**NAME)
    learners = serializers.ListField(child=serializers.UUIDField(), max_length=MAXIMUM_LINKS, required=False)
    leads = serializers.ListField(
        child=StrictCharField(max_length=64), max_length=MAXIMUM_LINKS, required=False, help_text="Ids of accounts."
    )


class TeamChanges(TeamInput):
    """What is sent replaces what was; what isn't stays."""

    name = StrictCharField(**NAME, required=False)


class TeamSerializer(serializers.ModelSerializer):
    """``learners`` is given to those who know who there is; to others the number of people alone."""

    leads = serializers.SerializerMethodField()
    people = serializers.SerializerMethodField()

    class Meta:
        model = Team
        fields = ["id", "name", "people", "leads", "created_at"]

    def get_people(self, team: Team) -> int:
        return len(team.learners.all())

    def get_leads(self, team: Team) -> list[dict[str, Any]]:
        return [{"id": lead.user_id, "name": lead.user.name} for lead in team.leads.all()]


class TeamWithLearnersSerializer(TeamSerializer):
    learners = serializers.SerializerMethodField()

    class Meta(TeamSerializer.Meta):
        fields = [*TeamSerializer.Meta.fields, "learners"]

    def get_learners(self, team: Team) -> list[dict[str, Any]]:
        return [{"id": str(learner.pk), "name": learner.name} for learner in team.learners.all()]
