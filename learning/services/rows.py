"""What the services of learning share: rows that must be new, ids that must be the organisation's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from learning.errors import AlreadyExists, BadValue, UnknownReference

Row = TypeVar("Row", bound=models.Model)
# Nobody is measured before: times near the beginning of the calendar have no date in zones west of Greenwich.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def insert(row: Row, conflict: AlreadyExists) -> Row:
    """Save a new row; raises ``conflict`` where a constraint of uniqueness stands against it."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise conflict from error
    return row


def require_all(model: Any, organization_id: UUID, ids: Iterable[UUID], *, field: str) -> set[UUID]:
    """The ids as a set. Raises UnknownReference for those that the organisation doesn't have."""
    wanted = set(ids)
    found = set(model.objects.for_organization(organization_id).filter(pk__in=wanted).values_list("pk", flat=True))
    if found != wanted:
        raise unknown(field, wanted - found)
    return wanted


def unknown(field: str, ids: Iterable[UUID]) -> UnknownReference:
    """The refusal of ids that name nothing."""
    return UnknownReference(f"The organisation has none with id {', '.join(sorted(map(str, ids)))}.", field=field)


def seen_at(at: datetime | None, *, field: str) -> datetime:
    """When something was seen: now, unless it was before. Raises BadValue for what nobody can have seen."""
    now = timezone.now()
    if at is not None and at < EARLIEST:
        raise BadValue(f"Give a time from {EARLIEST.year} on.", field=field)
    return min(at or now, now)
