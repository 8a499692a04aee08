"""What the views of incidents share."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from aurora_site.accounts.permissions import IsEditor, IsViewer
from aurora_site.core.http.errors import ApiError, BadRequest, Conflict, NotFound
from incidents import errors, selectors
from incidents.api import shapes
from incidents.models import Incident

# A storm can bring thousands; the incident's own route shows the first, ``…/alerts`` pages through them all.
ALERTS_IN_DETAIL = 100


class IncidentsApiView(APIView):
    """Reading is for viewers, writing for editors; refusals of the services become answers that name the field."""

    def get_permissions(self) -> list[BasePermission]:
        method = self.request.method or ""
        # A method that isn't offered is 405 to everyone, not 403 to some.
        writes = method not in SAFE_METHODS and hasattr(self, method.lower())
        return [IsEditor()] if writes else [IsViewer()]

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(_as_api_error(exc) if isinstance(exc, errors.IncidentError) else exc)

    @property
    def actor(self) -> dict[str, Any]:
        """The organisation and person that a write is recorded for."""
        return {"organization_id": self.request.auth.organization_id, "actor_id": self.request.auth.user_id}

    def validated(self, serializer_class: type[BaseSerializer], data: Any = None) -> dict[str, Any]:
        """The request's body (or ``data``), checked; raises DRF's ValidationError naming the fields."""
        serializer = serializer_class(data=self.request.data if data is None else data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def incident(self, incident_id: UUID) -> Incident:
        """An incident of the caller's organisation. Raises NotFound."""
        found = selectors.incidents(self.request.auth.organization_id).filter(pk=incident_id).first()
        if found is None:
            raise NotFound("There is no such incident.")
        return found

    def detail(self, incident: Incident) -> dict[str, Any]:
        facts = selectors.alert_facts([incident])[incident.pk]
        return shapes.incident_detail(
            incident, facts, list(selectors.incident_alerts(incident)[: ALERTS_IN_DETAIL + 1])
        )


def _as_api_error(error: errors.IncidentError) -> ApiError:
    text, fields = str(error), {error.field: [str(error)]}
    match error:
        case errors.UnknownIncident():
            return NotFound(text)
        case errors.AlreadyExists():
            return Conflict(text, code="ALREADY_EXISTS", fields=fields)
        case errors.IncidentIsMerged():
            return Conflict(text, code="INCIDENT_MERGED", fields=fields)
        case _:
            return BadRequest(text, code="VALIDATION_ERROR", fields=fields)
