"""What an agent is, and the agents that code brings along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.catalog.responding import Responder


class UnknownAgent(LookupError):
    """No agent has that name."""


@dataclass(frozen=True, kw_only=True)
class AgentDefinition:
    """A built-in agent. ``examples`` are questions it is for, ``keywords`` and ``actions`` words that hint at it;
    ``tools`` are the names of those that it may use.

    An agent with a ``responder`` answers by that code instead of from documents. ``requests`` are regular expressions of
    what people say when they want just that done, whatever the documents say about it; ``opening`` is what a request
    without a question asks it. ``fields`` are those that it always answers with, with nothing in them, for a greeting.
    """

    name: str
    title: str
    description: str
    instructions: str
    examples: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    responder: Responder | None = None
    opening: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict, hash=False)


_definitions: dict[str, AgentDefinition] = {}


def register(definition: AgentDefinition) -> None:
    """Add a built-in agent; the same name again replaces it."""
    _definitions[definition.name] = definition


def definitions() -> Iterable[AgentDefinition]:
    """The built-in agents, in the order in which they were added."""
    return tuple(_definitions.values())


def definition_named(name: str) -> AgentDefinition:
    """The built-in agent of that name or alias. Raises UnknownAgent."""
    for definition in _definitions.values():
        if name == definition.name or name in definition.aliases:
            return definition
    raise UnknownAgent(
        f"There is no agent called {name!r}. Agents here: {', '.join(_definitions)}, and your organisation's own."
    )


def answers_by_code(name: str) -> bool:
    """Whether an agent of that name is built in and answers by code of its own instead of from documents."""
    return any(each.responder for each in _definitions.values() if name == each.name or name in each.aliases)


def definition_for_action(action: str) -> AgentDefinition | None:
    """The built-in agent that an action, in any case of letters, belongs to; None for one of nobody."""
    action = action.strip().lower()
    fitting = (each for each in definitions() if action in (*each.actions, each.name, *each.aliases))
    return next(fitting, None)


def opening_of(name: str, action: str) -> str:
    """What a request without a question asks an agent, which it names or which its action belongs to; empty for most."""
    try:
        definition = definition_named(name) if name else definition_for_action(action)
    except UnknownAgent:
        return ""
    return definition.opening if definition else ""
