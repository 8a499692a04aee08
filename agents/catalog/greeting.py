"""Answers a greeting, thanks, or "what can you do?" without a search: who answers here, and what to ask."""

from __future__ import annotations

import re

from agents.catalog.definitions import AgentDefinition, definitions
from agents.runtime.conversation import Conversation

# Of each agent where all introduce themselves, and of one that was asked by name.
EXAMPLES_OF_EACH, EXAMPLES_OF_ONE = 1, 3
WELCOME_BACK = "You're welcome. Ask on whenever you like: I remember what we spoke about here."
_HELLO = r"(?:hello|hi|hey|good (?:morning|afternoon|evening))(?: there| again| aurora| all)?"
_PRAISE = r"(?:(?:ok(?:ay)?|great|perfect|good|nice|cool|super|alright|got it|i see)\b[ ,.!]*)*"
_THANKS = r"(?:many )?(?:thanks?|thank you|thx|cheers)?(?: you)?(?: very much| so much| a lot| again)?"
_PARTING = r"(?:[ ,.!]*(?:that'?s (?:all|great|perfect|helpful)|that helped|bye|goodbye))?"
_WHAT = r"help(?: me)?|(?:and )?what (?:can|do) you (?:do|know)(?: for me)?|who are you|what is this"
_GREETING = re.compile(rf"(?:{_HELLO}|{_WHAT})[ !.?,]*", re.IGNORECASE)
_GRATITUDE = re.compile(rf"{_PRAISE}{_THANKS}{_PARTING}[ !.?,]*", re.IGNORECASE)
LONGEST_GREETING = 80


def greeting_answer(message: str, conversation: Conversation, asked: AgentDefinition | None = None) -> str | None:
    """What to say to a message that asks for nothing in particular; None for all others. Thanks for an answer are
    acknowledged; everything else gets an introduction: of all agents, or of the one that was ``asked`` by name."""
    message = " ".join(message.split())
    if not message or len(message) > LONGEST_GREETING:
        return None
    thanks = _GRATITUDE.fullmatch(message) is not None
    if thanks and conversation:
        return WELCOME_BACK
    if not thanks and not _GREETING.fullmatch(message):
        return None
    if asked is not None:
        return f"Hello!\n\n{_offer(asked, EXAMPLES_OF_ONE)}"
    offers = "\n".join(_offer(definition, EXAMPLES_OF_EACH) for definition in definitions())
    return f"Hello! I answer from your organisation's documents and show where each answer comes from.\n\n{offers}"


def _offer(definition: AgentDefinition, shown: int) -> str:
    examples = " ".join(f"“{example}”" for example in definition.examples[:shown])
    return f"- **{definition.title}**: {definition.description} Try {examples}"
