"""What the routes of runs accept."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agents.runs.executors import kinds
from agents.runs.models import Feedback, Run
from aurora_site.core.http.fields import StrictCharField

MAXIMUM_COMMENT = 2000


class RunFilterSerializer(serializers.Serializer[Any]):
    """The query of a list of runs. A parameter that is left out or empty doesn't filter."""

    state = serializers.ChoiceField(choices=Run.State.values, required=False)
    session_id = serializers.UUIDField(required=False)
    agent = serializers.CharField(max_length=64, required=False)
    kind = serializers.CharField(max_length=32, required=False)
    mode = serializers.ChoiceField(choices=["llm", "extractive"], required=False)

    def to_internal_value(self, data: dict[str, Any]) -> dict[str, Any]:
        return super().to_internal_value({name: value for name, value in data.items() if value})

    def validate_kind(self, kind: str) -> str:
        if kind not in kinds():
            raise serializers.ValidationError(f"Give one of: {', '.join(sorted(kinds()))}.")
        return kind


class FeedbackSerializer(serializers.Serializer[Any]):
    """What a person thinks of an answer."""

    rating = serializers.ChoiceField(choices=Feedback.Rating.values, allow_null=True)
    comment = StrictCharField(max_length=MAXIMUM_COMMENT, required=False, allow_blank=True, default="")
