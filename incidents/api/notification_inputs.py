"""Input of the notification API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from aurora_site.core.http.fields import StrictBooleanField, StrictCharField
from incidents.api.serializers import allowed
from incidents.models import ChannelKind, NotificationState, Severity
from incidents.notifications.kinds import KINDS

ADDRESS = {"max_length": 2000, "help_text": "Address of the webhook, or e-mail address."}
SECRET = {
    "max_length": 200,
    "required": False,
    "help_text": "whsec_ and Base64; only of signed webhooks, and made where it isn't given.",
}


class ChannelInput(serializers.Serializer):
    name = StrictCharField(max_length=200)
    kind = serializers.ChoiceField(
        choices=ChannelKind.values,
        error_messages={"invalid_choice": f"Allowed values: {', '.join(ChannelKind.values)}."},
    )
    address = StrictCharField(**ADDRESS)
    secret = StrictCharField(**SECRET, default="", allow_blank=True)


class _Patch(serializers.Serializer):
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError(f"Give at least one of {', '.join(self.fields)}.")
        return attrs


class ChannelPatch(_Patch):
    name = StrictCharField(max_length=200, required=False)
    address = StrictCharField(**ADDRESS, required=False)
    secret = StrictCharField(**SECRET, allow_blank=True)
    isEnabled = StrictBooleanField(source="is_enabled", required=False)  # noqa: N815


def _services(**options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.UUIDField(),
        max_length=500,
        required=False,
        source="service_ids",
        help_text="Ids of services; empty for all.",
        **options,
    )


def _kinds(**options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=allowed(KINDS),
        max_length=len(KINDS),
        required=False,
        help_text="Kinds of changes; empty for all that matter.",
        **options,
    )


class RuleInput(serializers.Serializer):
    name = StrictCharField(max_length=200)
    channel = serializers.UUIDField(source="channel_id")
    minimumSeverity = allowed(Severity, default=Severity.UNKNOWN, source="minimum_severity")  # noqa: N815
    services = _services(default=list)
    kinds = _kinds(default=list)


class RulePatch(_Patch):
    name = StrictCharField(max_length=200, required=False)
    minimumSeverity = allowed(Severity, source="minimum_severity")  # noqa: N815
    services = _services()
    kinds = _kinds()
    isEnabled = StrictBooleanField(source="is_enabled", required=False)  # noqa: N815


class NotificationFilter(serializers.Serializer):
    state = allowed(NotificationState, allow_blank=True, default="")
    channel = serializers.UUIDField(required=False, source="channel_id")
