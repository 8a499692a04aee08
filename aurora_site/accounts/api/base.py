"""What the account views share."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from aurora_site.accounts.models import SignIn, User
from aurora_site.accounts.selectors import account_as_json, membership_default
from aurora_site.accounts.services.sign_ins import session_open, tokens_open


class PublicView(APIView):
    """A view for strangers: credentials that came along, valid or stale, make no difference."""

    authentication_classes = []
    permission_classes = [AllowAny]


def checked(serializer: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """The request's body, checked. Raises ValidationError that names each bad field."""
    bound = serializer(data=request.data)
    bound.is_valid(raise_exception=True)
    return bound.validated_data


def signed_in(request: Request, user: User) -> dict[str, Any]:
    """Sign a user in for the API: session cookie and tokens of one sign-in. Returns the body to answer."""
    sign_in = session_open(request._request, user=user, kind=SignIn.Kind.API)
    pair = tokens_open(sign_in=sign_in)
    return {**account_as_json(user, membership_default(user)), **pair.as_json()}
