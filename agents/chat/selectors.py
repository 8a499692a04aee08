"""Reads of chat sessions: lists, a session with the branch that is shown, its open runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from agents.chat.branches import Node, Tree
from agents.chat.models import ChatSession, Message
from agents.runs.models import Feedback, Run
from agents.runs.selectors import feedback_as_json

OPEN_STATES = (Run.State.QUEUED, Run.State.RUNNING, Run.State.WAITING_APPROVAL)
MAXIMUM_SHOWN = 500
_UNSHOWN = ("run__input", "run__checkpoint", "run__usage")


def sessions_of(organization_id: object, user_id: str, *, text: str = "", status: str = "") -> QuerySet[ChatSession]:
    """A person's sessions that were not deleted, latest first; ``text`` is searched for in titles and messages."""
    text = text.replace("\0", "")
    sessions = ChatSession.objects.for_organization(organization_id).filter(user_id=user_id, deleted_at=None)
    if status:
        sessions = sessions.filter(status=status)
    if text:
        said = Message.objects.filter(session=OuterRef("pk"), text__icontains=text)
        sessions = sessions.filter(Q(title__icontains=text) | Exists(said))
    return sessions


def session_get(*, organization_id: object, user_id: str, session_id: UUID | str) -> ChatSession | None:
    """A person's session, unless it was deleted."""
    return sessions_of(organization_id, user_id).filter(pk=session_id).first()


def sessions_as_json(sessions: Sequence[ChatSession]) -> list[dict[str, Any]]:
    """Sessions as lists show them. One query, however many they are."""
    nodes = _nodes([session.pk for session in sessions])
    shown = {session.pk: _shown(Tree(nodes[session.pk]), session.head_id) for session in sessions}
    return [session_as_json(session, message_count=len(shown[session.pk])) for session in sessions]


def session_as_json(session: ChatSession, *, message_count: int) -> dict[str, Any]:
    """A session without its messages."""
    return {
        "id": str(session.pk),
        "title": session.title,
        "created_at": timestamp(session.created_at),
        "updated_at": timestamp(session.updated_at),
        "message_count": message_count,
        "status": session.status,
        "ui_state": session.ui_state,
    }


def session_in_full(
    session: ChatSession, *, user_id: str, before: int | None = None, limit: int = MAXIMUM_SHOWN
) -> dict[str, Any]:
    """A session with the shown branch and its open runs, in as many queries however long it is.

    ``messages`` are the last ``limit`` of the branch (with ``before``: of those above that position), oldest first;
    ``previous_before`` is what to ask with for the ones above them, None when these are the first.
    """
    tree = tree_of(session.pk)
    shown = _shown(tree, session.head_id)
    wanted = shown if before is None else [node for node in shown if node.position < before]
    page = wanted[-limit:]
    return {
        **session_as_json(session, message_count=len(shown)),
        "head": str(session.head_id) if session.head_id else None,
        "messages": _messages_as_json(tree, page, user_id),
        "previous_before": page[0].position if len(wanted) > len(page) else None,
        "runs": open_runs(session.pk),
    }


def messages_after(session: ChatSession, *, user_id: str, after: int, limit: int = MAXIMUM_SHOWN) -> dict[str, Any]:
    """The messages of the shown branch below position ``after``, oldest first, up to the first unfinished answer:
    who asks again with ``next_after`` gets every message once, in order."""
    tree = tree_of(session.pk)
    page: list[Node] = []
    for node in tree.branch(session.head_id):
        if node.pending or len(page) == limit:
            break
        if node.position > after:
            page.append(node)
    return {
        "session_id": str(session.pk),
        "status": session.status,
        "messages": _messages_as_json(tree, page, user_id),
        "next_after": page[-1].position if page else after,
    }


def session_status(session: ChatSession) -> dict[str, Any]:
    """Whether a session is being answered, and how many messages its shown branch has."""
    return {"status": session.status, "message_count": len(_shown(tree_of(session.pk), session.head_id))}


