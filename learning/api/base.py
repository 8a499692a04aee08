"""What the views of learning share."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from aurora_site.core.http.errors import NotFound


def found(queryset: QuerySet[Any], row_id: UUID) -> Any:
    """The row of that id. Raises NotFound, whether it doesn't exist or isn't the caller's to see."""
    row = queryset.filter(pk=row_id).first()
    if row is None:
        raise NotFound(f"There is no such {queryset.model._meta.verbose_name}.")
    return row
