"""Alerts by REST."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.accounts.api_view import OrganizationView
from aurora_site.core.http.errors import NotFound
from aurora_site.core.http.pagination import page
from incidents import intake_selectors as selectors
from incidents.api import intake_inputs as inputs
from incidents.api import intake_shapes as shapes
from incidents.explaining import fingerprint_as_json
from incidents.models import Alert


class _AlertApiView(OrganizationView):
    def alert(self, alert_id: UUID) -> Alert:
        """An alert of the caller's organisation. Raises NotFound."""
        rows = selectors.alerts(self.request.auth.organization_id).select_related("series")
        found = rows.filter(pk=alert_id).first()
        if found is None:
            raise NotFound("There is no such alert.")
        return found


class AlertsView(_AlertApiView):
    @extend_schema(operation_id="alerts_list", parameters=[inputs.AlertFilter], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Alerts, newest first: ``{"alerts": […], "total"}``."""
        wanted = self.validated(inputs.AlertFilter, data=request.query_params)
        found = selectors.alerts(request.auth.organization_id, **wanted).defer("payload")
        rows, total = page(request, found, shapes.alert_summary)
        return Response({"alerts": rows, "total": total})


class AlertView(_AlertApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, alert_id: UUID) -> Response:
        """One alert with the part of the delivery that is about it."""
        alert = self.alert(alert_id)
        flapping = alert.series.flapping_since
        return Response({**shapes.alert_summary(alert), "payload": alert.payload, "flappingSince": flapping})


class AlertFingerprintView(_AlertApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, alert_id: UUID) -> Response:
        """Which names and values its fingerprint was made from: ``{"fingerprint", "version", "parts", "recipe"}``."""
        alert = self.alert(alert_id)
        return Response(fingerprint_as_json(alert.fingerprint, alert.series.parts))
