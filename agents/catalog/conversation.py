"""Where the turn gets a run's conversation from. The layer that keeps conversations registers its loader."""

from __future__ import annotations

from collections.abc import Callable

from agents.runs.executors import RunContext
from agents.runtime.conversation import Conversation, Turn

__all__ = ["Conversation", "Turn", "conversation_of", "register"]

Loader = Callable[[RunContext], Conversation]

_loaders: list[Loader] = []


def register(loader: Loader) -> None:
    """Make ``loader`` tell what was said before a run's question. It is called in a database thread."""
    _loaders[:] = [loader]


def conversation_of(context: RunContext) -> Conversation:
    """What was said before the run's question; nothing for a run outside a session."""
    if not context.session_id or not _loaders:
        return Conversation()
    return _loaders[0](context)
