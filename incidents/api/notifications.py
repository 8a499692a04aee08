"""Channels, rules and notifications by REST. Administrators of the organisation change them, its members read them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.accounts.api_view import OrganizationView
from aurora_site.accounts.permissions import IsAdmin, IsEditor
from aurora_site.core.http.errors import NotFound
from aurora_site.core.http.pagination import page
from aurora_site.core.secret_text import unseal
from incidents.api import notification_inputs as inputs
from incidents.api import notification_shapes as shapes
from incidents.notifications import selectors, services


class NotificationView(OrganizationView):
    """Writing is for administrators: what is told leaves the organisation."""

    def get_permissions(self) -> list[BasePermission]:
        permissions = super().get_permissions()
        return [IsAdmin()] if isinstance(permissions[0], IsEditor) else permissions

    def found(self, rows: Any, row_id: UUID, what: str) -> Any:
        """The row of an id. Raises NotFound."""
        row = rows.filter(pk=row_id).first()
        if row is None:
            raise NotFound(f"There is no such {what}.")
        return row

    @property
    def organization_id(self) -> UUID:
        return self.request.auth.organization_id


class ChannelsView(NotificationView):
    @extend_schema(operation_id="notification_channels_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Channels by name: ``{"channels": […], "total"}``; addresses are shown without their secret parts."""
        rows, total = page(request, selectors.channels(self.organization_id), shapes.channel_as_json)
        return Response({"channels": rows, "total": total})

    @extend_schema(request=inputs.ChannelInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Add one: ``{"name", "kind", "address", "secret"?}``. The ``secret`` of a signed webhook is shown this once."""
        channel = services.channel_create(**self.actor, **self.validated(inputs.ChannelInput))
        return Response(shapes.channel_as_json(channel) | _secret(channel), status=201)


class ChannelView(NotificationView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, channel_id: UUID) -> Response:
        """One channel."""
        return Response(shapes.channel_as_json(self._channel(channel_id)))

    @extend_schema(request=inputs.ChannelPatch, responses=OpenApiTypes.OBJECT)
    def patch(self, request: Request, channel_id: UUID) -> Response:
        """Set ``name``, ``address``, ``secret`` (empty: a new one, shown this once) or ``isEnabled``."""
        self._channel(channel_id)
        changes = self.validated(inputs.ChannelPatch)
        channel = services.channel_update(**self.actor, channel_id=channel_id, **changes)
        return Response(shapes.channel_as_json(channel) | (_secret(channel) if "secret" in changes else {}))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, channel_id: UUID) -> Response:
        """Take it away with its rules and notifications."""
        self._channel(channel_id)
        services.channel_delete(**self.actor, channel_id=channel_id)
        return Response(status=204)

    def _channel(self, channel_id: UUID) -> Any:
        return self.found(selectors.channels(self.organization_id), channel_id, "channel")


class ChannelTestView(ChannelView):
    http_method_names = ["post", "options"]

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, channel_id: UUID) -> Response:
        """Send a test message now: ``{"delivered", "outcome"}``."""
        self._channel(channel_id)
        outcome = services.channel_test(**self.actor, channel_id=channel_id)
        return Response({"delivered": outcome.is_delivered, "outcome": outcome.text})


class RulesView(NotificationView):
    @extend_schema(operation_id="notification_rules_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Rules by name: ``{"rules": […], "total"}``."""
        rows, total = page(request, selectors.rules(self.organization_id), shapes.rule_as_json)
        return Response({"rules": rows, "total": total})

    @extend_schema(request=inputs.RuleInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Add one: ``{"name", "channel", "minimumSeverity"?, "services"?: [ids], "kinds"?: [names]}``."""
        rule = services.rule_create(**self.actor, **self.validated(inputs.RuleInput))
        return Response(shapes.rule_as_json(rule), status=201)


class RuleView(NotificationView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, rule_id: UUID) -> Response:
        """One rule."""
        return Response(shapes.rule_as_json(self._rule(rule_id)))

    @extend_schema(request=inputs.RulePatch, responses=OpenApiTypes.OBJECT)
    def patch(self, request: Request, rule_id: UUID) -> Response:
        """Set ``name``, ``minimumSeverity``, ``services``, ``kinds`` or ``isEnabled``."""
        self._rule(rule_id)
        rule = services.rule_update(**self.actor, rule_id=rule_id, **self.validated(inputs.RulePatch))
        return Response(shapes.rule_as_json(rule))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, rule_id: UUID) -> Response:
        """Take it away; what it made is still sent."""
        self._rule(rule_id)
        services.rule_delete(**self.actor, rule_id=rule_id)
        return Response(status=204)

    def _rule(self, rule_id: UUID) -> Any:
        return self.found(selectors.rules(self.organization_id), rule_id, "rule")


class NotificationsView(NotificationView):
    @extend_schema(
        operation_id="notifications_list", parameters=[inputs.NotificationFilter], responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request) -> Response:
        """Notifications, newest first: ``{"notifications": […], "total"}``; filters ``state`` (pending, sent, dead) and
        ``channel``."""
        wanted = self.validated(inputs.NotificationFilter, data=request.query_params)
        found = selectors.notifications(self.organization_id, **wanted)
        rows, total = page(request, found, shapes.notification_as_json)
        return Response({"notifications": rows, "total": total})


class NotificationResendView(NotificationView):
    @extend_schema(request=None, responses={202: OpenApiTypes.OBJECT})
    def post(self, request: Request, notification_id: UUID) -> Response:
        """Send one again that was given up; 409 for any other."""
        rows = selectors.notifications(self.organization_id)
        self.found(rows, notification_id, "notification")
        services.notification_resend(**self.actor, notification_id=notification_id)
        return Response(shapes.notification_as_json(rows.get(pk=notification_id)), status=202)


def _secret(channel: Any) -> dict[str, str]:
    return {"secret": unseal(channel.secret_sealed)} if channel.secret_sealed else {}
