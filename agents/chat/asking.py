"""Questions in a session: asked, edited, answered anew. Each is one transaction of messages, run and ledger record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from agents.catalog.definitions import UnknownAgent
from agents.catalog.selectors import agent_for_run
from agents.chat.errors import UnfitMessage, UnknownMessage
from agents.chat.models import ChatSession, Message
from agents.chat.services import NEW_TITLE, next_position, session_locked, title_from
from agents.runs import bell, dispatch
from agents.runs.database import locking
from agents.runs.errors import IdempotencyKeyReused
from agents.runs.models import Run
from agents.runs.services import run_create
from audit.services import record

MAXIMUM_QUESTION = 8_000
# Clients that know the router by this name ask for no agent in particular.
ANY_AGENT = "aurora"


@dataclass(frozen=True)
class Posted:
    """A question in a session and the answer that its run will write, both made or joined. Once committed,
    ``posted_begin``."""

    session: ChatSession
    run: Run
    question_id: UUID
    answer_id: UUID

    def as_json(self) -> dict[str, Any]:
        """What a client needs to know of a question that was taken in."""
        return {
            "session_id": str(self.session.pk),
            "run_id": str(self.run.pk),
            "message_id": str(self.question_id),
            "answer_id": str(self.answer_id),
            "status": self.session.status,
            "title": self.session.title,
        }


@dataclass(frozen=True)
class _Asked:
    """What is about to be asked. Without ``question`` it is a new message below ``parent_id``."""

    action: str
    text: str
    parent_id: UUID | None = None
    question: Message | None = None
    retry_of: UUID | None = None


async def posted_begin(posted: Posted) -> None:
    """Begin the answer to a question that was committed, and tell whoever watches the session."""
    await dispatch.start(str(posted.run.pk))
    await bell.ring_session(str(posted.session.pk))


def message_post(
    *,
    organization_id: object,
    user_id: str,
    session_id: UUID,
    text: str,
    agent: str = "",
    parent_id: UUID | None = None,
    on_conflict: str = "enqueue",
    idempotency_key: str = "",
) -> Posted:
    """Ask a question after the message ``parent_id``, or after the last one that is shown, which then becomes its answer.

    Raises UnknownSession, UnknownAgent, UnfitMessage for a parent that isn't the session's, SessionFull, and what
    ``run_create`` raises: SessionBusy with ``on_conflict="reject"``, IdempotencyKeyReused.
    """
    with locking():
        session = session_locked(organization_id=organization_id, user_id=user_id, session_id=session_id)
        if parent_id and not session.messages.filter(pk=parent_id).exists():
            raise UnfitMessage("parent_id", "Give the id of a message of this session.")
        asked = _Asked("chat.message_posted", text, parent_id or session.head_id)
        return _ask(session, asked, agent=agent, on_conflict=on_conflict, idempotency_key=idempotency_key)


def message_edit(
    *,
    organization_id: object,
    user_id: str,
    session_id: UUID,
    message_id: UUID,
    text: str,
    agent: str = "",
    on_conflict: str = "enqueue",
    idempotency_key: str = "",
) -> Posted:
    """Ask a question in another way: a branch beside the question as it was. Raises as ``message_post`` does, UnknownMessage,
    and UnfitMessage for an answer."""
    with locking():
        session = session_locked(organization_id=organization_id, user_id=user_id, session_id=session_id)
        message = _message(session, message_id)
        if message.sender != Message.Sender.USER:
            raise UnfitMessage("message_id", "Only questions can be edited. Regenerate an answer instead.")
        asked = _Asked("chat.message_edited", text, message.parent_id)
        return _ask(session, asked, agent=agent, on_conflict=on_conflict, idempotency_key=idempotency_key)


def message_regenerate(
    *,
    organization_id: object,
    user_id: str,
    session_id: UUID,
    message_id: UUID,
    agent: str | None = None,
    on_conflict: str = "enqueue",
    idempotency_key: str = "",
) -> Posted:
    """Answer a question once more, beside the answers that it has. ``message_id`` names the question or one of its answers;
    without ``agent`` the one that was asked for before is asked again. Raises as ``message_edit`` does."""
    with locking():
        session = session_locked(organization_id=organization_id, user_id=user_id, session_id=session_id)
        asked, before = _answered_anew(session, message_id)
        named = before if agent is None else agent
        return _ask(session, asked, agent=named, on_conflict=on_conflict, idempotency_key=idempotency_key)


def _answered_anew(session: ChatSession, message_id: UUID) -> tuple[_Asked, str]:
    """The question to answer again, and the agent that was asked for before."""
    message = _message(session, message_id)
    question = message if message.sender == Message.Sender.USER else message.parent
    if question is None or question.sender != Message.Sender.USER:
        raise UnfitMessage("message_id", "This message answers no question.")
    if len(question.text) > MAXIMUM_QUESTION:
        raise UnfitMessage("message_id", f"The question has more than {MAXIMUM_QUESTION:,} characters. Edit it.")
    asked = _Asked("chat.answer_regenerated", question.text, question.parent_id, question, message.run_id)
    return asked, message.run.input.get("agent", "") if message.run else ""


def _ask(session: ChatSession, asked: _Asked, *, agent: str, on_conflict: str, idempotency_key: str) -> Posted:
    named = "" if agent == ANY_AGENT else agent
    if named:
        _require_agent(session, named)
    run, _ = run_create(
        organization_id=session.organization_id,
        actor_id=session.user_id,
        kind="answer",
        agent=named,
        input={"question": asked.text, "action": "", "agent": named},
        session_id=session.pk,
        idempotency_key=idempotency_key,
        on_conflict=on_conflict,
        retry_of=asked.retry_of,
        also=lambda run: _write(session, run, asked),
    )
    if run.session_id != session.pk:
        raise IdempotencyKeyReused
    answer = Message.objects.get(run=run, session=session, sender=Message.Sender.ASSISTANT)
    return Posted(session, run, answer.parent_id, answer.pk)


def _write(session: ChatSession, run: Run, asked: _Asked) -> None:
    """Add the question, unless it is there, and its empty answer, which becomes the end of the shown branch."""
    position = next_position(session, 2)
    now = timezone.now()
    question = asked.question or Message.objects.create(
        session=session,
        parent_id=asked.parent_id,
        position=position,
        sender=Message.Sender.USER,
        text=asked.text,
        timestamp=now,
    )
    answer = Message.objects.create(
        session=session,
        parent=question,
        position=position if asked.question else position + 1,
        sender=Message.Sender.ASSISTANT,
        text="",
        run=run,
        timestamp=now,
    )
    if session.title == NEW_TITLE:
        session.title = title_from([{"sender": Message.Sender.USER, "text": asked.text}])
    session.head, session.status = answer, ChatSession.Status.IN_PROGRESS
    session.save(update_fields=["title", "head", "status", "updated_at"])
    record(
        event=asked.action,
        organization_id=session.organization_id,
        actor_id=session.user_id,
        subject=("chat_session", session.pk),
        data={"run": str(run.pk), "question": str(question.pk), "answer": str(answer.pk), "agent": run.agent},
        personal={"question": asked.text},
        trace_id=run.trace_id,
    )


def _message(session: ChatSession, message_id: UUID) -> Message:
    message: Message | None = session.messages.select_related("parent", "run").filter(pk=message_id).first()
    if message is None:
        raise UnknownMessage
    return message


def _require_agent(session: ChatSession, name: str) -> None:
    try:
        agent_for_run(session.organization_id, name)
    except UnknownAgent as error:
        refused: Any = error
        refused.field = "agent"
        raise
