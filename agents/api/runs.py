"""Runs: list, one, its events, its stream, cancel."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from adrf.views import APIView as AsyncAPIView
from asgiref.sync import sync_to_async
from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.streams import EventStreamRenderer, sse_response
from agents.runs.host import RunHost
from agents.runs.log import events_after
from agents.runs.models import Run
from agents.runs.selectors import run_as_json, runs_visible_to
from agents.runs.services import run_cancel
from aurora_site.core.http.errors import Conflict, NotFound
from aurora_site.core.http.pagination import integer_parameter, page

MAXIMUM_SEQ = 2**31 - 1


def visible_runs(request: Request) -> Any:
    identity = request.auth
    return runs_visible_to(
        organization_id=identity.organization_id, user_id=request.user.pk, is_admin=identity.role == "admin"
    )


def visible_run(request: Request, run_id: UUID) -> Run:
    """The run if the caller may see it. Raises NotFound."""
    run: Run | None = visible_runs(request).filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such run.")
    return run


def after_parameter(request: Request) -> int:
    """Where a reader goes on: ``Last-Event-ID`` if it is a number, else ``after``. Raises BadRequest."""
    last = request.headers.get("Last-Event-ID", "")
    if last.isascii() and last.isdigit() and len(last) <= 10:
        return min(int(last), MAXIMUM_SEQ)
    return integer_parameter(request, "after", default=0, minimum=0, maximum=MAXIMUM_SEQ)


class RunsView(APIView):
    allow_demo = True

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Your runs, newest first (all of the organisation's for its administrators); ``state`` filters."""
        runs = visible_runs(request)
        if state := request.GET.get("state"):
            runs = runs.filter(state=state)
        items, total = page(request, runs, run_as_json)
        return Response({"runs": items, "total": total})


class RunView(APIView):
    allow_demo = True

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, run_id: UUID) -> Response:
        """One run with its state, route, output and usage."""
        return Response(run_as_json(visible_run(request, run_id)))


class RunEventsView(APIView):
    allow_demo = True

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, run_id: UUID) -> Response:
        """The events numbered above ``after``: ``{"events","next_after","finished"}``."""
        run = visible_run(request, run_id)
        after = after_parameter(request)
        events = events_after(str(run.pk), after)
        next_after = events[-1].seq if events else after
        finished = run.state in Run.FINAL_STATES and next_after >= run.last_seq
        return Response(
            {"events": [event.as_json() for event in events], "next_after": next_after, "finished": finished}
        )


class RunStreamView(AsyncAPIView):
    allow_demo = True
    renderer_classes = [EventStreamRenderer, JSONRenderer]

    @extend_schema(responses={(200, "text/event-stream"): OpenApiTypes.STR})
    async def get(self, request: Request, run_id: UUID) -> HttpResponseBase:
        """The run's events as server-sent events from ``Last-Event-ID`` or ``after`` on; 204 when there are no more."""
        run = await sync_to_async(visible_run)(request, run_id)
        after = after_parameter(request)
        if run.state in Run.FINAL_STATES and after >= run.last_seq:
            return HttpResponse(status=204)
        return await sse_response(str(run.pk), after)


class RunCancelView(AsyncAPIView):
    allow_demo = True

    @extend_schema(request=None, responses={202: OpenApiTypes.OBJECT})
    async def post(self, request: Request, run_id: UUID) -> Response:
        """Stop a run, whichever process carries it out; what it wrote so far is kept."""
        run = await sync_to_async(visible_run)(request, run_id)
        if not await sync_to_async(run_cancel)(run=run, actor_id=request.user.pk):
            raise Conflict("The run has ended already.", code="RUN_FINISHED")
        RunHost.current().cancel(str(run.pk))
        return Response({"id": str(run.pk), "status": "cancelling"}, status=202)
