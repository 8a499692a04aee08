"""Senders of alerts by REST: admins change them, editors see their addresses, viewers that they are there."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import IO, Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.accounts.api_view import OrganizationView
from aurora_site.accounts.models import Role
from aurora_site.accounts.permissions import IsAdmin, IsEditor
from aurora_site.core.http.errors import NotFound, PayloadTooLarge
from aurora_site.core.http.pagination import page
from incidents import intake_selectors as selectors
from incidents.api import intake_inputs as inputs
from incidents.api import intake_shapes as shapes
from incidents.explaining import dry_run
from incidents.models import Integration
from incidents.services.deliveries import integration_test
from incidents.services.integrations import (
    integration_create,
    integration_delete,
    integration_rotate,
    integration_update,
)

SECRET_BYTES = 32
MOST_EXPLAINED = 2 * 1024 * 1024


class IntegrationsApiView(OrganizationView):
    def get_permissions(self) -> list[BasePermission]:
        method = self.request.method or ""
        writes = method not in SAFE_METHODS and hasattr(self, method.lower())
        return [IsAdmin()] if writes else super().get_permissions()

    def integration(self, integration_id: UUID) -> Integration:
        """An integration of the caller's organisation. Raises NotFound."""
        found = selectors.integrations(self.request.auth.organization_id).filter(pk=integration_id).first()
        if found is None:
            raise NotFound("There is no such integration.")
        return found

    def shown(self, integration: Integration, of_today: Mapping[UUID, Any] | None = None) -> dict[str, Any]:
        if of_today is None:
            of_today = selectors.deliveries_of_today(integration.organization_id, [integration])
        may_know = self.request.auth.has_role(Role.EDITOR)
        counts = of_today.get(integration.pk)
        return shapes.integration_as_json(integration, with_address=may_know, of_today=counts)


class IntegrationsView(IntegrationsApiView):
    @extend_schema(operation_id="integrations_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Integrations by name: ``{"integrations": […], "total"}``. ``url`` is for editors: it holds a token."""
        rows, total = page(request, selectors.integrations(request.auth.organization_id), lambda row: row)
        of_today = selectors.deliveries_of_today(request.auth.organization_id, rows)
        return Response({"integrations": [self.shown(row, of_today) for row in rows], "total": total})

    @extend_schema(request=inputs.IntegrationInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Add a sender: ``{"source", "name", "secret"?, "generateSecret"?, "options"?}`` -> 201 with ``id`` and ``url``, and
        ``secret`` where it was generated: it isn't shown again."""
        data = self.validated(inputs.IntegrationInput)
        made = secrets.token_urlsafe(SECRET_BYTES) if data.pop("generateSecret") and not data["secret"] else ""
        integration = integration_create(**self.actor, **{**data, "secret": data["secret"] or made})
        return Response(self.shown(integration) | ({"secret": made} if made else {}), status=201)


class IntegrationView(IntegrationsApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, integration_id: UUID) -> Response:
        """One integration."""
        return Response(self.shown(self.integration(integration_id)))

    @extend_schema(request=inputs.IntegrationPatch, responses=OpenApiTypes.OBJECT)
    def patch(self, request: Request, integration_id: UUID) -> Response:
        """Set ``name``, ``isEnabled`` or ``options``. What is sent to a disabled one is answered 404."""
        self.integration(integration_id)
        changes = self.validated(inputs.IntegrationPatch)
        integration_update(**self.actor, integration_id=integration_id, **changes)
        return Response(self.shown(self.integration(integration_id)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, integration_id: UUID) -> Response:
        """Take it away with its deliveries; alerts and incidents stay."""
        self.integration(integration_id)
        integration_delete(**self.actor, integration_id=integration_id)
        return Response(status=204)


class IntegrationRotationView(IntegrationsApiView):
    @extend_schema(request=inputs.RotationInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, integration_id: UUID) -> Response:
        """A new address or secret: ``{"token"?, "secret"?, "generateSecret"?, "graceHours"?}``; the old ones stay good for
        ``graceHours`` (24)."""
        self.integration(integration_id)
        data = self.validated(inputs.RotationInput)
        made = secrets.token_urlsafe(SECRET_BYTES) if data["generateSecret"] and not data["secret"] else ""
        integration = integration_rotate(
            **self.actor,
            integration_id=integration_id,
            token=data["token"],
            secret=made or data["secret"],
            grace_hours=data["graceHours"],
        )
        return Response(self.shown(integration) | ({"secret": made} if made else {}))


class IntegrationTestView(IntegrationsApiView):
    @extend_schema(request=None, responses={202: OpenApiTypes.OBJECT})
    def post(self, request: Request, integration_id: UUID) -> Response:
        """Send the source's example through it, as a test alert that ends after a minute -> 202 ``{"delivery": {…}}``; 409
        while it is disabled."""
        self.integration(integration_id)
        delivery = integration_test(**self.actor, integration_id=integration_id)
        return Response({"delivery": shapes.delivery_as_json(delivery)}, status=202)


class IntegrationDeliveriesView(IntegrationsApiView):
    @extend_schema(parameters=[inputs.DeliveryFilter], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, integration_id: UUID) -> Response:
        """Its deliveries, newest first: ``{"deliveries": […], "total"}``."""
        integration = self.integration(integration_id)
        state = self.validated(inputs.DeliveryFilter, data=request.query_params).get("state", "")
        found = selectors.deliveries(request.auth.organization_id, integration_id=integration.pk, state=state)
        rows, total = page(request, found, shapes.delivery_as_json)
        return Response({"deliveries": rows, "total": total})


class _RawBody(BaseParser):
    """Any body as it is."""

    media_type = "*/*"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> bytes:
        body = stream.read(MOST_EXPLAINED + 1)
        if len(body) > MOST_EXPLAINED:
            raise PayloadTooLarge("The body is larger than 2 MB.")
        return body


class IntegrationExplanationView(IntegrationsApiView):
    parser_classes = (_RawBody,)

    def get_permissions(self) -> list[BasePermission]:
        return [IsEditor()]

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, integration_id: UUID) -> Response:
        """What would become of this body, were it sent to the integration: ``{"readable", "problem", "note", "alerts":
        [{"fingerprint", "parts", "effect", …}]}``. Nothing is stored."""
        integration = self.integration(integration_id)
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = request.data if isinstance(request.data, bytes) else b""
        return Response(shapes.dry_run_as_json(dry_run(integration, body=body, headers=headers, at=timezone.now())))
