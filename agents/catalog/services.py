"""Writes of agents."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from agents.catalog.definitions import UnknownAgent, definition_named, definitions
from agents.catalog.models import Agent
from audit.services import record


class AgentNameTaken(Exception):
    """The organisation has an agent of that name, or a built-in agent bears it."""


def builtin_agents_store(**_signal: Any) -> None:
    """Mirror the built-in agents of the code into the table that operators see. Runs after migrations; idempotent."""
    for definition in definitions():
        Agent.objects.update_or_create(
            key=f"builtin:{definition.name}",
            defaults={
                "name": definition.name,
                "description": definition.description,
                "instructions": definition.instructions,
                "is_builtin": True,
                "config": {"aliases": list(definition.aliases), "examples": list(definition.examples)},
            },
        )
    names = [definition.name for definition in definitions()]
    Agent.objects.filter(is_builtin=True).exclude(name__in=names).delete()


def agent_create(*, organization_id: object, actor_id: str, name: str, **fields: Any) -> Agent:
    """Make an agent for an organisation. Raises AgentNameTaken."""
    taken = f"There is an agent called {name!r} already. Choose another name."
    try:
        definition_named(name)
    except UnknownAgent:
        pass
    else:
        raise AgentNameTaken(taken)
    try:
        with transaction.atomic():
            agent = Agent.objects.create(organization_id=organization_id, name=name, created_by_id=actor_id, **fields)
            record(
                event="agents.agent_created",
                organization_id=organization_id,
                actor_id=actor_id,
                subject=("agent", agent.pk),
                data={"name": name, "provider": agent.provider, "model": agent.model_name},
            )
    except IntegrityError as error:
        raise AgentNameTaken(taken) from error
    return agent
