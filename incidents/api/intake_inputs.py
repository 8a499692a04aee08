"""Input of the API of integrations and silences."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from aurora_site.core.http.fields import StrictBooleanField, StrictCharField
from incidents.api.serializers import allowed
from incidents.models import AlertStatus, DeliveryState, Repeat, Severity, SilenceKind
from incidents.silences import MOST_MATCHERS, OPERATORS

LONGEST_SECRET = 500
MOST_OPTIONS, LONGEST_OPTION = 20, 2000
LONGEST_GRACE = 30 * 24


class _Options(serializers.JSONField):
    """An object of a few short values."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict) or len(data) > MOST_OPTIONS:
            raise serializers.ValidationError(f"Give an object of at most {MOST_OPTIONS} options.")
        for name, value in data.items():
            if len(name) > 100 or len(repr(value)) > LONGEST_OPTION:
                raise serializers.ValidationError(f"{name[:100]}: it is too long.")
        return data


class IntegrationInput(serializers.Serializer):
    """``source`` is declared below: as an attribute it would be DRF's own."""

    name = StrictCharField(max_length=200)
    secret = StrictCharField(max_length=LONGEST_SECRET, required=False, allow_blank=True, default="")
    generateSecret = StrictBooleanField(required=False, default=False)  # noqa: N815
    options = _Options(required=False, default=dict)

    def get_fields(self) -> dict[str, Any]:
        return {"source": StrictCharField(max_length=32), **super().get_fields()}


class IntegrationPatch(serializers.Serializer):
    name = StrictCharField(max_length=200, required=False)
    isEnabled = StrictBooleanField(required=False, source="is_enabled")  # noqa: N815
    options = _Options(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError(f"Give at least one of {', '.join(self.fields)}.")
        return attrs


class RotationInput(serializers.Serializer):
    token = StrictBooleanField(required=False, default=False, help_text="Whether the address becomes a new one.")
    secret = StrictCharField(max_length=LONGEST_SECRET, required=False, allow_blank=True, default=None)
    generateSecret = StrictBooleanField(required=False, default=False)  # noqa: N815
    graceHours = serializers.IntegerField(min_value=0, max_value=LONGEST_GRACE, required=False, default=24)  # noqa: N815

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["token"] and attrs["secret"] is None and not attrs["generateSecret"]:
            raise serializers.ValidationError("Say what is to be new: token, secret or generateSecret.")
        return attrs


class MatcherInput(serializers.Serializer):
    name = StrictCharField(max_length=200)
    operator = allowed(OPERATORS, default="=")
    value = StrictCharField(max_length=200, allow_blank=True, trim_whitespace=False)


class SilenceInput(serializers.Serializer):
    kind = allowed(SilenceKind, default=SilenceKind.SILENCE)
    comment = StrictCharField(max_length=500)
    matchers = serializers.ListField(child=MatcherInput(), max_length=MOST_MATCHERS, required=False, default=list)
    serviceIds = serializers.ListField(  # noqa: N815
        child=serializers.UUIDField(), max_length=500, required=False, default=list, source="service_ids"
    )
    startsAt = serializers.DateTimeField(required=False, default=None, source="starts_at")  # noqa: N815
    endsAt = serializers.DateTimeField(source="ends_at")  # noqa: N815
    repeat = allowed(Repeat, default=Repeat.NEVER)


class AlertFilter(serializers.Serializer):
    status = allowed(AlertStatus, allow_blank=True)
    severity = allowed(Severity, allow_blank=True)
    service = StrictCharField(max_length=200, required=False, allow_blank=True)
    text = StrictCharField(max_length=200, required=False, allow_blank=True)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "source": StrictCharField(max_length=32, required=False, allow_blank=True)}


class DeliveryFilter(serializers.Serializer):
    state = allowed(DeliveryState, allow_blank=True)
