"""The incident API's cloud connector routes. No connector can be configured yet, and they say so."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import redirect
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from aurora_site.core.http.errors import Forbidden, Unavailable
from aurora_site.core.http.urls import route


def not_configured() -> Unavailable:
    return Unavailable("No cloud connector is configured in this installation.", code="CONNECTOR_NOT_CONFIGURED")


class LoginSerializer(serializers.Serializer[Any]):
    userId = serializers.CharField(max_length=64)  # noqa: N815 the route's own spelling


class LoginView(APIView):
    """People who look for the sign-in page here are led there; programs begin connecting a cloud account."""

    def perform_authentication(self, request: Request) -> None:
        if request.method != "GET":
            super().perform_authentication(request)

    def check_permissions(self, request: Request) -> None:
        if request.method != "GET":
            super().check_permissions(request)

    @extend_schema(responses={302: None})
    def get(self, request: Request) -> HttpResponseBase:
        """Leads to the sign-in page."""
        return redirect("/sign-in")

    @extend_schema(request=LoginSerializer, responses={503: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Begin connecting a Google Cloud account; ``userId`` must be the caller's."""
        serializer = LoginSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if serializer.validated_data["userId"] != request.auth.user_id:
            raise Forbidden("userId must be your own.", fields={"userId": ["It isn't yours."]})
        raise not_configured()


class CallbackView(APIView):
    @extend_schema(responses={503: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        """Where Google would send people back to."""
        raise not_configured()


class DisconnectView(APIView):
    @extend_schema(request=None, responses={503: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Forget a connected Google Cloud account."""
        raise not_configured()


urlpatterns = [
    route("login", LoginView.as_view(), name="connector-login"),
    route("callback", CallbackView.as_view(), name="connector-callback"),
    route("api/gcp/force-disconnect", DisconnectView.as_view(), name="connector-disconnect"),
]
