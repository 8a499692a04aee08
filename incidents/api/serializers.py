"""Input of the incident API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from aurora_site.core.http.fields import StrictCharField
from incidents.models import UNKNOWN_SERVICE, ActiveTab, AuroraStatus, IncidentStatus, Severity

SUMMARY = {"max_length": 10_000, "allow_blank": True, "required": False}
SETTABLE_STATUS = [status for status in IncidentStatus if status != IncidentStatus.MERGED]


def allowed(values: Iterable[str], **options: Any) -> serializers.ChoiceField:
    """A choice whose refusal says what is allowed."""
    words = [str(value) for value in values]
    message = f"Allowed values: {', '.join(words)}."
    return serializers.ChoiceField(choices=words, required=False, error_messages={"invalid_choice": message}, **options)


class IncidentFilter(serializers.Serializer):
    status = allowed(IncidentStatus, allow_blank=True)
    severity = allowed(Severity, allow_blank=True)
    service = StrictCharField(max_length=200, required=False, allow_blank=True)
    text = StrictCharField(max_length=200, required=False, allow_blank=True)


class IncidentInput(serializers.Serializer):
    title = StrictCharField(max_length=255)
    service = StrictCharField(max_length=200, required=False, allow_blank=True, default="")
    severity = allowed(Severity, default=Severity.UNKNOWN)
    summary = StrictCharField(default="", **SUMMARY)


class IncidentPatch(serializers.Serializer):
    status = allowed(SETTABLE_STATUS)
    auroraStatus = allowed(AuroraStatus, source="aurora_status")  # noqa: N815
    summary = StrictCharField(**SUMMARY)
    activeTab = allowed(ActiveTab, source="active_tab")  # noqa: N815

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError(f"Give at least one of {', '.join(self.fields)}.")
        return attrs


class ServiceInput(serializers.Serializer):
    name = StrictCharField(max_length=200)
    description = StrictCharField(max_length=5000, required=False, allow_blank=True, default="")
    dependencies = serializers.ListField(
        child=serializers.UUIDField(), max_length=500, required=False, default=list, help_text="Services that it calls."
    )

    def validate_name(self, name: str) -> str:
        if name == UNKNOWN_SERVICE:
            raise serializers.ValidationError(f'"{UNKNOWN_SERVICE}" means no service.')
        return name
