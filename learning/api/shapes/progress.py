"""Evidence, mastery and completions as they are sent and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework import serializers

from aurora_site.core.http.fields import StrictCharField
from learning.api.shapes.common import MAXIMUM_LINKS
from learning.models import Completion, Evidence, EvidenceKind
from learning.services.evidence import LONGEST_IDENTITY, LONGEST_NOTE

LONGEST_TIME_MINUTES = 100_000


class LevelsField(serializers.Field):
    """``{skill id: level}``, each from 0 to 1, of at least one skill."""

    default_error_messages = {
        "shape": "Give an object of skill ids, each with a number from 0 to 1.",
        "many": "Give at most {most} skills.",
        "empty": "Name at least one skill.",
        "skill": "{named} is no skill's id.",
        "level": "Give a number from 0 to 1 for {named}.",
    }

    def to_internal_value(self, data: Any) -> dict[UUID, float]:
        if not isinstance(data, Mapping):
            self.fail("shape")
        if not data:
            self.fail("empty")
        if len(data) > MAXIMUM_LINKS:
            self.fail("many", most=MAXIMUM_LINKS)
        return {self._skill(key): self._level(key, level) for key, level in data.items()}

    def to_representation(self, value: Mapping[UUID, float]) -> dict[str, float]:
        return {str(skill_id): level for skill_id, level in value.items()}

    def _skill(self, key: Any) -> UUID:
        try:
            return UUID(key)
        except (ValueError, AttributeError, TypeError):
            self.fail("skill", named=str(key)[:100])

    def _level(self, key: Any, level: Any) -> float:
        if type(level) not in (int, float) or not 0 <= level <= 1:
            self.fail("level", named=str(key)[:100])
        return float(level)


class AssessmentInput(serializers.Serializer):
    levels = LevelsField()


class EvidenceInput(serializers.Serializer):
    """What a lead or an admin saw of a learner: an attestation, or the result of a quiz."""

    kind = serializers.ChoiceField(choices=[EvidenceKind.ATTESTATION, EvidenceKind.QUIZ_RESULT])
    levels = LevelsField()
    note = StrictCharField(max_length=LONGEST_NOTE, required=False, allow_blank=True, default="")
    observed_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    identity = StrictCharField(max_length=LONGEST_IDENTITY, required=False, allow_null=True, default=None)
    resource = serializers.UUIDField(required=False, allow_null=True, default=None)


class EvidenceFilter(serializers.Serializer):
    skill = serializers.UUIDField(required=False, allow_null=True, default=None)


class EvidenceSerializer(serializers.ModelSerializer):
    skill = serializers.UUIDField(source="skill_id")
    resource = serializers.UUIDField(source="resource_id", allow_null=True)

    class Meta:
        model = Evidence
        fields = ["id", "skill", "kind", "value", "source", "note", "attested_by", "resource", "observed_at"]


class CompletionInput(serializers.Serializer):
    resource = serializers.UUIDField()
    minutes = serializers.IntegerField(
        min_value=1, max_value=LONGEST_TIME_MINUTES, required=False, allow_null=True, default=None
    )
    score = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True, default=None)
    completed_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class CompletionSerializer(serializers.ModelSerializer):
    resource = serializers.SerializerMethodField()

    class Meta:
        model = Completion
        fields = ["id", "resource", "minutes", "score", "source", "completed_at"]

    def get_resource(self, row: Completion) -> dict[str, str]:
        return {"id": str(row.resource_id), "title": row.resource.title, "url": row.resource.url}


class HistoryFilter(serializers.Serializer):
    days = serializers.IntegerField(min_value=1, max_value=3 * 366, required=False, default=180)
    skill = serializers.UUIDField(required=False, allow_null=True, default=None)


class AggregateFilter(serializers.Serializer):
    team = serializers.UUIDField(required=False, allow_null=True, default=None)
    role = serializers.UUIDField(required=False, allow_null=True, default=None)
