"""Answers a greeting, thanks, or "what can you do?" without a search: who answers here, and what to ask."""

from __future__ import annotations

import re

from agents.catalog.definitions import AgentDefinition, definitions

EXAMPLES_SHOWN = 2
_GREETING = re.compile(
    r"\s*(?:(?:hello|hi|hey|good (?:morning|afternoon|evening))(?: there| aurora| all)?|thanks?(?: you| a lot)?|help(?: me)?"
    r"|(?:and )?what (?:can|do) you (?:do|know)(?: for me)?|who are you|what is this)[\s!.?,]*",
    re.IGNORECASE,
)


def greeting_answer(message: str) -> str | None:
    """What to say to a message that asks for nothing in particular; None for all others."""
    if not _GREETING.fullmatch(message):
        return None
    offers = "\n".join(_offer(definition) for definition in definitions())
    return f"Hello! I answer from your organisation's documents and show where each answer comes from.\n\n{offers}"


def _offer(definition: AgentDefinition) -> str:
    examples = " ".join(f"“{example}”" for example in definition.examples[:EXAMPLES_SHOWN])
    return f"- **{definition.title}**: {definition.description} Try {examples}"
