"""Why an alert is in its incident, by REST."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.core.http.errors import NotFound
from incidents.api.base import IncidentsApiView
from incidents.correlation.explained import Explanation, alert_explanation


class AlertCorrelationView(IncidentsApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, alert_id: UUID) -> Response:
        """Why an alert is in its incident: ``{"strategy", "score", "threshold", "parts", "considered", "decidedAt", …}``.

        ``parts`` are the comparisons with the incident's most similar alert (``value`` null: nothing to compare),
        ``considered`` the other incidents. A silenced alert, in no incident, has ``strategy`` null.
        """
        explanation = alert_explanation(organization_id=request.auth.organization_id, alert_id=alert_id)
        if explanation is None:
            raise NotFound("There is no such alert.")
        return Response(_as_json(explanation))


def _as_json(explanation: Explanation) -> dict[str, Any]:
    stored = explanation.correlation
    return {
        "alertId": explanation.alert.pk,
        "incidentId": explanation.alert.incident_id,
        "strategy": stored.strategy if stored else None,
        "score": stored.score if stored else None,
        "threshold": stored.threshold if stored else None,
        "parts": stored.parts if stored else [],
        "considered": [
            {
                "incidentId": one.incident.pk,
                "number": one.incident.number,
                "title": one.incident.title,
                "status": one.incident.status,
                "score": one.score,
                "reason": one.reason,
                "wouldJoin": one.would_join,
            }
            for one in explanation.considered
        ],
        "decidedAt": stored.at if stored else None,
    }
