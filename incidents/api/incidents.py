"""Incidents by REST, each within the caller's organisation: the list, one in full, reporting and changing it."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.answers import idempotency_key
from incidents import selectors
from incidents.api import serializers as inputs
from incidents.api import shapes
from incidents.api.base import IncidentsApiView
from incidents.api.paging import incident_page
from incidents.services.incidents import Report, incident_create_once, incident_update


class IncidentsView(IncidentsApiView):
    @extend_schema(operation_id="incidents_list", parameters=[inputs.IncidentFilter], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Incidents, newest first: ``{"incidents": […], "total", "next_cursor"}``; without ``status`` all but the merged.

        Page by ``limit`` (1 to 100) and ``offset``, or give ``next_cursor`` of one answer as the next one's ``cursor``:
        then nothing is shown twice or left out when new ones come meanwhile.
        """
        wanted = self.validated(inputs.IncidentFilter, data=request.query_params)
        matching = selectors.matching_incidents(organization_id=request.auth.organization_id, **wanted)
        rows, total, cursor = incident_page(request, matching)
        shown = [shapes.incident_summary(row) for row in rows]
        return Response({"incidents": shown, "total": total, "next_cursor": cursor})

    @extend_schema(request=inputs.IncidentInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Report an incident: ``{"title", "service"?, "severity"?, "summary"?}`` -> 201 ``{"id", "incident": {…}}``.

        The same request again with the same ``Idempotency-Key`` gives the incident that there is, with 200.
        """
        data = self.validated(inputs.IncidentInput)
        report = Report(service_name=data.pop("service"), **data)
        incident, created = incident_create_once(**self.actor, report=report, key=idempotency_key(request))
        shown = {"id": incident.pk, "incident": self.detail(self.incident(incident.pk))}
        return Response(shown, status=201 if created else 200)


class IncidentView(IncidentsApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, incident_id: UUID) -> Response:
        """One incident: ``{"incident": {…}}``."""
        return Response({"incident": self.detail(self.incident(incident_id))})

    @extend_schema(request=inputs.IncidentPatch, responses=OpenApiTypes.OBJECT)
    def patch(self, request: Request, incident_id: UUID) -> Response:
        """Set ``status``, ``severity``, ``auroraStatus``, ``summary`` or ``activeTab`` -> ``{"success", "id", "incident"}``.

        409 with ``allowed`` for a state that it can't come to from its own.
        """
        self.incident(incident_id)
        incident_update(**self.actor, incident_id=incident_id, **self.validated(inputs.IncidentPatch))
        return Response(self.changed(incident_id))
