"""Writes what a run came to into its session, in the transaction that ends the run."""

from __future__ import annotations

from django.utils import timezone

from agents.chat.models import ChatSession, Message
from agents.chat.selectors import OPEN_STATES
from agents.runs import hooks
from agents.runs.executors import RunOutcome
from agents.runs.models import Run


def register() -> None:
    """Make this module hear of every run's end."""
    hooks.on_finish(answer_store)


def answer_store(run: Run, outcome: RunOutcome) -> None:
    """Give the answer its text and citations, and the session the status that follows. ``run`` is locked and ended."""
    if run.session_id is None:
        return
    now = timezone.now()
    answer = Message.objects.filter(session_id=run.session_id, run_id=run.pk, sender=Message.Sender.ASSISTANT)
    answer.update(text=outcome.output.get("answer", ""), citations=outcome.output.get("citations", []), timestamp=now)
    runs = Run.objects.for_organization(run.organization_id).filter(session_id=run.session_id)
    status = ChatSession.Status.ACTIVE
    if runs.filter(state__in=OPEN_STATES).exclude(pk=run.pk).exists():
        status = ChatSession.Status.IN_PROGRESS
    elif run.state == Run.State.FAILED:
        status = ChatSession.Status.FAILED
    sessions = ChatSession.objects.for_organization(run.organization_id).filter(pk=run.session_id)
    sessions.update(status=status, updated_at=now)
