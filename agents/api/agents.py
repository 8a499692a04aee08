"""Agents: list, make, one."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.serializers import AgentSerializer
from agents.catalog.selectors import agent_as_json, agents_of
from agents.catalog.services import agent_create
from aurora_site.accounts.permissions import IsEditor, IsViewer
from aurora_site.core.http.errors import NotFound


class AgentsView(APIView):
    def get_permissions(self) -> list[Any]:
        return [IsEditor() if self.request.method == "POST" else IsViewer()]

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The agents you can ask: the built-in ones, then your organisation's."""
        return Response([agent_as_json(agent) for agent in agents_of(request.auth.organization_id)])

    @extend_schema(request=AgentSerializer, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Make an agent for your organisation."""
        serializer = AgentSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        agent = agent_create(
            organization_id=request.auth.organization_id, actor_id=request.user.pk, **serializer.validated_data
        )
        return Response(agent_as_json(agent), status=201)


class AgentView(APIView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, name: str) -> Response:
        """One agent."""
        agent = agents_of(request.auth.organization_id).filter(name=name).first()
        if agent is None:
            raise NotFound(f"Agent {name} not found")
        return Response(agent_as_json(agent))
