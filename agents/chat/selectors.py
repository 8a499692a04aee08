"""Reads of chat sessions."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet

from agents.chat.models import ChatSession


def sessions_of(organization_id: object, user_id: str) -> QuerySet[ChatSession]:
    """A person's sessions that were not deleted, latest first, each with its number of messages."""
    sessions = ChatSession.objects.for_organization(organization_id).filter(user_id=user_id, deleted_at=None)
    return sessions.annotate(message_count=Count("messages"))


def session_as_json(session: ChatSession) -> dict[str, Any]:
    """A session as lists show it."""
    return {
        "id": str(session.pk),
        "title": session.title,
        "created_at": session.created_at,
        "updated_at": session.updated_at,
        "message_count": getattr(session, "message_count", 0),
        "status": session.status,
        "ui_state": session.ui_state,
    }


def session_with_messages(session: ChatSession) -> dict[str, Any]:
    """A session with its whole conversation."""
    messages = [
        {"sender": message.sender, "text": message.text, "timestamp": message.timestamp}
        for message in session.messages.all()
    ]
    return {**session_as_json(session), "message_count": len(messages), "messages": messages}
