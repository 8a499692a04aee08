"""Fixed one-minute windows: so many requests for each signed-in user, or for each address when nobody is."""

from __future__ import annotations

import logging
import re
import time
from types import SimpleNamespace
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django_ratelimit.core import get_usage

from aurora_site.accounts.caller import SAFE_METHODS, Identity
from aurora_site.accounts.client_address import client_network
from aurora_site.accounts.credentials import Credentials
from aurora_site.core.http.errors import envelope
from aurora_site.core.http.middleware import AsyncMiddleware

logger = logging.getLogger(__name__)

# Health is asked by machines, webhooks have caps of their own that their senders understand.
EXEMPT_PREFIXES = ("/static/", "/health/", "/api/webhooks/")
CHAT_PATHS = re.compile(
    r"/v1/agents/execute|/v1/aurora|/agents/[^/]+/stream|/v1/chat/completions"
    r"|/(?:.+/)?sessions/[^/]+/messages(?:/[^/]+/(?:edit|regenerate))?|/api/v1/runs/[^/]+/retry"
    r"|/api/(?:v1/)?incidents/[^/]+/chat"
)
# Learning systems tell what many people did, one statement at a time where they know no better.
STATEMENTS_PREFIX = "/api/v1/learning/xapi/"
STATEMENTS_SHARE = 10


class Usage(NamedTuple):
    """How much of the window's allowance is spent, and when (Unix seconds) the next one starts."""

    limit: int
    count: int
    reset: int

    @property
    def exceeded(self) -> bool:
        return self.count > self.limit


class RateLimitMiddleware(AsyncMiddleware):
    """Counts requests; answers 429 over the limit, and says on every counted answer how much is left.

    A cache that fails lets requests through: a limit protects the service, it must not take it down.
    """

    async def __call__(self, request: Any) -> HttpResponseBase:
        if not settings.RATELIMIT_ENABLE or is_exempt(request.path):
            return await self.get_response(request)
        usage = await sync_to_async(_count)(request)
        if usage is None:
            return await self.get_response(request)
        response = _refusal(request, usage) if usage.exceeded else await self.get_response(request)
        response["X-RateLimit-Limit"] = str(usage.limit)
        response["X-RateLimit-Remaining"] = str(max(0, usage.limit - usage.count))
        response["X-RateLimit-Reset"] = str(usage.reset)
        return response


def is_exempt(path: str) -> bool:
    return path == "/health" or path.startswith(EXEMPT_PREFIXES)


def group_of(request: HttpRequest) -> tuple[str, int]:
    """The limit that a request counts against, and how many requests a minute it allows."""
    if request.method not in SAFE_METHODS and CHAT_PATHS.fullmatch(request.path.rstrip("/")):
        return "chat", settings.CHAT_RATE_LIMIT_PER_MINUTE
    if request.path.startswith(STATEMENTS_PREFIX):
        return "xapi", STATEMENTS_SHARE * settings.RATE_LIMIT_PER_MINUTE
    return "default", settings.RATE_LIMIT_PER_MINUTE


def chat_message_count(identity: Identity, credentials: Credentials) -> Usage | None:
    """Count a question that came over a websocket against the same limit as those over HTTP. None: not limited.

    Synchronous: it reads and writes the cache.
    """
    # Strangers in the demo are counted by address on every transport.
    caller = SimpleNamespace(identity=None if identity.kind == "demo" else identity, credentials=credentials)
    return _usage(caller, "chat", settings.CHAT_RATE_LIMIT_PER_MINUTE) if settings.RATELIMIT_ENABLE else None


def _count(request: Any) -> Usage | None:
    return _usage(request, *group_of(request))


def _usage(caller: Any, group: str, limit: int) -> Usage | None:
    """``caller`` has ``identity`` and ``credentials``, as requests have."""
    try:
        usage = get_usage(caller, group=f"aurora.{group}", key=_key, rate=f"{limit}/m", increment=True)
    except Exception as error:  # noqa: BLE001 whichever cache it is has errors of its own
        logger.warning("rate limits are off: the cache fails (%s: %s)", type(error).__name__, error)
        return None
    if usage is None or usage["time_left"] < 0:
        logger.warning("rate limits are off: the cache doesn't count")
        return None
    return Usage(limit, usage["count"], int(time.time()) + usage["time_left"])


def _key(group: str, caller: Any) -> str:
    if caller.identity is not None:
        return f"user:{caller.identity.user_id}"
    return f"ip:{client_network(caller.credentials.ip)}"


def _refusal(request: Any, usage: Usage) -> JsonResponse:
    wait = max(1, usage.reset - int(time.time()))
    detail = f"More than {usage.limit} requests a minute; try again in {wait} seconds."
    if request.path.startswith(("/v1/chat/", "/v1/models")):
        body: dict[str, Any] = {
            "error": {"message": detail, "type": "rate_limit_error", "param": None, "code": "rate_limit_exceeded"}
        }
    else:
        body = envelope(status=429, code="RATE_LIMITED", detail=detail, request_id=getattr(request, "request_id", ""))
    return JsonResponse(body, status=429, headers={"Retry-After": str(wait)})
