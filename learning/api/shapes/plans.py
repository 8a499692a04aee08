"""Plans as they are asked for and shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from aurora_site.core.http.fields import StrictCharField
from learning.api.shapes.common import MAXIMUM_LINKS, NamedSerializer
from learning.models import Plan, PlanItem, PlanState
from learning.models.plans import MAXIMUM_DAYS, MINIMUM_DAYS
from learning.validators import MINUTES_PER_DAY


class PlanSerializer(serializers.ModelSerializer):
    learner = NamedSerializer()
    role = NamedSerializer(allow_null=True)
    previous = serializers.UUIDField(source="previous_id", allow_null=True)

    class Meta:
        model = Plan
        fields = [
            "id", "learner", "role", "version", "state", "starts_on", "days", "weekly_minutes", "verdict", "summary",
            "previous", "reason", "finished_at", "created_at",
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
    milestone = serializers.UUIDField(source="milestone_id", allow_null=True)

    class Meta:
        model = PlanItem
        fields = [
            "id", "uid", "date", "position", "minutes", "kind", "title", "reason", "basis", "state", "resource",
            "skills", "part", "parts", "gains", "milestone", "settled_at", "spent_minutes",
        ]  # fmt: skip


class PlanStateSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    state = StrictCharField()


class ChangedItemSerializer(PlanItemSerializer):
    plan = PlanStateSerializer()

    class Meta(PlanItemSerializer.Meta):
        fields = [*PlanItemSerializer.Meta.fields, "plan"]


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


class PlanFilter(serializers.Serializer):
    learner = serializers.UUIDField(required=False, default=None)
    state = serializers.ChoiceField(choices=PlanState.choices, required=False, default="")


class SkillIdsInput(serializers.ListField):
    child = serializers.UUIDField()


class PlanInput(serializers.Serializer):
    """What is out of bounds is refused by the service, which has the same bounds for everyone."""

    learner = serializers.UUIDField(required=False, default=None, help_text="Your own unless given.")
    days = serializers.IntegerField(help_text=f"{MINIMUM_DAYS} to {MAXIMUM_DAYS}.")
    role = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="The learner's unless given.")
    weekly_hours = serializers.FloatField(required=False, allow_null=True, default=None)
    starts_on = serializers.DateField(required=False, allow_null=True, default=None)
    drop = SkillIdsInput(max_length=MAXIMUM_LINKS, required=False, default=list, help_text="Skills to leave out.")


class ReplanInput(serializers.Serializer):
    days = serializers.IntegerField(required=False, allow_null=True, default=None)
    weekly_hours = serializers.FloatField(required=False, allow_null=True, default=None)
    drop = SkillIdsInput(max_length=MAXIMUM_LINKS, required=False, allow_null=True, default=None)
    reason = StrictCharField(max_length=200, required=False, allow_blank=True, default="")


class CompleteInput(serializers.Serializer):
    minutes = serializers.IntegerField(
        min_value=1, max_value=MINUTES_PER_DAY, required=False, allow_null=True, default=None
    )
    score = serializers.FloatField(required=False, allow_null=True, default=None, help_text="0 to 1.")
    rating = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="Of a review: 1 forgot, 2 hard, 3 good, 4 easy."
    )


class RowSerializer(serializers.Serializer):
    uid = serializers.UUIDField()
    title = StrictCharField()
    date = serializers.DateField()
    minutes = serializers.IntegerField()


MovedSerializer = type(
    "MovedSerializer",
    (serializers.Serializer,),
    {
        "uid": serializers.UUIDField(),
        "title": StrictCharField(),
        # Python has the name for itself.
        "from": serializers.DateField(),
        "to": serializers.DateField(),
    },
)


class ChangedSerializer(serializers.Serializer):
    uid = serializers.UUIDField()
    title = StrictCharField()
    date = serializers.DateField()
    changes = serializers.JSONField(help_text='{name: {"from", "to"}}')


class DifferenceSerializer(serializers.Serializer):
    """Documents what ``Difference.as_json`` gives."""

    added = RowSerializer(many=True)
    removed = RowSerializer(many=True)
    moved = MovedSerializer(many=True)
    changed = ChangedSerializer(many=True)
    kept = serializers.IntegerField()


class ReplannedSerializer(serializers.Serializer):
    plan = PlanDetailSerializer()
    difference = DifferenceSerializer()


class VersionSerializer(PlanSerializer):
    difference = DifferenceSerializer(allow_null=True)

    class Meta(PlanSerializer.Meta):
        fields = [*PlanSerializer.Meta.fields, "difference"]


class HistorySerializer(serializers.Serializer):
    versions = VersionSerializer(many=True)
    total = serializers.IntegerField()


class AddressSerializer(serializers.Serializer):
    url = StrictCharField()


class SubscriptionSerializer(serializers.Serializer):
    is_subscribed = serializers.BooleanField()
    created_at = serializers.DateTimeField(allow_null=True)
    read_at = serializers.DateTimeField(allow_null=True)
