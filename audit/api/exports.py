"""The export by REST, and the program that checks it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import FileResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from audit import offline
from audit.api.queries import FILTERS, filter_of, require_known, saved_sizes_of
from audit.api.views import LedgerView
from audit.errors import BadLedgerQuery
from audit.export_formats import CONTENT_TYPES, FORMATS
from audit.exporting import entries
from audit.services import record
from aurora_site.accounts.identity import Identity, is_current
from aurora_site.core.http.threads import release_thread

# How much is read from the database at one go; the reader takes it at its own pace.
PIECE_BYTES = 256 * 1024
IDENTITY_CHECK_SECONDS = 60.0
# Few exports at a time, on threads that nothing else waits for.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="ledger-export")


class AnyFormat(DefaultContentNegotiation):
    """Leaves ``?format=`` to the view, and takes any ``Accept``."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class ExportView(LedgerView):
    content_negotiation_class = AnyFormat

    @extend_schema(
        parameters=[
            *FILTERS,
            OpenApiParameter("format", enum=list(FORMATS), description="`jsonl` (if left out) or `csv`."),
            OpenApiParameter(
                "saved_sizes",
                str,
                description="Sizes of heads that you saved, separated by commas: the verifier can compare each of them.",
            ),
        ],
        responses={(200, media_type.partition(";")[0]): OpenApiTypes.STR for media_type in CONTENT_TYPES.values()},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """The organisation's records with their places in the signed tree, for the verifier at ``/admin/audit/verifier``.

        Lines of kind ``head``, ``record`` and ``subtree`` in the order of the tree, ``unsealed``, and ``end``, without
        which the file was cut."""
        scope = filter_of(request, "format", "saved_sizes")
        name = request.GET.get("format") or "jsonl"
        if name not in FORMATS:
            raise BadLedgerQuery("format", f"Give {' or '.join(FORMATS)}.")
        saved_sizes = saved_sizes_of(request.GET.get("saved_sizes", ""))
        record(
            event="audit.exported",
            organization_id=scope.organization_id,
            actor_id=request.auth.user_id,
            data={"format": name, "filters": sorted(request.GET.keys() - {"format", "saved_sizes"})},
        )
        pieces = _collected(FORMATS[name](entries(scope, saved_sizes=saved_sizes)))
        is_async = isinstance(request._request, ASGIRequest)
        response = StreamingHttpResponse(
            _streamed(pieces, request.auth) if is_async else pieces, content_type=CONTENT_TYPES[name]
        )
        response["Content-Disposition"] = f'attachment; filename="ledger.{name}"'
        response["Cache-Control"] = "no-store"
        response["X-Accel-Buffering"] = "no"
        return response


class VerifierView(LedgerView):
    content_negotiation_class = AnyFormat

    @extend_schema(responses={(200, "text/x-python"): OpenApiTypes.STR})
    def get(self, request: Request) -> FileResponse:
        """The program that checks an export; it needs Python 3.9 or later and nothing else."""
        require_known(request, [])
        path: Path = offline.VERIFIER
        return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type="text/x-python")


def _collected(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of some size, so that few threads change hands."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        if len(waiting) >= PIECE_BYTES:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)


async def _streamed(pieces: Iterator[bytes], identity: Identity) -> AsyncIterator[bytes]:
    """Each piece once the reader took the one before; ends early, without the line ``end``, when the sign-in has ended."""
    await release_thread()
    checked = time.monotonic()
    while (piece := await _in_thread(partial(next, pieces, None))) is not None:
        yield piece
        if time.monotonic() - checked >= IDENTITY_CHECK_SECONDS:
            checked = time.monotonic()
            if not await _in_thread(partial(is_current, identity)):
                return


async def _in_thread(function: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(_threads, partial(_closing, function))


def _closing(function: Any) -> Any:
    """Call it, and hold no connection while the reader takes what it gave."""
    try:
        return function()
    finally:
        connections.close_all()