def open_runs(session_id: UUID) -> list[dict[str, Any]]:
    """The runs of a session that have not ended, in the order in which they get their turn."""
    answers = list(_answers(session_id).filter(run__state__in=OPEN_STATES).order_by("run__created_at", "run_id"))
    queued = [answer.run for answer in answers if answer.run.state == Run.State.QUEUED]
    waiting = [run.pk for run in queued if run.active_session is None]
    places = {run.pk: 0 for run in queued} | {run_id: place for place, run_id in enumerate(waiting)}
    return [run_in_session(answer, places.get(answer.run_id)) for answer in answers]


def run_in_session(answer: Message, position_in_line: int | None = None) -> dict[str, Any]:
    """A run as a session shows it: ``message_id`` is its answer, ``question_id`` what it answers. The answer must come
    with its run."""
    run: Any = answer.run
    return {
        "id": str(run.pk),
        "state": run.state,
        "message_id": str(answer.pk),
        "question_id": str(answer.parent_id) if answer.parent_id else None,
        "position_in_line": position_in_line,
    }


def answers_above(session_id: UUID, position: int) -> list[Message]:
    """The answers that runs write below a position, in all branches, with their runs and questions."""
    return list(_answers(session_id).filter(position__gt=position))


def last_position(session_id: UUID) -> int:
    """The position of a session's last message in any branch; 0 without messages."""
    positions = Message.objects.filter(session_id=session_id).order_by("-position")
    return positions.values_list("position", flat=True).first() or 0


def tree_of(session_id: UUID) -> Tree:
    """All messages of a session, without their texts."""
    return Tree(_nodes([session_id])[session_id])


def message_as_json(
    message: Message, *, siblings: Iterable[UUID] = (), feedback: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A message; what only an answer of a run has is None in others."""
    run = message.run
    return {
        "id": str(message.pk),
        "position": message.position,
        "sender": message.sender,
        "text": message.text,
        "timestamp": timestamp(message.timestamp),
        "parent_id": str(message.parent_id) if message.parent_id else None,
        "run_id": str(run.pk) if run else None,
        "state": run.state if run else None,
        "agent": run.agent if run else None,
        "mode": run.mode if run else None,
        "route": (run.route or None) if run else None,
        "error": (run.error or None) if run else None,
        "answered": run.output.get("answered") if run else None,
        "citations": message.citations,
        "feedback": feedback,
        "siblings": [str(sibling) for sibling in siblings] or [str(message.pk)],
    }


def timestamp(moment: datetime) -> str:
    """A time as ISO 8601 in UTC, with Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _shown(tree: Tree, head_id: UUID | None) -> list[Node]:
    """The shown branch without the answers that are still being written."""
    return [node for node in tree.branch(head_id) if not node.pending]


def _nodes(session_ids: Sequence[UUID]) -> dict[UUID, list[Node]]:
    rows = Message.objects.filter(session_id__in=session_ids)
    found: dict[UUID, list[Node]] = defaultdict(list)
    for session_id, message_id, parent_id, position, sender, state in rows.values_list(
        "session_id", "id", "parent_id", "position", "sender", "run__state"
    ):
        found[session_id].append(Node(message_id, parent_id, position, sender, state in OPEN_STATES))
    return found


def _answers(session_id: UUID) -> QuerySet[Message]:
    answers = Message.objects.filter(session_id=session_id, sender=Message.Sender.ASSISTANT, run__isnull=False)
    return answers.select_related("run", "parent").defer(*_UNSHOWN).order_by("position")


def _messages_as_json(tree: Tree, nodes: Sequence[Node], user_id: str) -> list[dict[str, Any]]:
    messages = Message.objects.select_related("run").defer(*_UNSHOWN).in_bulk([node.id for node in nodes])
    runs = [message.run_id for message in messages.values() if message.run_id]
    feedback = {
        given.run_id: feedback_as_json(given) for given in Feedback.objects.filter(user_id=user_id, run_id__in=runs)
    }
    return [
        message_as_json(
            messages[node.id],
            siblings=tree.alternatives(node),
            feedback=feedback.get(messages[node.id].run_id),
        )
        for node in nodes
    ]
