"""Incidents as they change, as server-sent events."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from adrf.views import APIView as AsyncAPIView
from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from agents.api.streams import (
    EVENT_STREAM,
    IDENTITY_CHECK_SECONDS,
    PING_SECONDS,
    RETRY_MILLISECONDS,
    EventStreamRenderer,
)
from agents.runs.database import in_database
from aurora_site.accounts.identity import Identity, is_current
from aurora_site.accounts.permissions import IsViewer
from aurora_site.core.http.pagination import integer_parameter
from aurora_site.core.http.threads import release_thread
from incidents.following import follow, last_seq

MAXIMUM_SEQ = 2**63 - 1


class IncidentStreamView(AsyncAPIView):
    permission_classes = [IsViewer]
    renderer_classes = [EventStreamRenderer, JSONRenderer]

    @extend_schema(
        parameters=[OpenApiParameter("after", int), OpenApiParameter("ticket", str)],
        responses={(200, "text/event-stream"): OpenApiTypes.STR},
    )
    async def get(self, request: Request) -> HttpResponseBase:
        """What happens to the organisation's incidents: an event for each timeline entry, its id the entry's ``seq``.

        With ``Last-Event-ID`` or ``after`` it goes on behind that number, nothing lost and nothing twice; without, it starts
        now. An event named ``reset`` says that too much happened since: load the list anew. A browser's EventSource sends no
        headers of its own: give it ``?ticket=``.
        """
        after = after_parameter(request)
        if after is None:
            after = await in_database(last_seq, request.auth.organization_id)
        response = StreamingHttpResponse(_events(request.auth, after), content_type=EVENT_STREAM)
        response["Cache-Control"] = "no-cache"
        response["X-Accel-Buffering"] = "no"
        return response


def after_parameter(request: Request) -> int | None:
    """Where a follower goes on: ``Last-Event-ID``, else ``after``; None for now. Raises BadRequest.

    An id that we never gave is as one of what isn't there yet: the follower is told to load anew.
    """
    last = request.headers.get("Last-Event-ID", "").strip()
    if last:
        is_ours = last.isascii() and last.isdigit() and len(last) <= 19
        return min(int(last), MAXIMUM_SEQ) if is_ours else MAXIMUM_SEQ
    after = integer_parameter(request, "after", default=-1, minimum=0, maximum=MAXIMUM_SEQ)
    return None if after < 0 else after


async def _events(identity: Identity, after: int) -> AsyncIterator[bytes]:
    # The id, so that an EventSource that is cut off before the first event comes back with a position.
    yield f"retry: {RETRY_MILLISECONDS}\nid: {after}\n\n".encode()
    await release_thread()
    spoke = checked = time.monotonic()
    async for change in follow(identity.organization_id, after):
        if change is not None:
            spoke = time.monotonic()
            yield change.as_sse()
        elif time.monotonic() - spoke >= PING_SECONDS:
            spoke = time.monotonic()
            yield b": ping\n\n"
        if time.monotonic() - checked >= IDENTITY_CHECK_SECONDS:
            checked = time.monotonic()
            if not await in_database(is_current, identity):
                return
