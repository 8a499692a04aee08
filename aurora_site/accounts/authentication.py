"""Hands the identity that the middleware found to Django REST framework."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from aurora_site.accounts.caller import SAFE_METHODS, Identity
from aurora_site.accounts.models import User
from aurora_site.core.http.errors import Forbidden


class IdentityAuthentication(BaseAuthentication):
    """``request.user`` is the User and ``request.auth`` the Identity; both as anonymous when nobody signed in.

    A view with ``allow_demo = True`` serves strangers at a development machine as the demo learner.
    """

    def authenticate(self, request: Request) -> tuple[User, Identity] | None:
        django_request: Any = request._request
        if error := getattr(django_request, "identity_error", None):
            raise error
        identity = getattr(django_request, "identity", None) or getattr(django_request, "demo_identity", None)
        if identity is None:
            return None
        method = request.method or ""
        if identity.kind == "session" and method not in SAFE_METHODS:
            _require_csrf_token(django_request)
        if not identity.may_use(method):
            raise Forbidden("This API key may only read.", code="SCOPE_MISSING")
        return identity.user, identity

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class _Csrf(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def _require_csrf_token(request: Any) -> None:
    """Raises Forbidden when a request by session lacks the CSRF token; a cookie alone might be another site's doing."""
    check = _Csrf(lambda request: None)  # type: ignore[arg-type, return-value]
    check.process_request(request)
    if reason := check.process_view(request, None, (), {}):
        raise Forbidden(f"CSRF check failed: {reason}", code="CSRF_FAILED")
