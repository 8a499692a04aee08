"""Agents: list, make, one."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.serializers import AgentSerializer
from agents.catalog.selectors import agent_as_json, agents_of
from agents.catalog.services import agent_create
from aurora_site.accounts.api_view import OrganizationView
from aurora_site.core.http.errors import NotFound


class AgentsView(OrganizationView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The agents you can ask: the built-in ones, then your organisation's."""
        return Response([agent_as_json(agent) for agent in agents_of(request.auth.organization_id)])

    @extend_schema(request=AgentSerializer, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Make an agent for your organisation."""
        agent = agent_create(**self.actor, **self.validated(AgentSerializer))
        return Response(agent_as_json(agent), status=201)


class AgentView(OrganizationView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, name: str) -> Response:
        """One agent."""
        agent = agents_of(request.auth.organization_id).filter(name=name).first()
        if agent is None:
            raise NotFound(f"Agent {name} not found")
        return Response(agent_as_json(agent))
