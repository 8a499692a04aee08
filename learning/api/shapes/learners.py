"""Learners as they are sent and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from aurora_site.core.http.fields import StrictBooleanField, StrictCharField
from learning.api.shapes.common import LONG_TEXT, NAME, NamedSerializer
from learning.models import Learner
from learning.validators import DAYS_PER_WEEK, MAXIMUM_BLACKOUT_DATES, MINUTES_PER_DAY, validate_time_zone

MOST_NAMED = 10


class LearnerSerializer(serializers.ModelSerializer):
    user = StrictCharField(source="user_id", allow_null=True)
    role = NamedSerializer(allow_null=True)
    minutes_per_weekday = serializers.ListField(child=serializers.IntegerField())
    blackout_dates = serializers.ListField(child=serializers.DateField())

    class Meta:
        model = Learner
        fields = [
            "id", "name", "email", "user", "role", "goals", "minutes_per_weekday", "blackout_dates", "time_zone",
            "start_date", "study_at", "nudges", "digest", "nudge_from", "nudge_until", "assessed_at", "created_at",
            "updated_at",
        ]  # fmt: skip


class ListedLearnerSerializer(serializers.ModelSerializer):
    """A learner for those who know of them, but don't follow them."""

    user = StrictCharField(source="user_id", allow_null=True)
    role = NamedSerializer(allow_null=True)

    class Meta:
        model = Learner
        fields = ["id", "name", "user", "role", "created_at"]


def _minutes() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=MINUTES_PER_DAY),
        min_length=DAYS_PER_WEEK,
        max_length=DAYS_PER_WEEK,
        required=False,
        help_text="Seven numbers, Monday first.",
    )


def _zone(**options: Any) -> StrictCharField:
    return StrictCharField(max_length=64, required=False, validators=[validate_time_zone], **options)


def _dates(**options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.DateField(), max_length=MAXIMUM_BLACKOUT_DATES, required=False, **options
    )


class OwnLearnerInput(serializers.Serializer):
    """What somebody says of themselves when they begin."""

    name = StrictCharField(**NAME, required=False, default="")
    role = serializers.UUIDField(required=False, allow_null=True, default=None)
    goals = StrictCharField(**LONG_TEXT)
    minutes_per_weekday = _minutes()
    blackout_dates = _dates(default=list)
    time_zone = _zone(default="UTC")


class LearnerInput(OwnLearnerInput):
    name = StrictCharField(**NAME)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True, default="")
    user = StrictCharField(max_length=64, required=False, allow_null=True, default=None)
    start_date = serializers.DateField(required=False)


class LearnerChanges(serializers.Serializer):
    """What is sent is changed; what isn't stays. A field that isn't here is refused."""

    name = StrictCharField(**NAME, required=False)
    goals = StrictCharField(max_length=5000, required=False, allow_blank=True)
    role = serializers.UUIDField(required=False, allow_null=True)
    minutes_per_weekday = _minutes()
    blackout_dates = _dates()
    time_zone = _zone()
    study_at = serializers.TimeField(required=False)
    nudges = StrictBooleanField(required=False)
    digest = StrictBooleanField(required=False)
    nudge_from = serializers.TimeField(required=False)
    nudge_until = serializers.TimeField(required=False)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            text = f"This can't be changed here; {', '.join(self.fields)} can."
            raise serializers.ValidationError({name: [text] for name in unknown[:MOST_NAMED]})
        return super().to_internal_value(data)
