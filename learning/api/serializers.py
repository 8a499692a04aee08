"""Input and output of the learning API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from aurora_site.core.http.fields import StrictCharField
from learning.models import Learner, Plan, PlanItem, Resource, ResourceKind, ResourceLevel, Role, Skill
from learning.validators import DAYS_PER_WEEK, MAXIMUM_BLACKOUT_DATES, MINUTES_PER_DAY, validate_time_zone

MAXIMUM_LINKS = 500
NAME = {"max_length": 200}
LONG_TEXT = {"max_length": 5000, "required": False, "allow_blank": True, "default": ""}


class FractionField(serializers.FloatField):
    """A number above 0, at most 1; refuses "NaN", which bounds alone let through."""

    default_error_messages = {"range": "Give a number above 0, at most 1."}

    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if not 0 < value <= 1:
            self.fail("range")
        return value


class RatingField(serializers.FloatField):
    """A number from 0 to 5."""

    default_error_messages = {"range": "Give a number from 0 to 5."}

    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if not 0 <= value <= 5:
            self.fail("range")
        return value


class NamedSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = StrictCharField()


class LearnerSerializer(serializers.ModelSerializer):
    user = StrictCharField(source="user_id", allow_null=True)
    role = NamedSerializer(allow_null=True)
    minutes_per_weekday = serializers.ListField(child=serializers.IntegerField())
    blackout_dates = serializers.ListField(child=serializers.DateField())

    class Meta:
        model = Learner
        fields = [
            "id", "name", "email", "user", "role", "goals", "minutes_per_weekday", "blackout_dates", "time_zone",
            "start_date", "created_at", "updated_at",
        ]  # fmt: skip


class LearnerInput(serializers.Serializer):
    name = StrictCharField(**NAME)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True, default="")
    user = StrictCharField(max_length=64, required=False, allow_null=True, default=None)
    role = serializers.UUIDField(required=False, allow_null=True, default=None)
    goals = StrictCharField(**LONG_TEXT)
    minutes_per_weekday = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=MINUTES_PER_DAY),
        min_length=DAYS_PER_WEEK,
        max_length=DAYS_PER_WEEK,
        required=False,
        help_text="Seven numbers, Monday first.",
    )
    blackout_dates = serializers.ListField(
        child=serializers.DateField(), max_length=MAXIMUM_BLACKOUT_DATES, required=False, default=list
    )
    time_zone = StrictCharField(max_length=64, required=False, default="UTC", validators=[validate_time_zone])
    start_date = serializers.DateField(required=False)


class ExternalReference(serializers.Serializer):
    scheme = StrictCharField(max_length=50)
    identifier = StrictCharField(max_length=500)


class SkillSerializer(serializers.ModelSerializer):
    external_refs = ExternalReference(many=True)
    prerequisites = serializers.SerializerMethodField()

    class Meta:
        model = Skill
        fields = ["id", "key", "name", "description", "external_refs", "prerequisites"]

    def get_prerequisites(self, skill: Skill) -> list[UUID]:
        return sorted(link.prerequisite_id for link in skill.prerequisite_links.all())


class PrerequisitesInput(serializers.Serializer):
    prerequisites = serializers.ListField(child=serializers.UUIDField(), max_length=MAXIMUM_LINKS)


class SkillInput(serializers.Serializer):
    name = StrictCharField(**NAME)
    key = serializers.SlugField(max_length=100, allow_unicode=True, required=False, allow_blank=True, default="")
    description = StrictCharField(**LONG_TEXT)
    external_refs = ExternalReference(many=True, required=False, max_length=20)
    prerequisites = serializers.ListField(
        child=serializers.UUIDField(), max_length=MAXIMUM_LINKS, required=False, default=list
    )

    def validate_key(self, value: str) -> str:
        return value.lower()


class SkillLevelInput(serializers.Serializer):
    skill = serializers.UUIDField()
    level = FractionField()


class SkillLevelSerializer(serializers.Serializer):
    skill = NamedSerializer()
    level = serializers.FloatField()


class RoleSerializer(serializers.ModelSerializer):
    skills = SkillLevelSerializer(source="targets", many=True)

    class Meta:
        model = Role
        fields = ["id", "name", "description", "skills"]


def each_skill_once(links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len({link["skill"] for link in links}) != len(links):
        raise serializers.ValidationError("A skill is listed twice.")
    return links


class RoleInput(serializers.Serializer):
    name = StrictCharField(**NAME)
    description = StrictCharField(**LONG_TEXT)
    skills = SkillLevelInput(many=True, required=False, max_length=MAXIMUM_LINKS)

    validate_skills = staticmethod(each_skill_once)


class SkillGainInput(serializers.Serializer):
    skill = serializers.UUIDField()
    gain = FractionField()


class SkillGainSerializer(serializers.Serializer):
    skill = NamedSerializer()
    gain = serializers.FloatField()


class ResourceSerializer(serializers.ModelSerializer):
    skills = SkillGainSerializer(source="taught_skills", many=True)

    class Meta:
        model = Resource
        fields = ["id", "title", "url", "kind", "level", "minutes", "rating", "skills"]


class ResourceInput(serializers.Serializer):
    title = StrictCharField(**NAME)
    url = serializers.URLField(max_length=1000, required=False, allow_blank=True, default="")
    kind = serializers.ChoiceField(choices=ResourceKind.choices)
    level = serializers.ChoiceField(choices=ResourceLevel.choices, default=ResourceLevel.BEGINNER)
    minutes = serializers.IntegerField(min_value=1, max_value=100_000)
    rating = RatingField(required=False, allow_null=True, default=None)
    skills = SkillGainInput(many=True, required=False, max_length=MAXIMUM_LINKS)

    validate_skills = staticmethod(each_skill_once)


class ResourceFilter(serializers.Serializer):
    skill = serializers.UUIDField(required=False, default=None)
    text = StrictCharField(max_length=200, required=False, allow_blank=True, default="")


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
