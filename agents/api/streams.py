"""Shows a run's events over HTTP: as server-sent events, or as the bare text of the answer."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer

from agents.runs.database import in_database
from agents.runs.reader import follow
from aurora_site.accounts.identity import Identity, is_current
from aurora_site.core.http.threads import release_thread

PING_SECONDS = 15.0
RETRY_MILLISECONDS = 1000
IDENTITY_CHECK_SECONDS = 60.0
EVENT_STREAM = "text/event-stream"


class EventStreamRenderer(BaseRenderer):
    """Lets content negotiation accept ``text/event-stream``; errors are still JSON."""

    media_type = EVENT_STREAM
    format = "event-stream"
    charset = None

    def render(self, data: object, accepted_media_type: str | None = None, renderer_context: object = None) -> bytes:
        from rest_framework.renderers import JSONRenderer

        return bytes(JSONRenderer().render(data))


class PlainTextRenderer(EventStreamRenderer):
    """Likewise for clients that read the answer as plain text."""

    media_type = "text/plain"
    format = "txt"


def sse_response(run_id: str, after: int = 0, identity: Identity | None = None) -> StreamingHttpResponse:
    """The events above ``after`` as server-sent events, closed after ``run.finished``, or once ``identity`` has ended."""
    return _streaming(_sse(run_id, after, identity), run_id, EVENT_STREAM)


def text_response(run_id: str) -> StreamingHttpResponse:
    """The answer's text in chunks as it is written, and an error in words if there is one."""
    return _streaming(_text(run_id), run_id, "text/plain; charset=utf-8")


def _streaming(body: AsyncIterator[bytes], run_id: str, content_type: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(body, content_type=content_type)
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    response["Location"] = f"/api/v1/runs/{run_id}/stream"
    return response


async def _sse(run_id: str, after: int, identity: Identity | None) -> AsyncIterator[bytes]:
    # The id, so that an EventSource that is cut off before the first event comes back with a position.
    yield f"retry: {RETRY_MILLISECONDS}\nid: {after}\n\n".encode()
    await release_thread()
    spoke = checked = time.monotonic()
    async for event in follow(run_id, after):
        if event is not None:
            spoke = time.monotonic()
            yield event.as_sse()
        elif time.monotonic() - spoke >= PING_SECONDS:
            spoke = time.monotonic()
            yield b": ping\n\n"
        if identity is not None and time.monotonic() - checked >= IDENTITY_CHECK_SECONDS:
            checked = time.monotonic()
            if not await in_database(is_current, identity):
                return


async def _text(run_id: str) -> AsyncIterator[bytes]:
    await release_thread()
    shown = False
    async for event in follow(run_id):
        if event is None:
            continue
        if event.type == "token":
            shown = True
            yield event.data["text"].encode()
        elif event.type == "message" and not shown:
            # The pieces of an old answer were folded into its message.
            yield event.data["text"].encode()
        elif event.type == "error":
            yield f"\n[{event.data['code']}] {event.data['message']}\n".encode()
