"""One log line a request, the same under every web server: no query strings, which may hold tickets and tokens."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

logger = logging.getLogger("aurora_site.access")

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class AccessLog:
    """Wraps an ASGI application. Health probes are logged at level DEBUG only."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        started = time.monotonic()
        answer: dict[str, Any] = {"status": 0, "request_id": ""}

        async def send_and_note(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                headers = {bytes(name).lower(): value for name, value in message.get("headers", ())}
                answer["request_id"] = bytes(headers.get(b"x-request-id", b"")).decode("latin-1")
            await send(message)

        try:
            await self.application(scope, receive, send_and_note)
        finally:
            level = logging.DEBUG if scope["path"].startswith("/health") else logging.INFO
            taken = round((time.monotonic() - started) * 1000, 1)
            fields = {"duration_ms": taken, **({"request_id": answer["request_id"]} if answer["request_id"] else {})}
            logger.log(level, "%s %s %s", scope["method"], scope["path"], answer["status"] or "-", extra=fields)
