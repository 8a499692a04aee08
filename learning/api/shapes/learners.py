"""Learners as they are sent and shown."""

from __future__ import annotations

from rest_framework import serializers

from aurora_site.core.http.fields import StrictCharField
from learning.api.shapes.common import LONG_TEXT, NAME, NamedSerializer
from learning.models import Learner
from learning.validators import DAYS_PER_WEEK, MAXIMUM_BLACKOUT_DATES, MINUTES_PER_DAY, validate_time_zone


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
