"""Chat sessions: list, make, one."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.serializers import ChatSessionSerializer
from agents.chat.selectors import session_as_json, session_with_messages, sessions_of
from agents.chat.services import session_create
from aurora_site.core.http.errors import NotFound
from aurora_site.core.http.pagination import page


class SessionsView(APIView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Your chat sessions, latest first."""
        sessions = sessions_of(request.auth.organization_id, request.user.pk)
        items, total = page(request, sessions, session_as_json)
        return Response({"sessions": items, "total": total})

    @extend_schema(request=ChatSessionSerializer, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Make a chat session, empty or with messages."""
        serializer = ChatSessionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        session = session_create(
            organization_id=request.auth.organization_id, user_id=request.user.pk, **serializer.validated_data
        )
        return Response(session_with_messages(session), status=201)


class SessionView(APIView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, session_id: UUID) -> Response:
        """One of your sessions with its messages."""
        session = sessions_of(request.auth.organization_id, request.user.pk).filter(pk=session_id).first()
        if session is None:
            raise NotFound("There is no such chat session.")
        return Response(session_with_messages(session))
