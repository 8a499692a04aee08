"""Pages of the incident list, by offset or from a cursor on."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request

from aurora_site.core.http.errors import BadRequest
from aurora_site.core.http.pagination import DEFAULT_LIMIT, MAXIMUM_LIMIT, MAXIMUM_OFFSET, integer_parameter
from incidents.models import Incident
from incidents.selectors import incidents_after


def incident_page(request: Request, matching: QuerySet[Incident]) -> tuple[list[Incident], int, str | None]:
    """The rows of one page, how many match in all, and the cursor of the next page (None behind the last).

    Raises BadRequest for a limit, offset or cursor that can't be.
    """
    limit = integer_parameter(request, "limit", default=DEFAULT_LIMIT, minimum=1, maximum=MAXIMUM_LIMIT)
    offset = integer_parameter(request, "offset", default=0, minimum=0, maximum=MAXIMUM_OFFSET)
    cursor = request.query_params.get("cursor", "")
    if cursor and offset:
        raise _bad_cursor("Give cursor or offset, not both.")
    rest = incidents_after(matching, *_read(cursor)) if cursor else matching
    rows = list(rest[offset : offset + limit + 1])
    following = _written(rows[limit - 1]) if len(rows) > limit else None
    return rows[:limit], matching.count(), following


def _written(incident: Incident) -> str:
    return base64.urlsafe_b64encode(f"{incident.started_at.isoformat()} {incident.pk}".encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, UUID]:
    try:
        started_at, incident_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")
        moment = datetime.fromisoformat(started_at)
        if moment.tzinfo is None:
            raise ValueError("without a zone")
        return moment, UUID(incident_id)
    except (ValueError, binascii.Error):
        raise _bad_cursor("Give next_cursor of an earlier answer as it was.") from None


def _bad_cursor(text: str) -> BadRequest:
    return BadRequest(f"cursor: {text}", code="VALIDATION_ERROR", fields={"cursor": [text]})
