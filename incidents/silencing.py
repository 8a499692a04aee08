"""The silences of an organisation, and whether they match its alerts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from incidents.models import Alert, Repeat, Silence
from incidents.silences import SilencedFacts, silence_for


def silences_since(organization_id: UUID, at: datetime) -> list[Silence]:
    """The silences of an organisation that may hold at a time or after it, with their services."""
    rows = Silence.objects.for_organization(organization_id).filter(ended_early_at=None)
    return list(rows.filter(Q(ends_at__gt=at) | ~Q(repeat=Repeat.NEVER)).prefetch_related("services"))


def silence_of(silences: Sequence[Silence], alert: Alert, at: datetime) -> Silence | None:
    """The silence, if any, that matches an alert at a time."""
    return silence_for(silences, facts_of(alert), at) if silences else None


def facts_of(alert: Alert) -> SilencedFacts:
    """What silences look at."""
    return SilencedFacts(
        title=alert.title,
        severity=alert.severity,
        source=alert.source_type,
        service=alert.service.name if alert.service else "",
        service_id=alert.service_id,
        labels=alert.labels,
    )
