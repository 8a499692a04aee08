"""Input of the incident API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from aurora_site.core.http.fields import StrictBooleanField, StrictCharField
from aurora_site.core.http.parsers import MAXIMUM_JSON_BYTES
from incidents.graph_calls import MOST_CALLS
from incidents.models import UNKNOWN_SERVICE, ActiveTab, AuroraStatus, IncidentStatus, ResponderRole, Severity
from incidents.selectors import OPEN

SUMMARY = {"max_length": 10_000, "allow_blank": True, "required": False}
SETTABLE_STATUS = [status for status in IncidentStatus if status != IncidentStatus.MERGED]


def allowed(values: Iterable[str], **options: Any) -> serializers.ChoiceField:
    """A choice whose refusal says what is allowed."""
    words = [str(value) for value in values]
    message = f"Allowed values: {', '.join(words)}."
    return serializers.ChoiceField(choices=words, required=False, error_messages={"invalid_choice": message}, **options)


class IncidentFilter(serializers.Serializer):
    """``from`` and ``to`` are other words for ``since`` and ``until``: times that bound the start. ``open`` is investigating
    or analyzed."""

    status = allowed([OPEN, *IncidentStatus], allow_blank=True)
    severity = allowed(Severity, allow_blank=True)
    service = StrictCharField(max_length=200, required=False, allow_blank=True)
    source = StrictCharField(max_length=32, required=False, allow_blank=True)
    text = StrictCharField(max_length=200, required=False, allow_blank=True)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)

    def get_fields(self) -> dict[str, serializers.Field]:
        # "from" can't be the name of an attribute.
        return {**super().get_fields(), "from": serializers.DateTimeField(required=False, source="since")} | {
            "to": serializers.DateTimeField(required=False, source="until")
        }


class IncidentInput(serializers.Serializer):
    title = StrictCharField(max_length=255)
    service = StrictCharField(max_length=200, required=False, allow_blank=True, default="")
    severity = allowed(Severity, default=Severity.UNKNOWN)
    summary = StrictCharField(default="", **SUMMARY)


class IncidentPatch(serializers.Serializer):
    status = allowed(SETTABLE_STATUS)
    severity = allowed(Severity)
    auroraStatus = allowed(AuroraStatus, source="aurora_status")  # noqa: N815
    summary = StrictCharField(**SUMMARY)
    activeTab = allowed(ActiveTab, source="active_tab")  # noqa: N815

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError(f"Give at least one of {', '.join(self.fields)}.")
        return attrs


class MergeInput(serializers.Serializer):
    """Exactly one of them; the names in snake case, and ``into``, are taken as well."""

    sourceIncidentId = serializers.UUIDField(required=False)  # noqa: N815
    targetIncidentId = serializers.UUIDField(required=False)  # noqa: N815
    source_incident_id = serializers.UUIDField(required=False)
    target_incident_id = serializers.UUIDField(required=False)
    into = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Give either sourceIncidentId or targetIncidentId.")
        name, chosen = next(iter(attrs.items()))
        return {"source" if name.startswith("source") else "target": chosen}


class AssignInput(serializers.Serializer):
    userId = StrictCharField(max_length=64, required=False, allow_null=True)  # noqa: N815
    user_id = StrictCharField(max_length=64, required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError({"userId": 'Give the id of a member, "me", or null for nobody.'})
        return {"user_id": next(iter(attrs.values()))}


class NoteInput(serializers.Serializer):
    text = StrictCharField(max_length=10_000)


class SnoozeInput(serializers.Serializer):
    until = serializers.DateTimeField(allow_null=True)


class ResponderInput(serializers.Serializer):
    userId = StrictCharField(max_length=64, source="user_id")  # noqa: N815
    role = allowed(ResponderRole, default=ResponderRole.RESPONDER)


class FeedbackInput(serializers.Serializer):
    helpful = StrictBooleanField(source="is_helpful")
    comment = StrictCharField(max_length=2000, required=False, allow_blank=True, default="")


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
