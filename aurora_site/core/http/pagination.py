"""Query strings: numbers, yes or no, and offset paging by ``limit`` (1 to 100, default 50) and ``offset``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from aurora_site.core.http.errors import BadRequest

DEFAULT_LIMIT = 50
MAXIMUM_LIMIT = 100
MAXIMUM_OFFSET = 1_000_000


def page(
    request: HttpRequest, queryset: QuerySet[Any], serialize: Callable[[Any], dict[str, Any]]
) -> tuple[list[dict[str, Any]], int]:
    """One page of a queryset and the total count. Raises BadRequest for a limit or offset out of range."""
    limit = integer_parameter(request, "limit", default=DEFAULT_LIMIT, minimum=1, maximum=MAXIMUM_LIMIT)
    offset = integer_parameter(request, "offset", default=0, minimum=0, maximum=MAXIMUM_OFFSET)
    return [serialize(row) for row in queryset[offset : offset + limit]], queryset.count()


def integer_parameter(request: HttpRequest, name: str, *, default: int, minimum: int, maximum: int) -> int:
    """A whole number from the query string within bounds. Raises BadRequest naming the parameter."""
    raw = request.GET.get(name, "")
    if not raw:
        return default
    try:
        value = int(raw) if len(raw) <= 12 else maximum + 1
    except ValueError:
        value = minimum - 1
    if not minimum <= value <= maximum:
        text = f"Give a whole number from {minimum} to {maximum}."
        raise BadRequest(f"{name}: {text}", code="VALIDATION_ERROR", fields={name: [text]})
    return value


def boolean_parameter(request: HttpRequest, name: str, *, default: bool) -> bool:
    """``true`` or ``false`` (or ``1`` or ``0``) from the query string. Raises BadRequest naming the parameter."""
    raw = request.GET.get(name, "").lower()
    if raw in {"true", "1", "false", "0"}:
        return raw in {"true", "1"}
    if raw:
        text = "Give true or false."
        raise BadRequest(f"{name}: {text}", code="VALIDATION_ERROR", fields={name: [text]})
    return default
