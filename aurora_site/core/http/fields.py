"""Serializer fields that take JSON at its word: text is text, and true is true."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class StrictCharField(serializers.CharField):
    """Text that must come as JSON text: numbers and booleans are refused instead of being turned into text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("Give text.", code="invalid")
        return str(super().to_internal_value(data))


class StrictBooleanField(serializers.BooleanField):
    """True or false, as JSON has them."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError("Give true or false.", code="invalid")
        return data
