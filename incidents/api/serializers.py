"""Input of the incident API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from aurora_site.core.http.fields import StrictCharField
from aurora_site.core.http.parsers import MAXIMUM_JSON_BYTES
from incidents.graph_calls import MOST_CALLS
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


def service_ids(**options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.UUIDField(), max_length=500, help_text="Services that it calls.", **options
    )


def _service_name(name: str) -> str:
    if name == UNKNOWN_SERVICE:
        raise serializers.ValidationError(f'"{UNKNOWN_SERVICE}" means no service.')
    return name


class ServiceInput(serializers.Serializer):
    name = StrictCharField(max_length=200)
    description = StrictCharField(max_length=5000, required=False, allow_blank=True, default="")
    dependencies = service_ids(required=False, default=list)

    def validate_name(self, name: str) -> str:
        return _service_name(name)


class ServicePatch(serializers.Serializer):
    name = StrictCharField(max_length=200, required=False)
    description = StrictCharField(max_length=5000, required=False, allow_blank=True)
    dependencies = service_ids(required=False)

    def validate_name(self, name: str) -> str:
        return _service_name(name)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError(f"Give at least one of {', '.join(self.fields)}.")
        return attrs


class DependenciesInput(serializers.Serializer):
    dependencies = service_ids()


class GraphEdge(serializers.Serializer):
    caller = StrictCharField(max_length=1000)
    callee = StrictCharField(max_length=1000, required=False, allow_blank=True, default="")


class GraphInput(serializers.Serializer):
    """Exactly one of them."""

    edges = GraphEdge(many=True, required=False)
    series = serializers.ListField(child=serializers.DictField(), max_length=MOST_CALLS, required=False)
    csv = StrictCharField(max_length=MAXIMUM_JSON_BYTES, required=False, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError(f"Give exactly one of {', '.join(self.fields)}.")
        if len(attrs.get("edges", ())) > MOST_CALLS:
            raise serializers.ValidationError({"edges": [f"At most {MOST_CALLS:,} at once; import them in parts."]})
        return attrs
