"""Puts the caller on every request: ``request.identity``, or why there is none in ``request.identity_error``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from aurora_site.accounts.credentials import (
    Credentials,
    credentials_from_request,
    demo_is_open,
    session_key_is_sound,
)
from aurora_site.accounts.identity import demo_identity, identify
from aurora_site.core.http.errors import ApiError, Unavailable
from aurora_site.core.http.middleware import AsyncMiddleware

logger = logging.getLogger(__name__)


class IdentityMiddleware(AsyncMiddleware):
    """Checks a request's credentials once.

    ``request.user`` stays the session's user, and only while its sign-in lasts: tokens and keys never open Django's
    admin. Views decide what a missing or failed identity means.
    """

    async def __call__(self, request: Any) -> HttpResponseBase:
        request.identity = request.identity_error = request.demo_identity = None
        _drop_unsound_session(request)
        request.credentials = credentials_from_request(request)
        if request.credentials.given:
            await sync_to_async(_identify)(request, request.credentials)
        else:
            _set_user(request, AnonymousUser())
        return await self.get_response(request)

    async def process_view(self, request: Any, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        """Load the demo learner for a stranger at a view that serves it."""
        stranger = request.identity is None and request.identity_error is None
        if stranger and _allows_demo(view) and demo_is_open(request.credentials):
            await sync_to_async(_welcome_stranger)(request)


def _welcome_stranger(request: Any) -> None:
    try:
        request.demo_identity = demo_identity(request.credentials)
    except DatabaseError:
        logger.exception("the demo's learner can't be loaded")
        request.identity_error = Unavailable("Nobody can be identified right now.")


def _identify(request: Any, credentials: Credentials) -> None:
    try:
        request.identity = identify(credentials)
    except ApiError as error:
        request.identity_error = error
    except DatabaseError:
        logger.exception("credentials can't be checked")
        request.identity_error = Unavailable("Credentials can't be checked right now.")
    by_session = request.identity is not None and request.identity.kind == "session"
    _set_user(request, request.identity.user if by_session else AnonymousUser())


def _set_user(request: Any, user: Any) -> None:
    async def auser() -> Any:
        return request.user

    request.user = user
    request.auser = auser


def _drop_unsound_session(request: HttpRequest) -> None:
    """A cookie that can't be a session's key (a NUL in it, say) is never looked up."""
    key = request.session.session_key
    if key and not session_key_is_sound(key):
        request.session = import_module(settings.SESSION_ENGINE).SessionStore()


def _allows_demo(view: Callable[..., Any]) -> bool:
    owner = getattr(view, "cls", None) or getattr(view, "view_class", None) or view
    return bool(getattr(owner, "allow_demo", False))
