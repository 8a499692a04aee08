"""Tells the turn what was said before its run's question."""

from __future__ import annotations

from agents.catalog import conversation
from agents.catalog.conversation import Conversation, Turn
from agents.chat.branches import Node
from agents.chat.models import Message
from agents.chat.selectors import tree_of
from agents.runs.executors import RunContext

# The turn fits what it gets into its model's window; these only keep a very long session from being read whole.
MAXIMUM_TURNS = 40
MAXIMUM_CHARACTERS = 200_000


def register() -> None:
    """Make this module the source of conversations."""
    conversation.register(conversation_before)


def conversation_before(context: RunContext) -> Conversation:
    """The branch above the run's question, oldest first: its last turns that have text. Three queries."""
    answer = Message.objects.filter(run_id=context.run_id, sender=Message.Sender.ASSISTANT).first()
    if answer is None:
        return Conversation()
    above = tree_of(answer.session_id).branch(answer.parent_id)[:-1]
    return Conversation(turns=_turns(above[-MAXIMUM_TURNS:]))


def _turns(nodes: list[Node]) -> list[Turn]:
    messages = Message.objects.in_bulk([node.id for node in nodes])
    turns: list[Turn] = []
    room = MAXIMUM_CHARACTERS
    for node in reversed(nodes):
        message = messages[node.id]
        room -= len(message.text)
        if room < 0:
            break
        if message.text:
            turns.append(Turn(message.sender, message.text, message.citations))
    return turns[::-1]
