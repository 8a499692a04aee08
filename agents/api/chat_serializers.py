"""What the routes of chat sessions accept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from agents.api.serializers import MAXIMUM_NAME
from agents.chat.asking import MAXIMUM_QUESTION
from agents.chat.models import ChatSession
from aurora_site.core.http.fields import StrictCharField

MAXIMUM_TITLE = 200
MAXIMUM_MESSAGES = 500
MAXIMUM_MESSAGE_TEXT = 100_000
MAXIMUM_UI_STATE = 16 * 1024
MAXIMUM_DEPTH = 12
MAXIMUM_SEARCH = 200
# What every database can store.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class UiStateField(serializers.DictField):
    """What a front end keeps with a session: any JSON object of at most 16 KB, nested at most 12 deep."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        value: dict[str, Any] = super().to_internal_value(data)
        if _depth(value) > MAXIMUM_DEPTH:
            raise serializers.ValidationError(f"Nest at most {MAXIMUM_DEPTH} objects and lists.")
        try:
            size = len(json.dumps(value, allow_nan=False, ensure_ascii=False).encode())
        except ValueError:
            raise serializers.ValidationError("Numbers must be finite.") from None
        if size > MAXIMUM_UI_STATE:
            raise serializers.ValidationError(f"Give at most {MAXIMUM_UI_STATE:,} bytes of JSON; these are {size:,}.")
        return value


class MessageInput(serializers.Serializer[Any]):
    """A message of a session as clients write it."""

    sender = serializers.ChoiceField(choices=["user", "assistant"])
    text = StrictCharField(max_length=MAXIMUM_MESSAGE_TEXT, trim_whitespace=False)
    timestamp = serializers.DateTimeField(required=False, allow_null=True)

    def validate_timestamp(self, value: datetime | None) -> datetime | None:
        if value is not None and value < EARLIEST:
            raise serializers.ValidationError("Give a time after 1970.")
        return value


class SessionInput(serializers.Serializer[Any]):
    """A new chat session."""

    title = StrictCharField(max_length=MAXIMUM_TITLE, required=False, allow_blank=True, default="")
    messages = serializers.ListField(child=MessageInput(), required=False, default=list, max_length=MAXIMUM_MESSAGES)
    ui_state = UiStateField(required=False, default=dict)


class SessionChange(serializers.Serializer[Any]):
    """What may be changed of a session; what is left out stays as it is."""

    title = StrictCharField(max_length=MAXIMUM_TITLE, required=False)
    messages = serializers.ListField(child=MessageInput(), required=False, max_length=MAXIMUM_MESSAGES)
    ui_state = UiStateField(required=False)
    head = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "messages" in attrs and "head" in attrs:
            raise serializers.ValidationError({"head": ["Give messages or head, not both."]})
        return attrs


class SearchInput(serializers.Serializer[Any]):
    """The filters of the list of sessions."""

    q = StrictCharField(max_length=MAXIMUM_SEARCH, required=False, allow_blank=True, default="")
    status = serializers.ChoiceField(choices=ChatSession.Status.values, required=False, allow_blank=True, default="")


class AnswerInput(serializers.Serializer[Any]):
    """How a question is to be answered."""

    agent = StrictCharField(max_length=MAXIMUM_NAME, required=False, allow_blank=True, allow_null=True)
    on_conflict = serializers.ChoiceField(choices=["enqueue", "reject", "interrupt"], required=False, default="enqueue")


class QuestionText(AnswerInput):
    """A question; ``text`` is another name for ``message``."""

    message = StrictCharField(max_length=MAXIMUM_QUESTION, required=False, allow_blank=True)
    text = StrictCharField(max_length=MAXIMUM_QUESTION, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        question = attrs.pop("message", "") or attrs.get("text", "")
        if not question:
            raise serializers.ValidationError({"message": ["Give the question as text."]})
        return {**attrs, "text": question, "agent": attrs.get("agent") or ""}


class PostInput(QuestionText):
    """A question in a session."""

    parent_id = serializers.UUIDField(required=False, allow_null=True, default=None)


def _depth(value: dict[str, Any]) -> int:
    """How deep objects and lists are nested, counted no further than is allowed."""
    level: list[Any] = [value]
    depth = 0
    while level and depth <= MAXIMUM_DEPTH:
        depth += 1
        level = [child for item in level for child in _children(item) if isinstance(child, dict | list)]
    return depth


def _children(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value
