"""Links to runbooks, by REST."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.core.http.errors import NotFound
from aurora_site.core.http.pagination import page
from incidents import selectors
from incidents.api import roster_shapes as shapes
from incidents.api.base import IncidentsApiView
from incidents.services import runbooks


class RunbooksView(IncidentsApiView):
    @extend_schema(operation_id="runbooks_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Links to runbooks by title: ``{"runbooks": […], "total"}``."""
        rows, total = page(request, selectors.runbooks(request.auth.organization_id), shapes.runbook_as_json)
        return Response({"runbooks": rows, "total": total})

    @extend_schema(request=shapes.RunbookInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Link a runbook: ``{"title", "url", "service_id"?, "title_contains"?}``; the address is http or https."""
        runbook = runbooks.runbook_add(**self.actor, **self.validated(shapes.RunbookInput))
        return Response(shapes.runbook_as_json(runbook), status=201)


class RunbookView(IncidentsApiView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, runbook_id: UUID) -> Response:
        """Remove a link."""
        if not selectors.runbooks(request.auth.organization_id).filter(pk=runbook_id).exists():
            raise NotFound("There is no such runbook.")
        runbooks.runbook_remove(**self.actor, runbook_id=runbook_id)
        return Response(status=204)
