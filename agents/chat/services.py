"""Writes of chat sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from agents.chat.models import ChatSession, Message
from audit.services import record

TITLE_LENGTH = 50
NEW_TITLE = "New Chat"


def session_create(
    *,
    organization_id: object,
    user_id: str,
    title: str = "",
    messages: Sequence[dict[str, Any]] = (),
    ui_state: dict[str, Any] | None = None,
) -> ChatSession:
    """Make a session; without a title it takes the beginning of the first question."""
    first = next((message["text"] for message in messages if message["sender"] == Message.Sender.USER), "")
    with transaction.atomic():
        session = ChatSession.objects.create(
            organization_id=organization_id,
            user_id=user_id,
            title=title.strip() or " ".join(first.split())[:TITLE_LENGTH] or NEW_TITLE,
            ui_state=ui_state or {},
        )
        Message.objects.bulk_create(
            Message(
                session=session,
                position=position,
                sender=message["sender"],
                text=message["text"],
                timestamp=message.get("timestamp") or timezone.now(),
            )
            for position, message in enumerate(messages, start=1)
        )
        record(
            event="chat.session_created",
            organization_id=organization_id,
            actor_id=user_id,
            subject=("chat_session", session.pk),
            data={"messages": len(messages)},
        )
    return session
