"""Query strings of the ledger's routes: what is unknown is refused, since a filter that was misspelt would show too much."""

from __future__ import annotations

from collections.abc import Sequence

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from audit.errors import BadLedgerQuery
from audit.filters import MAXIMUM_SEARCH, NAMES, RecordFilter, filter_from
from aurora_site.core.http.pagination import MAXIMUM_LIMIT, integer_parameter

MAXIMUM_SIZE = 2**53
MAXIMUM_SAVED_SIZES = 50
TIME = "a day (2026-03-31, UTC) or a time (2026-03-31T12:00:00Z)"
FILTERS = [
    OpenApiParameter("event", str, description="An event, or a beginning that ends in `.` or `*`, such as `agents.`."),
    OpenApiParameter("actor_id", str, description="Who did it."),
    OpenApiParameter("subject_type", str, description="What kind of thing it was done to, such as `run`."),
    OpenApiParameter("subject_id", str, description="What it was done to."),
    OpenApiParameter("trace_id", str, description="What belongs to one request or question; with hyphens or without."),
    OpenApiParameter("since", str, description=f"At this time or later: {TIME}."),
    OpenApiParameter("until", str, description=f"At this time or earlier: {TIME}; a day is included to its end."),
    OpenApiParameter("q", str, description=f"Within the personal texts; at most {MAXIMUM_SEARCH} characters."),
]
PAGING = [
    OpenApiParameter("cursor", str, description="The `next_cursor` of the page before."),
    OpenApiParameter("limit", int, description=f"How many records, 1 to {MAXIMUM_LIMIT}; 50 if left out."),
]


def require_known(request: Request, names: Sequence[str]) -> None:
    """Raises BadLedgerQuery for a parameter that is none of these."""
    for name in request.GET:
        if name not in names:
            known = f"Known are {', '.join(names)}." if names else "There are no parameters here."
            raise BadLedgerQuery(name[:64], f"There is no such parameter. {known}")


def filter_of(request: Request, *others: str) -> RecordFilter:
    """The filter that a request names, in the caller's organisation; ``others`` are what else the route knows.
    Raises BadLedgerQuery."""
    require_known(request, [*NAMES, *others])
    return filter_from(request.GET.dict(), organization_id=str(request.auth.organization_id))


def size_parameter(request: Request, name: str) -> int | None:
    """A number of leaves; None if it isn't given. Raises BadRequest."""
    return integer_parameter(request, name, default=0, minimum=1, maximum=MAXIMUM_SIZE) or None


def saved_sizes_of(text: str) -> frozenset[int]:
    """The sizes of heads that somebody saved, separated by commas. Raises BadLedgerQuery."""
    words = [word.strip() for word in text.split(",")] if text else []
    if len(words) > MAXIMUM_SAVED_SIZES or not all(
        word.isascii() and word.isdigit() and len(word) <= 15 for word in words
    ):
        raise BadLedgerQuery("saved_sizes", f"Give at most {MAXIMUM_SAVED_SIZES} sizes, separated by commas.")
    return frozenset(int(word) for word in words)
