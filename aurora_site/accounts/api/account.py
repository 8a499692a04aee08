"""The signed-in person: themselves, their organisations, their API keys."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from aurora_site.accounts import selectors
from aurora_site.accounts.api import serializers as shapes
from aurora_site.accounts.api.base import checked
from aurora_site.accounts.models import Role
from aurora_site.accounts.permissions import IsPerson, IsSignedIn, IsViewer
from aurora_site.accounts.services import api_keys, profile
from aurora_site.core.http.errors import Forbidden
from aurora_site.core.http.pagination import page


class MeView(APIView):
    def get_permissions(self) -> list[IsSignedIn]:
        return [IsSignedIn() if self.request.method == "GET" else IsPerson()]

    @extend_schema(responses=shapes.AccountOut)
    def get(self, request: Request) -> Response:
        """Who I am, in which organisation and role."""
        return Response(selectors.identity_as_json(request.auth))

    @extend_schema(request=shapes.ProfileIn, responses=shapes.AccountOut)
    def patch(self, request: Request) -> Response:
        """Change my name or my default organisation."""
        body = checked(shapes.ProfileIn, request)
        user = profile.profile_update(
            user=request.auth.user,
            name=body.get("name"),
            default_organization_id=body.get("default_organization"),
        )
        return Response(selectors.identity_as_json(replace(request.auth, user=user)))


class OrganizationsView(APIView):
    permission_classes = [IsSignedIn]

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The organisations I belong to, with my role in each."""
        memberships = selectors.memberships_of(request.auth.user)
        organizations, total = page(request, memberships, selectors.organization_as_json)
        return Response({"organizations": organizations, "total": total})


class ApiKeysView(APIView):
    permission_classes = [IsPerson & IsViewer]

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """My API keys in the organisation; an admin sees everyone's."""
        keys, total = page(request, selectors.api_keys_visible_to(request.auth), selectors.api_key_as_json)
        return Response({"api_keys": keys, "total": total})

    @extend_schema(request=shapes.ApiKeyIn, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Make an API key. Its text, ``key``, is shown in this answer only."""
        body = checked(shapes.ApiKeyIn, request)
        if "admin" in body["scopes"] and not request.auth.has_role(Role.ADMIN):
            raise Forbidden("Only an admin may make a key with the scope admin.", code="SCOPE_TOO_WIDE")
        key, text = api_keys.api_key_create(
            organization=request.auth.organization,
            user=request.auth.user,
            name=body["name"],
            scopes=body["scopes"],
            expires_in_days=body.get("expires_in_days"),
        )
        return Response({**selectors.api_key_as_json(key), "key": text}, status=201)


class ApiKeyView(APIView):
    permission_classes = [IsPerson & IsViewer]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key_id: UUID) -> Response:
        """Revoke a key of mine; an admin may revoke anyone's in the organisation."""
        api_keys.api_key_revoke(
            organization=request.auth.organization,
            key_id=key_id,
            actor=request.auth.user,
            of_anyone=request.auth.has_role(Role.ADMIN),
        )
        return Response(status=204)
