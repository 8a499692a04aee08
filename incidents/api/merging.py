"""Merging incidents, and taking them apart again, by REST."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api import serializers as inputs
from incidents.api.base import IncidentsApiView
from incidents.services.merging import incident_merge, incident_unmerge


class IncidentMergeView(IncidentsApiView):
    @extend_schema(request=inputs.MergeInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, incident_id: UUID) -> Response:
        """Join two: ``{"sourceIncidentId"}`` goes into this one, or this one into ``{"targetIncidentId"}``.

        -> ``{"success", "id", "incident"}`` of the one that goes on. 409 when one of them is merged already, naming where it
        went; nothing is changed then.
        """
        self.incident(incident_id)
        chosen = self.validated(inputs.MergeInput)
        source, target = chosen.get("source", incident_id), chosen.get("target", incident_id)
        incident_merge(**self.actor, source_id=source, target_id=target)
        return Response(self.changed(target))


class IncidentUnmergeView(IncidentsApiView):
    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, incident_id: UUID) -> Response:
        """Take a merged incident out again, with the alerts that came with it -> ``{"success", "id", "incident"}``."""
        self.incident(incident_id)
        incident_unmerge(**self.actor, incident_id=incident_id)
        return Response(self.changed(incident_id))
