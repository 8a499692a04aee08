"""Has workers do what was found to be due. Rings that are lost are made good by the sweep and the next scan."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from uuid import UUID

from celery import current_app
from django.core.cache import cache

logger = logging.getLogger(__name__)

SEND_TASK = "learning.send_nudge"
DIGEST_TASK = "learning.make_digest"
# How long a ring is taken for heard at most; the task that hears it clears it at once.
RING_SECONDS = 300


def ring_mails(nudge_ids: Iterable[UUID]) -> None:
    """Queue sending, unless it is queued."""
    _ring(SEND_TASK, nudge_ids)


def ring_digests(learner_ids: Iterable[UUID]) -> None:
    """Queue the making of learners' digests, unless it is queued."""
    _ring(DIGEST_TASK, learner_ids)


def heard(task: str, row_id: UUID) -> None:
    """The task runs: from now on a new ring counts."""
    cache.delete(_bell(task, row_id))


def _ring(task: str, ids: Iterable[UUID]) -> None:
    for row_id in ids:
        try:
            if cache.add(_bell(task, row_id), 1, RING_SECONDS):
                current_app.send_task(task, [str(row_id)])
        except Exception as error:  # noqa: BLE001 whichever cache and broker it is has errors of its own
            logger.warning("reminders wait for the sweep: %s: %s", type(error).__name__, error)
            return


def _bell(task: str, row_id: UUID) -> str:
    return f"{task}.{row_id}"
