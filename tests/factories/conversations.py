"""Conversations as they lie in the tables, without anything having run."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from agents.chat.models import ChatSession, Message
from agents.runs.models import Run, RunEvent
from aurora_site.accounts.models import Membership


def session_factory(member: Membership, title: str = "Leave", **fields: Any) -> ChatSession:
    return ChatSession.objects.create(organization=member.organization, user=member.user, title=title, **fields)


def message_factory(session: ChatSession, sender: str, text: str, *, parent: Message | None, **fields: Any) -> Message:
    """A message below ``parent``, at the next position; it becomes the end of the shown branch."""
    message = Message.objects.create(
        session=session,
        sender=sender,
        text=text,
        parent=parent,
        position=session.messages.count() + 1,
        timestamp=timezone.now(),
        **fields,
    )
    session.head = message
    session.save()
    return message


def run_factory(session: ChatSession, state: str = Run.State.SUCCEEDED, **fields: Any) -> Run:
    finished_at = timezone.now() if state in Run.FINAL_STATES else None
    return Run.objects.create(
        organization_id=session.organization_id,
        actor_id=session.user_id,
        session=session,
        state=state,
        finished_at=finished_at,
        **fields,
    )


def answer_factory(question: Message, text: str = "", *, run: Run | None = None, **fields: Any) -> Message:
    """An answer to a question, by a run that succeeded unless another is given."""
    run = run or run_factory(question.session, output={"answer": text, "answered": True}, mode="extractive")
    return message_factory(question.session, "assistant", text, parent=question, run=run, **fields)


def turn_factory(session: ChatSession, question: str, answer: str, **fields: Any) -> Message:
    """A question after the last message, and its answer, which is returned."""
    asked = message_factory(session, "user", question, parent=session.head)
    return answer_factory(asked, answer, **fields)


def events_factory(run: Run, *events: tuple[str, dict[str, Any]]) -> None:
    rows = [
        RunEvent(run=run, seq=seq, type=kind, data=data, ts=timezone.now())
        for seq, (kind, data) in enumerate(events, start=1)
    ]
    RunEvent.objects.bulk_create(rows)
