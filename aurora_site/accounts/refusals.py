"""Refusals of known callers (403) go to the ledger, but nobody can fill it with them.

Refusals of one person that are alike (method, route, code) make one record in ten minutes, and at most so many of a
person's are recorded in an hour. The others are counted, and the person's next record says how many there were.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.http.response import HttpResponseBase

from audit.services import record
from aurora_site.accounts.caller import Identity
from aurora_site.core.http.middleware import AsyncMiddleware

logger = logging.getLogger(__name__)

ALIKE_SECONDS = 600
PERSON_SECONDS = 3600
MOST_OF_A_PERSON = 30
COUNTED_SECONDS = 30 * 24 * 3600


class RefusalMiddleware(AsyncMiddleware):
    """Notes answers with status 403 to callers who are known."""

    async def __call__(self, request: Any) -> HttpResponseBase:
        response = await self.get_response(request)
        if response.status_code == 403 and (identity := _known(request)) is not None:
            await sync_to_async(refusal_note)(
                identity,
                method=request.method,
                route=getattr(request.resolver_match, "route", "") or "",
                code=_code(response),
                ip=request.credentials.ip,
            )
        return response


def refusal_note(identity: Identity, *, method: str, route: str, code: str, ip: str = "") -> None:
    """Record a refusal, or count it. One that can't be recorded is logged: the caller is refused all the same."""
    try:
        unrecorded = _admitted(identity.user_id, f"{method} {route} {code}")
        if unrecorded is None:
            return
        with transaction.atomic():
            record(
                event="accounts.access_refused",
                organization_id=identity.organization_id or identity.user.default_organization_id,
                actor_id=identity.user_id,
                subject=("user", identity.user_id),
                data={"method": method, "route": route, "code": code, "kind": identity.kind, "unrecorded": unrecorded},
                personal={"ip": ip},
            )
    except DatabaseError as error:
        logger.error("the refusal %s of %s %s to %s isn't recorded: %s", code, method, route, identity.user_id, error)


def _admitted(user_id: str, what: str) -> int | None:
    """How many refusals of this person went unrecorded before this one; None when this one is to be counted alone.

    A cache that fails admits nothing: it is what keeps the ledger from being filled.
    """
    digest = hashlib.sha256(what.encode()).hexdigest()[:32]
    counted = f"refusals.counted.{user_id}"
    try:
        is_new = cache.add(f"refusals.alike.{user_id}.{digest}", 1, ALIKE_SECONDS)
        if not is_new or _count(f"refusals.recorded.{user_id}", PERSON_SECONDS) > MOST_OF_A_PERSON:
            _count(counted, COUNTED_SECONDS)
            return None
        unrecorded = int(cache.get(counted, 0))
        cache.delete(counted)
    except Exception as error:  # noqa: BLE001 whichever cache it is has errors of its own
        logger.warning("a refusal of %s isn't recorded, the cache fails (%s: %s)", user_id, type(error).__name__, error)
        return None
    return unrecorded


def _count(key: str, seconds: int) -> int:
    """Add one to a counter that begins anew after so many seconds; its value."""
    if cache.add(key, 1, seconds):
        return 1
    try:
        return cache.incr(key)
    except ValueError:
        # It ended between the two.
        return 1


def _known(request: Any) -> Identity | None:
    identity = getattr(request, "identity", None) or getattr(request, "demo_identity", None)
    return identity or getattr(getattr(request, "identity_error", None), "identity", None)


def _code(response: Any) -> str:
    body = getattr(response, "data", None)
    return str(body["code"]) if isinstance(body, dict) and "code" in body else "FORBIDDEN"
