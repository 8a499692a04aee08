"""How fast incidents are acknowledged and resolved, by REST."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.core.http.pagination import integer_parameter
from incidents.api.base import IncidentsApiView
from incidents.figures import response_figures


class IncidentMetricsView(IncidentsApiView):
    @extend_schema(parameters=[OpenApiParameter("days", int)], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """MTTA and MTTR of the incidents that began in the last ``days`` (1 to 366, default 30).

        ``{"days", "since", "total", "complete", "mtta", "mttr", "by_severity", "per_day"}``; each time is
        ``{"count", "mean_seconds", "median_seconds"}``, measured from the start of the incident. Merged ones don't count.
        """
        days = integer_parameter(request, "days", default=30, minimum=1, maximum=366)
        return Response(response_figures(request.auth.organization_id, days))
