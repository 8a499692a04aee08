"""What the agents' routes accept."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from aurora_site.core.http.fields import StrictBooleanField, StrictCharField

MAXIMUM_QUESTION = 8_000
MAXIMUM_NAME = 64


class QuestionInput(serializers.Serializer[Any]):
    """The ``input`` object; keys other than ``question`` are accepted for agents to come and ignored."""

    question = StrictCharField(max_length=MAXIMUM_QUESTION, required=False, allow_blank=True)


class AskSerializer(serializers.Serializer[Any]):
    """A question in any of the forms in which clients send it."""

    agent_id = StrictCharField(max_length=MAXIMUM_NAME, required=False)
    action = StrictCharField(max_length=MAXIMUM_NAME, required=False, allow_blank=True, default="")
    input = QuestionInput(required=False)
    msg = StrictCharField(max_length=MAXIMUM_QUESTION, required=False, allow_blank=True)
    org_id = StrictCharField(max_length=64, required=False)
    user_id = StrictCharField(max_length=64, required=False)
    consent = StrictBooleanField(required=False, default=True)

    question_field = "input.question"

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        question = (attrs.get("input") or {}).get("question") or attrs.get("msg") or ""
        if attrs["consent"] and not question.strip():
            raise serializers.ValidationError({self.question_field: ["Give the question as text."]})
        attrs["question"] = question.strip()
        return attrs


class ExecuteSerializer(AskSerializer):
    """``POST /v1/agents/execute``: the agent must be named."""

    agent_id = StrictCharField(max_length=MAXIMUM_NAME)


class StreamSerializer(AskSerializer):
    """``POST /agents/{name}/stream``: the question is ``msg``."""

    question_field = "msg"


class AgentSerializer(serializers.Serializer[Any]):
    """An agent that an organisation makes."""

    name = serializers.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=MAXIMUM_NAME,
        error_messages={"invalid": "Use letters, digits, dots, dashes and underscores; begin with a letter or digit."},
    )
    agent_type = serializers.ChoiceField(choices=["llm"], default="llm")
    model_name = StrictCharField(max_length=200, required=False, allow_blank=True, default="")
    provider = serializers.ChoiceField(choices=["openai", "ollama", "extractive"], required=False, default="")
    description = StrictCharField(max_length=500, required=False, allow_blank=True, default="")
    instructions = StrictCharField(max_length=20_000, required=False, allow_blank=True, default="")
    config = serializers.DictField(required=False, default=dict)


class DocumentSerializer(serializers.Serializer[Any]):
    """A document given as JSON text."""

    title = StrictCharField(max_length=255, required=False, allow_blank=True, default="")
    path = StrictCharField(max_length=255)
    text = StrictCharField(trim_whitespace=False)
    collection = StrictCharField(max_length=64, required=False, allow_blank=True, default="")


class ChatMessageSerializer(serializers.Serializer[Any]):
    """A message of a session as clients write it."""

    sender = serializers.ChoiceField(choices=["user", "assistant"])
    text = StrictCharField(max_length=100_000, trim_whitespace=False)
    timestamp = serializers.DateTimeField(required=False)


class ChatSessionSerializer(serializers.Serializer[Any]):
    """A new chat session."""

    title = StrictCharField(max_length=200, required=False, allow_blank=True, default="")
    messages = serializers.ListField(child=ChatMessageSerializer(), required=False, default=list, max_length=500)
    ui_state = serializers.DictField(required=False, default=dict)
