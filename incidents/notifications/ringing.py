"""Has a worker send notifications soon. Rings that are lost are made good by the sweep."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from uuid import UUID

from celery import current_app
from django.core.cache import cache

logger = logging.getLogger(__name__)

SEND_TASK = "incidents.send_notification"
# How long a ring is taken for heard at most; the task that hears it clears it at once.
RING_SECONDS = 60


def ring(notification_ids: Iterable[UUID]) -> None:
    """Queue a task for each, unless one is queued."""
    for notification_id in notification_ids:
        try:
            if cache.add(bell_key(notification_id), 1, RING_SECONDS):
                current_app.send_task(SEND_TASK, [str(notification_id)])
        except Exception as error:  # noqa: BLE001 whichever cache and broker it is has errors of its own
            logger.warning("notifications wait for the sweep: %s: %s", type(error).__name__, error)
            return


def heard(notification_id: UUID) -> None:
    """The task runs: from now on a new ring counts."""
    cache.delete(bell_key(notification_id))


def bell_key(notification_id: UUID) -> str:
    """The cache's entry that says that a task is queued."""
    return f"incidents.notification.{notification_id}"
