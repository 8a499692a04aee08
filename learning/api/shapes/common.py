"""What the shapes of learning share."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from aurora_site.core.http.fields import StrictCharField

MAXIMUM_LINKS = 500
NAME = {"max_length": 200}
LONG_TEXT: dict[str, Any] = {"max_length": 5000, "required": False, "allow_blank": True, "default": ""}


class NamedSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = StrictCharField()
