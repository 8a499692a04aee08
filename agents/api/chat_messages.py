"""Messages of a chat session: read, ask, edit, answer anew."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from adrf.views import APIView
from asgiref.sync import sync_to_async
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.answers import idempotency_key, wants_events
from agents.api.chat import MAXIMUM_POSITION, own_session, owner, validated
from agents.api.chat_serializers import AnswerInput, PostInput, QuestionText
from agents.api.streams import EventStreamRenderer, sse_response
from agents.chat.asking import Posted, message_edit, message_post, message_regenerate, posted_begin
from agents.chat.selectors import MAXIMUM_SHOWN, messages_after
from aurora_site.core.http.pagination import integer_parameter


async def accepted(request: Request, posted: Posted) -> HttpResponseBase:
    """Begin the answer; say where it can be watched, or show it at once to those who accept an event stream."""
    run_id = str(posted.run.pk)
    await posted_begin(posted)
    if wants_events(request):
        return sse_response(run_id, identity=request.auth)
    return Response(posted.as_json(), status=202, headers={"Location": f"/api/v1/runs/{run_id}/stream"})


class MessagesView(APIView):
    allow_demo = True
    renderer_classes = [JSONRenderer, EventStreamRenderer]

    @extend_schema(responses=OpenApiTypes.OBJECT)
    async def get(self, request: Request, session_id: UUID) -> Response:
        """The finished messages below position ``after``, for clients that poll."""

        def read() -> dict[str, Any]:
            after = integer_parameter(request, "after", default=0, minimum=0, maximum=MAXIMUM_POSITION)
            limit = integer_parameter(request, "limit", default=MAXIMUM_SHOWN, minimum=1, maximum=MAXIMUM_SHOWN)
            session = own_session(request, session_id)
            return messages_after(session, user_id=request.auth.user_id, after=after, limit=limit)

        return Response(await sync_to_async(read)())

    @extend_schema(request=PostInput, responses={202: OpenApiTypes.OBJECT})
    async def post(self, request: Request, session_id: UUID) -> HttpResponseBase:
        """Ask a question in a session."""

        def ask() -> Posted:
            return message_post(
                **owner(request),
                **validated(PostInput, request.data),
                session_id=session_id,
                idempotency_key=idempotency_key(request),
            )

        return await accepted(request, await sync_to_async(ask)())


class MessageEditView(APIView):
    allow_demo = True
    renderer_classes = [JSONRenderer, EventStreamRenderer]

    @extend_schema(request=QuestionText, responses={202: OpenApiTypes.OBJECT})
    async def post(self, request: Request, session_id: UUID, message_id: UUID) -> HttpResponseBase:
        """Ask a question in another way; the conversation as it was stays as a branch."""

        def edit() -> Posted:
            return message_edit(
                **owner(request),
                **validated(QuestionText, request.data),
                session_id=session_id,
                message_id=message_id,
                idempotency_key=idempotency_key(request),
            )

        return await accepted(request, await sync_to_async(edit)())


class MessageRegenerateView(APIView):
    allow_demo = True
    renderer_classes = [JSONRenderer, EventStreamRenderer]

    @extend_schema(request=AnswerInput, responses={202: OpenApiTypes.OBJECT})
    async def post(self, request: Request, session_id: UUID, message_id: UUID) -> HttpResponseBase:
        """Answer a question once more; the earlier answers stay as branches."""

        def regenerate() -> Posted:
            return message_regenerate(
                **owner(request),
                **validated(AnswerInput, request.data),
                session_id=session_id,
                message_id=message_id,
                idempotency_key=idempotency_key(request),
            )

        return await accepted(request, await sync_to_async(regenerate)())
