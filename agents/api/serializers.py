"""What the agents' routes accept."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agents.catalog.definitions import opening_of
from agents.tools.arguments import canonical
from agents.tools.registry import tool_names
from aurora_site.core.http.fields import StrictBooleanField, StrictCharField

MAXIMUM_QUESTION = 8_000
MAXIMUM_NAME = 64
MAXIMUM_GIVEN = 16_000
MAXIMUM_TOOLS = 50


class QuestionInput(serializers.Serializer[Any]):
    """The ``input`` object: the question, and ``given``, all other fields, for agents that know them."""

    question = StrictCharField(max_length=MAXIMUM_QUESTION, required=False, allow_blank=True)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        value: dict[str, Any] = super().to_internal_value(data)
        given = {str(name): field for name, field in data.items() if name != "question"}
        if len(canonical(given)) > MAXIMUM_GIVEN:
            raise serializers.ValidationError(f"Use at most {MAXIMUM_GIVEN:,} characters beside the question.")
        return {**value, "given": given}


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
        said = attrs.get("input") or {}
        question = (said.get("question") or attrs.get("msg") or "").strip()
        question = question or opening_of(attrs.get("agent_id", ""), attrs["action"])
        if attrs["consent"] and not question:
            raise serializers.ValidationError({self.question_field: ["Give the question as text."]})
        attrs["question"], attrs["given"] = question, said.get("given", {})
        return attrs


class ExecuteSerializer(AskSerializer):
    """``POST /v1/agents/execute``: the agent must be named."""

    agent_id = StrictCharField(max_length=MAXIMUM_NAME)


class StreamSerializer(AskSerializer):
    """``POST /agents/{name}/stream``: the question is ``msg``."""

    question_field = "msg"


class AgentConfigSerializer(serializers.Serializer[Any]):
    """What Aurora reads of an agent's configuration: ``knowledge`` (false answers without the documents) and ``tools``
    (the names of those that it may use)."""

    knowledge = StrictBooleanField(required=False)
    tools = serializers.ListField(child=StrictCharField(), max_length=MAXIMUM_TOOLS, required=False)

    def validate_tools(self, names: list[str]) -> list[str]:
        for name in names:
            if name not in tool_names():
                raise serializers.ValidationError(
                    f"There is no tool called {name!r}. Tools here: {', '.join(tool_names())}."
                )
        return names


class AgentConfigField(serializers.DictField):
    """An agent's configuration; keys that Aurora doesn't read are kept as they are."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        config: dict[str, Any] = super().to_internal_value(data)
        AgentConfigSerializer(data=config).is_valid(raise_exception=True)
        return config


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
    config = AgentConfigField(required=False, default=dict)


class DocumentSerializer(serializers.Serializer[Any]):
    """A document given as JSON text."""

    title = StrictCharField(max_length=255, required=False, allow_blank=True, default="")
    path = StrictCharField(max_length=255)
    text = StrictCharField(trim_whitespace=False)
    collection = StrictCharField(max_length=64, required=False, allow_blank=True, default="")


class DescriptionSerializer(serializers.Serializer[Any]):
    """What is noted about a document; only what is given is changed."""

    title = StrictCharField(max_length=255, required=False)
    collection = StrictCharField(max_length=64, required=False, allow_blank=True)
    owner = StrictCharField(max_length=200, required=False, allow_blank=True)
    review_date = serializers.DateField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(self.initial_data) - set(self.fields))
        if unknown or not attrs:
            text = f"Only {', '.join(self.fields)} can be changed; give at least one of them."
            raise serializers.ValidationError({name: [text] for name in unknown or ["body"]})
        return attrs
