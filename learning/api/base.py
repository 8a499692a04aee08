"""What the views of learning share."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from aurora_site.accounts.permissions import IsEditor, IsViewer
from aurora_site.core.http.errors import ApiError, BadRequest, Conflict, NotFound
from learning import errors


class LearningView(APIView):
    """Reading is for viewers, writing for editors; refusals of the services become answers that name the field."""

    def get_permissions(self) -> list[BasePermission]:
        method = self.request.method or ""
        # A method that isn't offered is 405 to everyone, not 403 to some.
        writes = method not in SAFE_METHODS and hasattr(self, method.lower())
        return [IsEditor()] if writes else [IsViewer()]

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(_as_api_error(exc) if isinstance(exc, errors.LearningError) else exc)

    @property
    def actor(self) -> dict[str, Any]:
        """The organisation and person that a write is recorded for."""
        return {"organization_id": self.request.auth.organization_id, "actor_id": self.request.auth.user_id}

    def validated(self, serializer_class: type[BaseSerializer], data: Any = None) -> dict[str, Any]:
        """The request's body (or ``data``), checked; raises DRF's ValidationError naming the fields."""
        serializer = serializer_class(data=self.request.data if data is None else data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


def found(queryset: QuerySet[Any], row_id: UUID) -> Any:
    """The row of that id. Raises NotFound, whether it doesn't exist or isn't the caller's to see."""
    row = queryset.filter(pk=row_id).first()
    if row is None:
        raise NotFound(f"There is no such {queryset.model._meta.verbose_name}.")
    return row


def _as_api_error(error: errors.LearningError) -> ApiError:
    text, fields = str(error), {error.field: [str(error)]}
    match error:
        case errors.AlreadyExists():
            return Conflict(text, code="ALREADY_EXISTS", fields=fields)
        case errors.PrerequisiteCycle():
            return BadRequest(text, code="PREREQUISITE_CYCLE", fields=fields)
        case _:
            return BadRequest(text, code="VALIDATION_ERROR", fields=fields)
