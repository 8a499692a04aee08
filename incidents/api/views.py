"""Incidents by REST, each within the caller's organisation."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.core.http.pagination import page
from incidents import selectors
from incidents.api import serializers as inputs
from incidents.api import shapes
from incidents.api.base import IncidentsApiView
from incidents.services.incidents import incident_create, incident_update


class IncidentsView(IncidentsApiView):
    @extend_schema(operation_id="incidents_list", parameters=[inputs.IncidentFilter], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Incidents, newest first: ``{"incidents": […], "total"}``; without ``status`` all but the merged ones."""
        wanted = self.validated(inputs.IncidentFilter, data=request.query_params)
        matching = selectors.matching_incidents(organization_id=request.auth.organization_id, **wanted)
        rows, total = page(request, matching, lambda row: row)
        facts = selectors.alert_facts(rows)
        return Response({"incidents": [shapes.incident_summary(row, facts[row.pk]) for row in rows], "total": total})

    @extend_schema(request=inputs.IncidentInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Report an incident: ``{"title", "service"?, "severity"?, "summary"?}`` -> 201 ``{"incident": {…}}``."""
        data = self.validated(inputs.IncidentInput)
        incident = incident_create(**self.actor, service_name=data.pop("service"), **data)
        return Response({"id": incident.pk, "incident": self.detail(incident)}, status=201)


class IncidentView(IncidentsApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, incident_id: UUID) -> Response:
        """One incident: ``{"incident": {…}}``."""
        return Response({"incident": self.detail(self.incident(incident_id))})

    @extend_schema(request=inputs.IncidentPatch, responses=OpenApiTypes.OBJECT)
    def patch(self, request: Request, incident_id: UUID) -> Response:
        """Set ``status``, ``auroraStatus``, ``summary`` or ``activeTab`` -> ``{"success": true, "id", "incident"}``."""
        self.incident(incident_id)
        changes = self.validated(inputs.IncidentPatch)
        incident_update(**self.actor, incident_id=incident_id, **changes)
        incident = self.incident(incident_id)
        return Response({"success": True, "id": incident.pk, "incident": self.detail(incident)})


class IncidentAlertsView(IncidentsApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, incident_id: UUID) -> Response:
        """An incident's alerts in order of arrival: ``{"alerts": […], "total"}``."""
        alerts = selectors.incident_alerts(self.incident(incident_id))
        rows, total = page(request, alerts, shapes.alert_as_json)
        return Response({"alerts": rows, "total": total})


class IncidentTimelineView(IncidentsApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, incident_id: UUID) -> Response:
        """What happened, oldest first: ``{"timeline": […], "total"}``."""
        entries = selectors.incident_timeline(self.incident(incident_id))
        rows, total = page(request, entries, shapes.timeline_entry_as_json)
        return Response({"timeline": rows, "total": total})
