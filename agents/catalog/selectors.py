"""Reads of agents: the built-in ones and those of an organisation, under one set of names."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from agents.catalog.definitions import AgentDefinition, UnknownAgent, definition_named
from agents.catalog.models import Agent


def agents_of(organization_id: object) -> QuerySet[Agent]:
    """The agents that an organisation can use: the built-in ones, then its own."""
    return Agent.objects.filter(Q(organization_id=organization_id) | Q(is_builtin=True))


def agent_for_run(organization_id: object, name: str) -> AgentDefinition | Agent:
    """The agent of that name: built-in by name or alias, else the organisation's own. Raises UnknownAgent."""
    try:
        return definition_named(name)
    except UnknownAgent:
        agent = Agent.objects.for_organization(organization_id).filter(name=name).first()
        if agent is None:
            raise
        return agent


def agent_as_json(agent: Agent) -> dict[str, Any]:
    """An agent as the API shows it."""
    return {
        "name": agent.name,
        "description": agent.description,
        "status": "idle",
        "agent_type": agent.agent_type,
        "provider": agent.provider,
        "model_name": agent.model_name,
        "config": agent.config,
        "builtin": agent.is_builtin,
        "created_at": agent.created_at,
        "last_run": None,
    }
