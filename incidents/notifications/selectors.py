"""Reads of channels, rules and notifications; each list takes a constant number of queries."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from incidents.models import Notification, NotificationChannel, NotificationRule, NotificationState


def channels(organization_id: object) -> QuerySet[NotificationChannel]:
    """An organisation's channels by name, with how many notifications wait (``waiting``) and were given up (``dead``), and
    why the last of these was (``last_error``, None where none was)."""
    rows = NotificationChannel.objects.for_organization(organization_id)
    given_up = Notification.objects.for_organization(organization_id).filter(
        channel=OuterRef("pk"), state=NotificationState.DEAD
    )
    return rows.annotate(
        last_error=Subquery(given_up.order_by("-created_at", "id").values("last_error")[:1]),
        waiting=Count("notifications", filter=Q(notifications__state=NotificationState.PENDING)),
        dead=Count("notifications", filter=Q(notifications__state=NotificationState.DEAD)),
    ).order_by("name", "id")


def rules(organization_id: object) -> QuerySet[NotificationRule]:
    """An organisation's rules by name, with their channels and services."""
    rows = NotificationRule.objects.for_organization(organization_id)
    return rows.select_related("channel").prefetch_related("services").order_by("name", "id")


def notifications(
    organization_id: object, *, state: str = "", channel_id: UUID | None = None
) -> QuerySet[Notification]:
    """An organisation's notifications, newest first, with what they are about; those in a state, those of a channel."""
    rows = Notification.objects.for_organization(organization_id).select_related("channel", "incident", "entry")
    if state:
        rows = rows.filter(state=state)
    if channel_id is not None:
        rows = rows.filter(channel_id=channel_id)
    return rows.order_by("-created_at", "id")
