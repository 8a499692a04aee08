"""Pages of records, newest first, by cursors: they neither repeat nor skip a record while others are written."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from audit.errors import BadLedgerQuery
from audit.models import Record

MAXIMUM_CURSOR = 200


@dataclass(frozen=True)
class Page:
    """Some records, and the cursor of those that follow; empty when there are none."""

    records: Sequence[Record]
    next_cursor: str = ""


def page_of(records: QuerySet[Record], *, cursor: str = "", limit: int) -> Page:
    """The records that follow the cursor, newest first. Raises BadLedgerQuery for a cursor that no page gave."""
    records = records.order_by("-at", "-id")
    if cursor:
        at, record_id = _position(cursor)
        # The first condition is implied by the second; databases see it as a range of the index.
        records = records.filter(at__lte=at).filter(Q(at__lt=at) | Q(id__lt=record_id))
    rows = list(records[: limit + 1])
    return Page(rows[:limit], _cursor(rows[limit - 1]) if len(rows) > limit else "")


def _cursor(record: Record) -> str:
    return base64.urlsafe_b64encode(f"{record.at.isoformat()}/{record.pk.hex}".encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[datetime, UUID]:
    try:
        if len(cursor) > MAXIMUM_CURSOR:
            raise ValueError("too long")
        padded = cursor + "=" * (-len(cursor) % 4)
        at, _, record_id = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").partition("/")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("without offset")
        return moment, UUID(record_id)
    except (ValueError, binascii.Error) as error:
        raise BadLedgerQuery("cursor", "Give the next_cursor of the page before, as it was.") from error
