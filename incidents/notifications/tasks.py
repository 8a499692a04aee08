"""Sending in workers, and the sweep for what is due. Tasks take ids and may run twice."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from incidents.models import Notification, NotificationState
from incidents.notifications.ringing import SEND_TASK, heard, ring
from incidents.notifications.sending import notification_send

SWEEP_LIMIT = 200


@shared_task(name=SEND_TASK)
def send_notification(notification_id: str) -> None:
    """Make one attempt, if it is due."""
    heard(UUID(notification_id))
    notification_send(notification_id=UUID(notification_id))


@shared_task(name="incidents.sweep_notifications")
def sweep_notifications() -> None:
    """Ring for what is due: second attempts, ends of snoozes, and what the queue lost."""
    due = Notification.objects.filter(state=NotificationState.PENDING, next_attempt_at__lte=timezone.now())
    ring(due.order_by("next_attempt_at").values_list("pk", flat=True)[:SWEEP_LIMIT])
