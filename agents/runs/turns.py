"""Taking turns: a session works on one run at a time, its ``active_session``; the others wait in line, oldest first.

The row of the session is the lock of its line. Whoever adds a run to a session or ends one locks it before any run.
"""

from __future__ import annotations

from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from agents.runs.models import Run


def line_lock(session_id: object) -> None:
    """Hold a session's line until the transaction ends. Does nothing for a run outside a session."""
    if session_id is not None:
        sessions = Run._meta.get_field("session").related_model._base_manager
        sessions.select_for_update().filter(pk=session_id).values_list("pk").first()


def waiting_in(session_id: object) -> QuerySet[Run]:
    """The runs that wait for their turn, in order."""
    waiting = Run.objects.filter(session_id=session_id, state=Run.State.QUEUED, active_session=None)
    return waiting.order_by("created_at", "pk")


def whose_turn_it_is() -> Q:
    """Condition: the run stands outside of sessions, or is the one that its session works on."""
    return Q(session=None) | Q(active_session=F("session_id"))


def turn_pass(session_id: object) -> str | None:
    """Give the turn to the first in line, if nobody has it; the id of that run. The caller holds the line."""
    if session_id is None or Run.objects.filter(active_session=session_id).exists():
        return None
    follower = waiting_in(session_id).first()
    if follower is None:
        return None
    Run.objects.filter(pk=follower.pk).update(active_session=session_id)
    return str(follower.pk)


def with_position(runs: QuerySet[Run]) -> QuerySet[Run]:
    """The runs, each with ``position_in_line``: how many are before it, 0 for the next; None unless it is queued."""
    earlier = Q(created_at__lt=OuterRef("created_at")) | Q(created_at=OuterRef("created_at"), pk__lt=OuterRef("pk"))
    before = Run.objects.filter(earlier, session_id=OuterRef("session_id"), state=Run.State.QUEUED, active_session=None)
    count = before.order_by().values("session_id").annotate(count=Count("pk")).values("count")
    queued = Q(state=Run.State.QUEUED)
    waits = queued & Q(session_id__isnull=False, active_session=None)
    return runs.annotate(
        position_in_line=Case(
            When(waits, then=Coalesce(Subquery(count), 0)),
            When(queued, then=Value(0)),
            default=None,
            output_field=IntegerField(),
        )
    )
