"""What an incident is made of, by REST: its alerts, its timeline, and what people noted."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.core.http.pagination import integer_parameter, page
from incidents import selectors
from incidents.api import serializers as inputs
from incidents.api import shapes
from incidents.api.base import IncidentsApiView
from incidents.services.response import note_add

MAXIMUM_SEQ = 2**63 - 1


class IncidentAlertsView(IncidentsApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, incident_id: UUID) -> Response:
        """An incident's alerts in order of arrival: ``{"alerts": […], "total"}``, each with why it is here."""
        rows, total = page(request, selectors.incident_alerts(self.incident(incident_id)), lambda row: row)
        reasons = selectors.reasons_of(rows)
        return Response({"alerts": [shapes.alert_as_json(row, reasons.get(row.pk)) for row in rows], "total": total})


class IncidentTimelineView(IncidentsApiView):
    @extend_schema(parameters=[OpenApiParameter("after", int)], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, incident_id: UUID) -> Response:
        """What happened, oldest first: ``{"timeline": […], "total"}``; with ``after`` what has a higher ``seq``."""
        after = integer_parameter(request, "after", default=0, minimum=0, maximum=MAXIMUM_SEQ)
        entries = selectors.incident_timeline(self.incident(incident_id), after)
        rows, total = page(request, entries, shapes.timeline_entry_as_json)
        return Response({"timeline": rows, "total": total})


class IncidentNotesView(IncidentsApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, incident_id: UUID) -> Response:
        """What people noted, oldest first: ``{"notes": […], "total"}``."""
        notes = selectors.incident_notes(self.incident(incident_id))
        rows, total = page(request, notes, shapes.note_as_json)
        return Response({"notes": rows, "total": total})

    @extend_schema(request=inputs.NoteInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, incident_id: UUID) -> Response:
        """Write a note: ``{"text"}`` -> 201 ``{"note": {…}}``."""
        self.incident(incident_id)
        note = note_add(**self.actor, incident_id=incident_id, **self.validated(inputs.NoteInput))
        return Response({"note": shapes.note_as_json(note)}, status=201)
