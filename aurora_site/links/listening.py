"""Hears of incidents that are resolved, and has a worker see who learned from them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import partial
from uuid import UUID

from celery import current_app
from django.db import transaction

from incidents.models import TimelineEntry

logger = logging.getLogger(__name__)

RESOLVED = "incident.resolved"
RESPONSE_TASK = "links.incident_response"


def responses_follow(entries: Sequence[TimelineEntry]) -> None:
    """Queue a task for each incident that is resolved, after the commit; a listener of the journal to such entries."""
    transaction.on_commit(partial(ring, sorted({entry.incident_id for entry in entries})), robust=True)


def ring(incident_ids: Iterable[UUID]) -> None:
    """Queue the task; where the queue can't be reached, the sweep makes it good."""
    for incident_id in incident_ids:
        try:
            current_app.send_task(RESPONSE_TASK, [str(incident_id)])
        except Exception as error:  # noqa: BLE001 whichever broker it is has errors of its own
            logger.warning("evidence of incidents waits for the sweep: %s: %s", type(error).__name__, error)
            return
