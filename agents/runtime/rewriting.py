"""Makes a follow-up question stand alone: by one short call of the model where there is one, else by rule."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from agents.providers.base import ChatMessage, ModelRequest, Provider, ProviderError, TextDelta, Usage
from agents.runtime.conversation import Conversation
from agents.runtime.followup import stand_alone
from agents.runtime.prompts import turn_messages

SECONDS = 5.0
MAXIMUM_TOKENS = 80
LONGEST_QUESTION = 400
TURNS_SHOWN = 6
INSTRUCTIONS = """\
Rewrite the user's last message as one question that can be understood without the conversation before it: put in what it
refers to, keep its own words otherwise, and keep its language. Answer with the rewritten question alone."""


@dataclass(frozen=True)
class Rewriting:
    """The question as it stands alone; what the model call used that made it, and whose it was."""

    text: str
    usage: Usage | None = None
    model: str = ""
    provider: str = ""


async def rewrite(question: str, conversation: Conversation, providers: Sequence[Provider]) -> Rewriting:
    """A follow-up question made to stand alone."""
    by_rule = Rewriting(stand_alone(question, conversation))
    provider = next((provider for provider in providers if provider.mode == "llm" and provider.available()), None)
    if provider is None:
        return by_rule
    request = _request(question, conversation)
    try:
        async with asyncio.timeout(SECONDS):
            text, usage = await _answer(provider, request)
    except ProviderError:
        return by_rule
    except TimeoutError:
        text, usage = "", provider.estimate_usage(request, "")
    return Rewriting(_question_in(text) or by_rule.text, usage, provider.model, provider.name)


def _request(question: str, conversation: Conversation) -> ModelRequest:
    turns = turn_messages(conversation.turns[-TURNS_SHOWN:])
    return ModelRequest(
        messages=[ChatMessage("system", INSTRUCTIONS), *turns, ChatMessage("user", question)],
        question=question,
        max_tokens=MAXIMUM_TOKENS,
        temperature=0.0,
        timeout=SECONDS,
    )


async def _answer(provider: Provider, request: ModelRequest) -> tuple[str, Usage | None]:
    text, usage = "", None
    async with aclosing(provider.stream(request)) as stream:
        async for item in stream:
            if isinstance(item, TextDelta):
                text += item.text
            elif isinstance(item, Usage):
                usage = item
    return text, usage


def _question_in(text: str) -> str:
    """The first line of what the model wrote, if it can be a question."""
    line = next((line.strip().strip('"“”') for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= LONGEST_QUESTION else ""
