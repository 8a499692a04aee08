"""Request ids, and the content security policy of pages."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from asgiref.sync import markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from aurora_site.core.http.request_id import current_request_id, request_id_from

GetResponse = Callable[[HttpRequest], Awaitable[HttpResponseBase]]

# The API documentation and the admin bring inline scripts of their own that carry no nonce.
_UNSAFE_INLINE_PREFIXES = ("/admin", "/docs", "/redoc")


class AsyncMiddleware:
    """Base of middleware that runs on the event loop."""

    async_capable = True
    sync_capable = False

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        markcoroutinefunction(self)  # type: ignore[type-var]


class RequestIdMiddleware(AsyncMiddleware):
    """Gives every request an id (the caller's ``X-Request-ID`` when acceptable) and answers it in ``X-Request-ID``."""

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = request_id_from(request.headers.get("X-Request-ID"))
        request.request_id = request_id  # type: ignore[attr-defined]
        current_request_id.set(request_id)
        response = await self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class ContentSecurityMiddleware(AsyncMiddleware):
    """Content-Security-Policy for pages: own scripts and styles alone; ``request.csp_nonce`` admits inline data blocks."""

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        nonce = secrets.token_urlsafe(16)
        request.csp_nonce = nonce  # type: ignore[attr-defined]
        response = await self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            response.setdefault("Content-Security-Policy", _policy(request.path, nonce))
        return response


def _policy(path: str, nonce: str) -> str:
    script = f"'self' 'nonce-{nonce}'"
    style = "'self'"
    if path.startswith(_UNSAFE_INLINE_PREFIXES):
        script, style = "'self' 'unsafe-inline' 'unsafe-eval'", "'self' 'unsafe-inline'"
    return (
        f"default-src 'self'; script-src {script}; style-src {style}; img-src 'self' data: blob:; font-src 'self' data:; "
        "worker-src 'self' blob:; "
        "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
