"""Questions: ``/v1/agents/execute``, ``/v1/aurora`` and ``/agents/{name}/stream``."""

from __future__ import annotations

from typing import Any

from adrf.views import APIView
from asgiref.sync import sync_to_async
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.serializers import AskSerializer, ExecuteSerializer, StreamSerializer
from agents.api.streams import EVENT_STREAM, EventStreamRenderer, PlainTextRenderer, sse_response, text_response
from agents.catalog.selectors import agent_for_run
from agents.runs import dispatch
from agents.runs.database import in_database
from agents.runs.ending import latency_ms
from agents.runs.models import Run
from agents.runs.reader import wait_until_finished
from agents.runs.services import run_create
from audit.services import record
from aurora_site.accounts.identity import Identity
from aurora_site.core.http.errors import ApiError, BadRequest, Forbidden

NO_CONSENT = {"status": "ok", "output": {"answer": "Consent required."}, "meta": {}}
# Names under which clients of the learning API know the demo organisation and its learner.
DEMO_NAMES = {"org_id": "demo_org", "user_id": "demo_user"}
ANY_AGENT = "aurora"
MAXIMUM_IDEMPOTENCY_KEY = 200


class AnswerView(APIView):
    """Base of the views that start a run. Visitors of a development demo may ask as its learner."""

    allow_demo = True
    serializer_class: type[AskSerializer] = AskSerializer

    def validated(self, request: Request) -> dict[str, Any]:
        """The checked body. Raises ValidationError, and Forbidden for another's organisation or user."""
        serializer = self.serializer_class(data=request.data)
        serializer.is_valid(raise_exception=True)
        body: dict[str, Any] = serializer.validated_data
        _require_own(request.auth, body)
        return body

    def start(self, request: Request, body: dict[str, Any], agent: str) -> tuple[Run, bool]:
        """Make the run, or join the one made with the same key. Raises UnknownAgent."""
        identity: Identity = request.auth
        if agent:
            agent_for_run(identity.organization_id, agent)
        if not body["consent"]:
            return run_create(
                organization_id=identity.organization_id,
                actor_id=request.user.pk,
                kind="refusal",
                agent=agent,
                input={"consent": False},
            )
        return run_create(
            organization_id=identity.organization_id,
            actor_id=request.user.pk,
            kind="answer",
            agent=agent,
            input={"question": body["question"], "action": body["action"], "agent": agent, **_given(body)},
            idempotency_key=idempotency_key(request),
        )

    async def answered(self, request: Request, agent_field: str | None) -> Response:
        """Start a run, wait for its end, and answer as the learning API does."""
        body = await sync_to_async(self.validated)(request)
        agent = body[agent_field] if agent_field else ""
        if not body["consent"]:
            await sync_to_async(_record_refusal)(request, agent)
            return Response(NO_CONSENT)
        run, made = await sync_to_async(self.start)(request, body, agent)
        if made:
            await dispatch.start(str(run.pk))
        await wait_until_finished(str(run.pk))
        run = await in_database(Run.objects.get, pk=run.pk)
        return Response(_body(run), headers={"Location": f"/api/v1/runs/{run.pk}/stream"})


class ExecuteView(AnswerView):
    serializer_class = ExecuteSerializer

    @extend_schema(request=ExecuteSerializer, responses=OpenApiTypes.OBJECT)
    async def post(self, request: Request) -> Response:
        """Ask one agent and wait for its answer."""
        return await self.answered(request, "agent_id")


class AuroraView(AnswerView):
    renderer_classes = [JSONRenderer, EventStreamRenderer]

    @extend_schema(request=AskSerializer, responses=OpenApiTypes.OBJECT)
    async def post(self, request: Request) -> HttpResponseBase:
        """Ask whichever agent fits; the answer says which one and why."""
        if wants_events(request):
            return await stream(self, request, "")
        return await self.answered(request, None)


class StreamView(AnswerView):
    serializer_class = StreamSerializer
    renderer_classes = [JSONRenderer, EventStreamRenderer, PlainTextRenderer]

    @extend_schema(request=StreamSerializer, responses={(200, EVENT_STREAM): OpenApiTypes.STR})
    async def post(self, request: Request, name: str) -> HttpResponseBase:
        """Ask an agent (``aurora`` picks one) and watch it answer: events if ``Accept`` names them, else plain text."""
        return await stream(self, request, "" if name == ANY_AGENT else name)


async def stream(view: AnswerView, request: Request, agent: str) -> HttpResponseBase:
    """Start a run and show it as it goes."""
    body = await sync_to_async(view.validated)(request)
    run, made = await sync_to_async(view.start)(request, body, agent)
    if made:
        await dispatch.start(str(run.pk))
    if wants_events(request):
        return sse_response(str(run.pk), identity=request.auth)
    return text_response(str(run.pk))


def wants_events(request: Request) -> bool:
    """Whether ``Accept`` names the event stream; ``*/*`` does not count."""
    return any(
        part.split(";")[0].strip().lower() == EVENT_STREAM for part in request.headers.get("Accept", "").split(",")
    )


def _given(body: dict[str, Any]) -> dict[str, Any]:
    return {"given": body["given"]} if body["given"] else {}


def _require_own(identity: Identity, body: dict[str, Any]) -> None:
    """Refuse a body that names another organisation or user than the caller's."""
    own = {
        "org_id": {str(identity.organization_id), identity.organization.slug},
        "user_id": {identity.user.pk},
    }
    for name, allowed in own.items():
        if name in body and body[name] not in allowed and not (identity.is_demo and body[name] == DEMO_NAMES[name]):
            raise Forbidden(f"{name} must be your own.", fields={name: ["It isn't yours. Leave it out."]})


def idempotency_key(request: Request) -> str:
    """The header of that name, empty without. Raises BadRequest for one that is too long."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > MAXIMUM_IDEMPOTENCY_KEY:
        raise BadRequest(f"Idempotency-Key: Use at most {MAXIMUM_IDEMPOTENCY_KEY} characters.")
    return key


def _record_refusal(request: Request, agent: str) -> None:
    record(
        event="agents.consent_refused",
        organization_id=request.auth.organization_id,
        actor_id=request.user.pk,
        subject=("agent", agent),
        data={"agent": agent, "consent": False, "request_id": getattr(request, "request_id", "")},
    )


def _body(run: Run) -> dict[str, Any]:
    """The learning API's answer. Raises ApiError for a run that failed or was stopped before it had an answer."""
    if run.state != Run.State.SUCCEEDED and not run.output.get("answer"):
        raise _failure(run)
    return {
        "status": "ok" if run.state == Run.State.SUCCEEDED else run.state,
        "output": run.output,
        "route": run.route or None,
        "meta": {
            "agent_id": run.agent,
            "run_id": str(run.pk),
            "trace_id": run.trace_id,
            "latency_ms": latency_ms(run),
            "mode": run.mode,
            "usage": run.usage or None,
        },
    }


class RunFailed(ApiError):
    status, default_code = 502, "RUN_FAILED"


class RunStopped(ApiError):
    status, default_code = 409, "RUN_CANCELLED"


def _failure(run: Run) -> ApiError:
    if run.state == Run.State.CANCELLED:
        return RunStopped("The run was stopped before it had an answer.")
    return RunFailed(run.error.get("message", "The run failed."), code=run.error.get("code"))
