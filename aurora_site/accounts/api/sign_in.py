"""Registering, signing in and out, refreshing tokens, passwords, tickets."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import logout, update_session_auth_hash
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from aurora_site.accounts import tokens
from aurora_site.accounts.api import serializers as shapes
from aurora_site.accounts.api.base import PublicView, checked, signed_in
from aurora_site.accounts.models import SignIn
from aurora_site.accounts.permissions import IsPerson, IsSignedIn
from aurora_site.accounts.proofs import SESSION_SIGN_IN, ticket_for
from aurora_site.accounts.services import passwords, registration, sign_ins


class RegisterView(PublicView):
    @extend_schema(request=shapes.RegisterIn, responses={201: shapes.SignedInOut})
    def post(self, request: Request) -> Response:
        """Make an account, and an organisation of one's own unless an invitation is given; signs in."""
        body = checked(shapes.RegisterIn, request)
        membership = registration.register(
            email=body["email"],
            password=body["password"],
            name=body["name"],
            organization_name=body["organization"],
            invitation_token=body["invitation"],
        )
        return Response(signed_in(request, membership.user), status=201)


class LoginView(PublicView):
    @extend_schema(request=shapes.LoginIn, responses=shapes.SignedInOut)
    def post(self, request: Request) -> Response:
        """Sign in by e-mail and password: a session cookie, and tokens for programs."""
        body = checked(shapes.LoginIn, request)
        user = sign_ins.password_check(request._request, email=body["email"], password=body["password"])
        return Response(signed_in(request, user))


class RefreshView(PublicView):
    @extend_schema(request=shapes.RefreshIn, responses=shapes.TokensOut)
    def post(self, request: Request) -> Response:
        """Trade a refresh token for new tokens. Each refresh token counts once."""
        body = checked(shapes.RefreshIn, request)
        return Response(sign_ins.tokens_refresh(refresh=body["refresh"]).as_json())


class LogoutView(APIView):
    permission_classes = [IsSignedIn]

    @extend_schema(request=None, responses=shapes.MessageOut)
    def post(self, request: Request) -> Response:
        """End the sign-in: its session cookie, access and refresh tokens all stop counting."""
        if request.auth.sign_in:
            sign_ins.sign_in_end(sign_in_id=request.auth.sign_in.pk, reason="signed_out")
        if _session_is_of(request, request.auth.sign_in):
            logout(request._request)
        return Response({"message": "Signed out"})


class PasswordChangeView(APIView):
    permission_classes = [IsPerson]

    @extend_schema(request=shapes.PasswordChangeIn, responses=shapes.MessageOut)
    def post(self, request: Request) -> Response:
        """Change one's password. Every other sign-in of the person ends."""
        body = checked(shapes.PasswordChangeIn, request)
        user, keep = request.auth.user, request.auth.sign_in
        passwords.password_change(user=user, current=body["currentPassword"], new=body["newPassword"], keep=keep)
        if _session_is_of(request, keep):
            update_session_auth_hash(request._request, user)
        return Response({"message": "Password changed successfully"})


class PasswordResetView(PublicView):
    @extend_schema(request=shapes.PasswordResetIn, responses={202: shapes.MessageOut})
    def post(self, request: Request) -> Response:
        """Ask for a link by mail. The answer is the same whether or not the address is known."""
        passwords.password_reset_request(email=checked(shapes.PasswordResetIn, request)["email"])
        return Response({"message": "If the address has an account, a link is on its way."}, status=202)


class PasswordResetConfirmView(PublicView):
    @extend_schema(request=shapes.PasswordResetConfirmIn, responses=shapes.MessageOut)
    def post(self, request: Request) -> Response:
        """Choose a new password with the token of a mailed link. Ends every sign-in of the person."""
        body = checked(shapes.PasswordResetConfirmIn, request)
        passwords.password_reset_confirm(token=body["token"], password=body["password"])
        return Response({"message": "Password changed successfully"})


class TicketView(APIView):
    permission_classes = [IsSignedIn]

    @extend_schema(request=None, responses=shapes.TicketOut)
    def post(self, request: Request) -> Response:
        """A single-use ticket, good for a minute, that opens one websocket or event stream as ``?ticket=``.

        The stream that it opened can be taken up again with it for ten minutes, as a browser's EventSource does by itself
        (the same address, with ``Last-Event-ID``)."""
        return Response({"ticket": ticket_for(request.auth), "expires_in": tokens.TICKET_SECONDS})


def _session_is_of(request: Request, sign_in: SignIn | None) -> bool:
    session: Any = request._request.session
    return sign_in is not None and session.get(SESSION_SIGN_IN) == str(sign_in.pk)
