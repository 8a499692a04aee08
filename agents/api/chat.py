"""Chat sessions: list, make, read, change, delete."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from adrf.views import APIView as AsyncAPIView
from asgiref.sync import sync_to_async
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from agents.api.chat_serializers import SearchInput, SessionChange, SessionInput
from agents.chat.errors import UnknownSession
from agents.chat.models import ChatSession
from agents.chat.selectors import (
    MAXIMUM_SHOWN,
    session_get,
    session_in_full,
    session_status,
    sessions_as_json,
    sessions_of,
)
from agents.chat.services import session_create, session_delete, session_update
from agents.runs import bell, dispatch
from aurora_site.core.http.pagination import integer_parameter, page

MAXIMUM_POSITION = 2**31 - 1


def validated(serializer_class: type[BaseSerializer], data: Any) -> dict[str, Any]:
    """The data, checked. Raises ValidationError naming the fields."""
    serializer = serializer_class(data=data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def owner(request: Request) -> dict[str, Any]:
    """Whose sessions a request is about: its own caller's, whatever their role."""
    return {"organization_id": request.auth.organization_id, "user_id": request.auth.user_id}


def own_session(request: Request, session_id: UUID) -> ChatSession:
    """The caller's session. Raises UnknownSession."""
    session = session_get(**owner(request), session_id=session_id)
    if session is None:
        raise UnknownSession
    return session


def shown_session(request: Request, session: ChatSession) -> dict[str, Any]:
    """A session with its messages, as ``limit`` and ``before`` ask. Raises BadRequest for numbers out of range."""
    limit = integer_parameter(request, "limit", default=MAXIMUM_SHOWN, minimum=1, maximum=MAXIMUM_SHOWN)
    before = integer_parameter(request, "before", default=0, minimum=1, maximum=MAXIMUM_POSITION) or None
    return session_in_full(session, user_id=request.auth.user_id, before=before, limit=limit)


class SessionsView(APIView):
    allow_demo = True

    @extend_schema(parameters=[SearchInput], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Your chat sessions, latest first; ``q`` searches titles and messages, ``status`` filters."""
        query = validated(SearchInput, request.query_params)
        sessions = sessions_of(**owner(request), text=query["q"], status=query["status"])
        items, total = page(request, sessions, lambda session: session)
        return Response({"sessions": sessions_as_json(items), "total": total})

    @extend_schema(request=SessionInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Make a chat session, empty or with messages."""
        session = session_create(**owner(request), **validated(SessionInput, request.data))
        return Response(session_in_full(session, user_id=request.auth.user_id), status=201)


class SessionView(AsyncAPIView):
    allow_demo = True

    @extend_schema(responses=OpenApiTypes.OBJECT)
    async def get(self, request: Request, session_id: UUID) -> Response:
        """One of your sessions with the branch of its messages that is shown, and the runs that answer in it."""

        def read() -> dict[str, Any]:
            return shown_session(request, own_session(request, session_id))

        return Response(await sync_to_async(read)())

    @extend_schema(request=SessionChange, responses=OpenApiTypes.OBJECT)
    async def put(self, request: Request, session_id: UUID) -> Response:
        """Change a session's title, messages, interface state or shown branch."""

        def change() -> dict[str, Any]:
            body = validated(SessionChange, request.data)
            return shown_session(request, session_update(**owner(request), session_id=session_id, **body))

        answer = await sync_to_async(change)()
        await bell.ring_session(str(session_id))
        return Response(answer)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    async def delete(self, request: Request, session_id: UUID) -> Response:
        """Delete a session; what is being answered in it is stopped."""
        stopped = await sync_to_async(session_delete)(**owner(request), session_id=session_id)
        for run_id in stopped:
            await dispatch.cancel(run_id)
        await bell.ring_session(str(session_id))
        return Response({"message": "Chat session deleted successfully"})


class SessionStatusView(APIView):
    allow_demo = True

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, session_id: UUID) -> Response:
        """Whether a session is being answered: ``{"status","message_count"}``."""
        return Response(session_status(own_session(request, session_id)))
