"""Silences and maintenance windows by REST."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.accounts.api_view import OrganizationView
from aurora_site.core.http.errors import NotFound
from aurora_site.core.http.pagination import boolean_parameter, page
from incidents import intake_selectors as selectors
from incidents.api import intake_inputs as inputs
from incidents.api import intake_shapes as shapes
from incidents.models import Silence
from incidents.services.silences import silence_create, silence_end


class SilencesView(OrganizationView):
    @extend_schema(
        operation_id="silences_list",
        parameters=[OpenApiParameter("over", OpenApiTypes.BOOL, description="Whether they will never hold again.")],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """Silences, those that start last first: ``{"silences": […], "total"}``."""
        over = boolean_parameter(request, "over", default=False) if "over" in request.GET else None
        found = selectors.silences(request.auth.organization_id, over=over)
        rows, total = page(request, found, shapes.silence_as_json)
        return Response({"silences": rows, "total": total})

    @extend_schema(request=inputs.SilenceInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Keep alerts from opening incidents: ``{"comment", "endsAt", "matchers"?: [{"name", "operator", "value"}],
        "serviceIds"?, "startsAt"?, "kind"?, "repeat"?}`` -> 201."""
        silence = silence_create(**self.actor, **self.validated(inputs.SilenceInput))
        return Response(shapes.silence_as_json(silence), status=201)


class SilenceView(OrganizationView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, silence_id: UUID) -> Response:
        """One silence."""
        return Response(shapes.silence_as_json(self._silence(silence_id)))

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def delete(self, request: Request, silence_id: UUID) -> Response:
        """End it now; it stays in the list."""
        self._silence(silence_id)
        return Response(shapes.silence_as_json(silence_end(**self.actor, silence_id=silence_id)))

    def _silence(self, silence_id: UUID) -> Silence:
        found = selectors.silences(self.request.auth.organization_id).filter(pk=silence_id).first()
        if found is None:
            raise NotFound("There is no such silence.")
        return found
