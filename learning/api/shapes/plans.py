"""Plans as they are shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from aurora_site.core.http.fields import StrictCharField
from learning.api.shapes.common import NamedSerializer
from learning.models import Plan, PlanItem


class PlanSerializer(serializers.ModelSerializer):
    learner = NamedSerializer()
    role = NamedSerializer(allow_null=True)

    class Meta:
        model = Plan
        fields = [
            "id", "learner", "role", "version", "state", "starts_on", "days", "weekly_minutes", "verdict", "created_at",
        ]  # fmt: skip


class ItemResourceSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    title = StrictCharField()
    url = StrictCharField()


@extend_schema_field({"type": "array", "items": {"type": "string", "format": "uuid"}})
class SkillIdsField(serializers.Field):
    """The ids of a prefetched set of skills, in order of name."""

    def to_representation(self, skills: Any) -> list[UUID]:
        return [skill.pk for skill in skills.all()]


class PlanItemSerializer(serializers.ModelSerializer):
    resource = ItemResourceSerializer(allow_null=True)
    skills = SkillIdsField(read_only=True)

    class Meta:
        model = PlanItem
        fields = ["id", "date", "position", "minutes", "kind", "title", "reason", "state", "resource", "skills"]


class MilestoneSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    title = StrictCharField()
    due_on = serializers.DateField()
    skills = SkillIdsField(read_only=True)


class PlanDetailSerializer(PlanSerializer):
    items = PlanItemSerializer(many=True)
    milestones = MilestoneSerializer(many=True)

    class Meta(PlanSerializer.Meta):
        fields = [*PlanSerializer.Meta.fields, "milestones", "items"]
