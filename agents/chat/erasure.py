"""Forgets a person's conversations, with their runs and all that came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from agents.catalog.models import Agent
from agents.chat.models import ChatSession, Message
from agents.knowledge.erasure import knowledge_erase
from agents.runs.erasure import opinions_erase, questions_of, runs_erase
from aurora_site.core.erasure import Erasure, Person

_PSEUDONYM = "an id alone; with the account emptied it names nobody"


def erase(person: Person) -> Mapping[str, int]:
    """Runs end before their conversations go, since their ends are written there."""
    counts = Counter(knowledge_erase(person, list(questions_of(person)) if person.id else []))
    agents = Agent.objects.filter(organization__in=person.organizations).delete()[0]
    if person.id:
        counts.update(runs_erase(person))
        counts.update(opinions_erase(person))
        counts.update(_conversations_erase(person))
    return counts + Counter({"agents": agents})


def _conversations_erase(person: Person) -> Mapping[str, int]:
    sessions = ChatSession.objects.filter(user_id=person.id)
    # A session points at its last message and messages at each other: loosen that first, so that all go at once.
    sessions.update(head=None)
    messages = Message.objects.filter(session__in=sessions)
    said = messages.count()
    messages.delete()
    return {"chat_sessions": sessions.delete()[0], "messages": said}


ERASURE = Erasure(
    app="agents",
    erase=erase,
    covers=frozenset(
        {
            "agents.ChatSession.user",
            "agents.Run.actor",
            "agents.Feedback.user",
            "agents.ToolCall.decided_by",
            "agents.DocumentReport.reporter",
            "agents.Document.owner",
        }
    ),
    exempt={
        "agents.Agent.created_by": _PSEUDONYM,
        "agents.Document.uploaded_by": f"{_PSEUDONYM}; the document is the organisation's",
        "agents.UnansweredQuestion.settled_by": _PSEUDONYM,
    },
)
