"""Runs: list, one, its events, its stream; cancel, retry, rate."""

from __future__ import annotations

from uuid import UUID

from adrf.views import APIView as AsyncAPIView
from asgiref.sync import sync_to_async
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.answers import idempotency_key
from agents.api.run_serializers import FeedbackSerializer, RunFilterSerializer
from agents.api.streams import EventStreamRenderer, sse_response
from agents.chat.asking import message_regenerate
from agents.runs import bell, dispatch
from agents.runs.log import events_after
from agents.runs.models import Run
from agents.runs.selectors import feedback_as_json, run_as_json, runs_to_show, runs_visible_to
from agents.runs.services import feedback_set, require_ended, run_cancel, run_retry
from aurora_site.core.http.errors import Conflict, NotFound
from aurora_site.core.http.pagination import integer_parameter, page

MAXIMUM_SEQ = 2**31 - 1


def visible_runs(request: Request) -> QuerySet[Run]:
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

    @extend_schema(parameters=[RunFilterSerializer], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Your runs, newest first (all of the organisation's for its administrators)."""
        filters = RunFilterSerializer(data=request.GET.dict())
        filters.is_valid(raise_exception=True)
        runs = runs_to_show(visible_runs(request).filter(**filters.validated_data), request.user.pk)
        items, total = page(request, runs, run_as_json)
        return Response({"runs": items, "total": total})


class RunView(APIView):
    allow_demo = True

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, run_id: UUID) -> Response:
        """One run with its state, route, output, usage, place in line, open approvals and your feedback."""
        run = runs_to_show(visible_runs(request), request.user.pk).filter(pk=run_id).first()
        if run is None:
            raise NotFound("There is no such run.")
        return Response(run_as_json(run))


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

    @extend_schema(
        parameters=[OpenApiParameter("after", int), OpenApiParameter("ticket", str)],
        responses={(200, "text/event-stream"): OpenApiTypes.STR},
    )
    async def get(self, request: Request, run_id: UUID) -> HttpResponseBase:
        """The run's events as server-sent events from ``Last-Event-ID`` or ``after`` on; 204 when there are no more.

        A browser's EventSource sends no headers of its own: give it ``?ticket=``, which stays good for reconnecting to
        this stream for ten minutes."""
        run = await sync_to_async(visible_run)(request, run_id)
        after = after_parameter(request)
        if run.state in Run.FINAL_STATES and after >= run.last_seq:
            return HttpResponse(status=204)
        return sse_response(str(run.pk), after, identity=request.auth)


class RunCancelView(AsyncAPIView):
    allow_demo = True

    @extend_schema(request=None, responses={202: OpenApiTypes.OBJECT})
    async def post(self, request: Request, run_id: UUID) -> Response:
        """Stop a run, whichever process carries it out; what it wrote so far is kept."""
        run = await sync_to_async(visible_run)(request, run_id)
        if not await sync_to_async(run_cancel)(run=run, actor_id=request.user.pk):
            raise Conflict("The run has ended already.", code="RUN_FINISHED")
        await dispatch.cancel(str(run.pk))
        return Response({"id": str(run.pk), "status": "cancelling"}, status=202)


class RunRetryView(AsyncAPIView):
    allow_demo = True

    @extend_schema(request=None, responses={202: OpenApiTypes.OBJECT})
    async def post(self, request: Request, run_id: UUID) -> Response:
        """Do a run that has ended once more: in a conversation as another answer to the same question."""
        made = await sync_to_async(self._retried)(request, run_id)
        await dispatch.start(str(made.pk))
        if made.session_id:
            await bell.ring_session(str(made.session_id))
        headers = {"Location": f"/api/v1/runs/{made.pk}/stream"}
        return Response({"run_id": str(made.pk), "retry_of": str(run_id)}, status=202, headers=headers)

    def _retried(self, request: Request, run_id: UUID) -> Run:
        run, key = visible_run(request, run_id), idempotency_key(request)
        require_ended(run)
        answer = run.messages.filter(session__deleted_at=None, session__user_id=request.user.pk).first()
        if answer is None:
            retried, _ = run_retry(run=run, actor_id=request.user.pk, idempotency_key=key)
            return retried
        posted = message_regenerate(
            organization_id=run.organization_id,
            user_id=request.user.pk,
            session_id=answer.session_id,
            message_id=answer.pk,
            idempotency_key=key,
        )
        return posted.run


class RunFeedbackView(APIView):
    allow_demo = True

    @extend_schema(request=FeedbackSerializer, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, run_id: UUID) -> Response:
        """Say what you think of an answer; ``"rating": null`` takes it back."""
        run = visible_run(request, run_id)
        body = FeedbackSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = feedback_set(run=run, user_id=request.user.pk, **body.validated_data)
        return Response({"run_id": str(run.pk), "feedback": feedback_as_json(given) if given else None})
