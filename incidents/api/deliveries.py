"""Single deliveries by REST."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.accounts.api_view import OrganizationView
from aurora_site.accounts.models import Role
from aurora_site.core.http.errors import NotFound
from incidents.api import intake_shapes as shapes
from incidents.models import Delivery
from incidents.services.deliveries import delivery_retry


class _DeliveryApiView(OrganizationView):
    def delivery(self, delivery_id: UUID) -> Delivery:
        """A delivery of the caller's organisation. Raises NotFound."""
        rows = Delivery.objects.for_organization(self.request.auth.organization_id)
        found = rows.filter(pk=delivery_id).first()
        if found is None:
            raise NotFound("There is no such delivery.")
        return found


class DeliveryView(_DeliveryApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, delivery_id: UUID) -> Response:
        """One delivery with its headers; ``body`` as text for admins, else null."""
        may_see = request.auth.has_role(Role.ADMIN)
        return Response(shapes.delivery_detail(self.delivery(delivery_id), with_body=may_see))


class DeliveryRetryView(_DeliveryApiView):
    @extend_schema(request=None, responses={202: OpenApiTypes.OBJECT})
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Process a delivery again that failed or couldn't be read -> 202; 409 for any other."""
        self.delivery(delivery_id)
        delivery = delivery_retry(**self.actor, delivery_id=delivery_id)
        return Response(shapes.delivery_as_json(delivery), status=202)
