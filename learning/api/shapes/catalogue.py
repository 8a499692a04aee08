"""Skills, roles and resources as they are sent and shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers

from aurora_site.core.http.fields import StrictBooleanField, StrictCharField
from learning.api.shapes.common import LONG_TEXT, MAXIMUM_LINKS, NAME, NamedSerializer
from learning.models import Resource, ResourceKind, ResourceLevel, Role, Skill


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
        fields = ["id", "key", "title", "url", "kind", "level", "minutes", "rating", "offered", "skills"]


class ResourceInput(serializers.Serializer):
    title = StrictCharField(**NAME)
    url = serializers.URLField(max_length=1000, required=False, allow_blank=True, default="")
    kind = serializers.ChoiceField(choices=ResourceKind.choices)
    level = serializers.ChoiceField(choices=ResourceLevel.choices, default=ResourceLevel.BEGINNER)
    minutes = serializers.IntegerField(min_value=1, max_value=100_000)
    rating = RatingField(required=False, allow_null=True, default=None)
    skills = SkillGainInput(many=True, required=False, max_length=MAXIMUM_LINKS)

    validate_skills = staticmethod(each_skill_once)


class ResourceChanges(serializers.Serializer):
    """What is sent is changed; what isn't stays."""

    title = StrictCharField(**NAME, required=False)
    url = serializers.URLField(max_length=1000, required=False, allow_blank=True)
    kind = serializers.ChoiceField(choices=ResourceKind.choices, required=False)
    level = serializers.ChoiceField(choices=ResourceLevel.choices, required=False)
    minutes = serializers.IntegerField(min_value=1, max_value=100_000, required=False)
    rating = RatingField(required=False, allow_null=True)
    offered = StrictBooleanField(required=False)


class ResourceFilter(serializers.Serializer):
    skill = serializers.UUIDField(required=False, default=None)
    text = StrictCharField(max_length=200, required=False, allow_blank=True, default="")
