"""A short way to the webhooks' view, past what pages and people need."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.exception import response_for_exception
from django.db import close_old_connections
from django.http import HttpResponse, JsonResponse

from aurora_site.core.http.errors import envelope
from aurora_site.core.http.request_id import current_request_id, request_id_from
from incidents.api.webhooks import WebhookView

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

ADDRESS = re.compile(r"/api/webhooks/([a-z0-9_-]+)/([A-Za-z0-9_-]+)")
# Fewer than there are connections to the database; senders wait in turn.
THREADS = 4
# So many wait at most, each with its body in memory: when the database hangs, senders are told to come again.
MOST_WAITING = 300
RETRY_SECONDS = 5


class WebhookDoor:
    """ASGI application that answers deliveries by threads of its own, and leaves all else to the one that it wraps.

    Sessions, sign-in and limits of people don't concern a delivery, and a thread made for each, with a handful of changes
    between it and the event loop, costs several times what storing the delivery does.
    """

    def __init__(self, application: Application) -> None:
        self.application = application
        self._view = WebhookView.as_view()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="webhooks")
        self._waiting = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        address = ADDRESS.fullmatch(scope["path"]) if scope["method"] == "POST" else None
        if address is None:
            await self.application(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            return
        if self._waiting >= MOST_WAITING:
            await _answer(_come_again(), send)
            return
        self._waiting += 1
        try:
            work = (self._serve, scope, body, *address.groups())
            response = await asyncio.get_running_loop().run_in_executor(self._threads, *work)
        finally:
            self._waiting -= 1
        await _answer(response, send)

    def _serve(self, scope: dict[str, Any], body: bytes, source: str, token: str) -> HttpResponse:
        request = ASGIRequest(scope, BytesIO(body))
        request_id = request_id_from(request.headers.get("X-Request-ID"))
        request.request_id = request_id  # type: ignore[attr-defined]
        current_request_id.set(request_id)
        close_old_connections()
        try:
            response: Any = self._view(request, source=source, token=token)
            response.render()
        except Exception as error:  # noqa: BLE001 logged there, and answered as Django answers it anywhere
            response = response_for_exception(request, error)
        finally:
            close_old_connections()
        response["X-Request-ID"] = request_id
        return response  # type: ignore[no-any-return]


async def _body(receive: Receive) -> bytes | None:
    """A request's body, with one byte more than is read of one that is too large; None when its sender is gone."""
    parts, missing = [], settings.AURORA_WEBHOOK_MAX_BYTES + 1
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")[:missing]
        parts.append(part)
        missing -= len(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(response: HttpResponse, send: Send) -> None:
    headers = [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    headers.append((b"content-length", str(len(response.content)).encode("ascii")))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})


def _come_again() -> HttpResponse:
    detail = "Aurora takes no more deliveries for now. Send it again later."
    body = envelope(status=503, code="OVERLOADED", detail=detail, request_id="", fields=None)
    return JsonResponse(body, status=503, headers={"Retry-After": str(RETRY_SECONDS)})
