"""Writes of chat sessions: make, change, delete. Every change locks the session's row first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agents.chat.errors import SessionFull, UnfitMessage, UnknownSession
from agents.chat.models import ChatSession, Message
from agents.chat.selectors import OPEN_STATES, last_position, tree_of
from agents.runs.database import locking
from agents.runs.errors import SessionBusy
from agents.runs.services import run_cancel
from audit.services import record

TITLE_LENGTH = 50
NEW_TITLE = "New Chat"
# Bounds what a session's tree costs to read; far beyond any conversation between people and agents.
MAXIMUM_MESSAGES = 5_000


def session_create(
    *,
    organization_id: object,
    user_id: str,
    title: str = "",
    messages: Sequence[dict[str, Any]] = (),
    ui_state: dict[str, Any] | None = None,
) -> ChatSession:
    """Make a session; without a title it takes the beginning of the first question."""
    with transaction.atomic():
        session = ChatSession.objects.create(
            organization_id=organization_id,
            user_id=user_id,
            title=title.strip() or title_from(messages),
            ui_state=ui_state or {},
        )
        session.head = _append(session, messages, parent_id=None)
        session.save(update_fields=["head"])
        _record("chat.session_created", session, user_id, {"messages": len(messages)})
    return session


def session_update(
    *,
    organization_id: object,
    user_id: str,
    session_id: UUID,
    title: str | None = None,
    messages: Sequence[dict[str, Any]] | None = None,
    ui_state: dict[str, Any] | None = None,
    head: UUID | None = None,
) -> ChatSession:
    """Change what is given. ``messages`` become the shown branch: what they begin with and the session has already stays
    as it is, the rest is a new branch. ``head`` shows the branch through a message, down to its newest end.

    Raises UnknownSession, SessionBusy when messages or head are given while a run is open, UnfitMessage for a head that
    isn't the session's, SessionFull.
    """
    with locking():
        session = session_locked(organization_id=organization_id, user_id=user_id, session_id=session_id)
        changed = []
        if messages is not None or head is not None:
            _require_idle(session)
        if title is not None:
            session.title = title.strip()
            changed.append("title")
        if ui_state is not None:
            session.ui_state = ui_state
            changed.append("ui_state")
        if messages is not None:
            _replace_messages(session, messages)
            changed.append("messages")
        if head is not None:
            session.head_id = _end_of_branch(session, head)
            changed.append("head")
        if changed:
            session.save(update_fields=["title", "ui_state", "head", "updated_at"])
            _record("chat.session_updated", session, user_id, {"changed": changed})
    return session


def session_delete(*, organization_id: object, user_id: str, session_id: UUID) -> list[str]:
    """Delete a session, and ask for its open runs to be stopped. Returns their ids. Raises UnknownSession."""
    with locking():
        session = session_locked(organization_id=organization_id, user_id=user_id, session_id=session_id)
        session.deleted_at = timezone.now()
        session.save(update_fields=["deleted_at", "updated_at"])
        _record("chat.session_deleted", session, user_id, {})
    # From here on nothing new can begin. Last in line first, so that none gets its turn for a moment.
    runs = list(session.runs.filter(state__in=OPEN_STATES).order_by("-created_at", "-pk"))
    return [str(run.pk) for run in runs if run_cancel(run=run, actor_id=user_id)]


def session_locked(*, organization_id: object, user_id: str, session_id: UUID) -> ChatSession:
    """A person's session, locked until the transaction ends. Raises UnknownSession."""
    sessions = ChatSession.objects.for_organization(organization_id).select_for_update()
    session: ChatSession | None = sessions.filter(pk=session_id, user_id=user_id, deleted_at=None).first()
    if session is None:
        raise UnknownSession
    return session


def title_from(messages: Sequence[dict[str, Any]]) -> str:
    """A title: the beginning of the first question."""
    first = next((message["text"] for message in messages if message["sender"] == Message.Sender.USER), "")
    return " ".join(first.split())[:TITLE_LENGTH].rstrip() or NEW_TITLE


def next_position(session: ChatSession, messages: int) -> int:
    """Where the next so many messages of a locked session begin. Raises SessionFull."""
    last = last_position(session.pk)
    if last + messages > MAXIMUM_MESSAGES:
        raise SessionFull(f"A session holds at most {MAXIMUM_MESSAGES:,} messages. Start a new one.")
    return last + 1


def _append(session: ChatSession, messages: Sequence[dict[str, Any]], *, parent_id: UUID | None) -> Message | None:
    """Add messages, each following the one before it. Returns the last."""
    made: list[Message] = []
    for position, message in enumerate(messages, start=next_position(session, len(messages))):
        made.append(
            Message(
                session=session,
                parent_id=made[-1].pk if made else parent_id,
                position=position,
                sender=message["sender"],
                text=message["text"],
                timestamp=message.get("timestamp") or timezone.now(),
            )
        )
    Message.objects.bulk_create(made)
    return made[-1] if made else None


def _replace_messages(session: ChatSession, messages: Sequence[dict[str, Any]]) -> None:
    """Show these messages: go along with the branches that the session has as far as they agree, then branch off."""
    tree = tree_of(session.pk)
    shown = {node.id for node in tree.branch(session.head_id)}
    said = dict(session.messages.values_list("pk", "text"))
    parent_id, agreed = None, 0
    for message in messages:
        wanted = (message["sender"], message["text"])
        same = [reply for reply in tree.replies(parent_id) if (tree.nodes[reply].sender, said[reply]) == wanted]
        if not same:
            break
        parent_id = next((reply for reply in same if reply in shown), same[-1])
        agreed += 1
    last = _append(session, messages[agreed:], parent_id=parent_id)
    session.head_id = last.pk if last else parent_id
    if session.title == NEW_TITLE:
        session.title = title_from(messages)


def _end_of_branch(session: ChatSession, message_id: UUID) -> UUID:
    tree = tree_of(session.pk)
    if message_id not in tree.nodes:
        raise UnfitMessage("head", "Give the id of a message of this session.")
    return tree.newest_below(message_id)


def _require_idle(session: ChatSession) -> None:
    if session.runs.filter(state__in=OPEN_STATES).exists():
        raise SessionBusy("The session is being answered. Wait for the answer or cancel it, then change the messages.")


def _record(event: str, session: ChatSession, user_id: str, data: dict[str, Any]) -> None:
    record(
        event=event,
        organization_id=session.organization_id,
        actor_id=user_id,
        subject=("chat_session", session.pk),
        data=data,
    )
