"""What an answer run is about: who answers, the question, what was said and found. Kept whole while a run is parked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.catalog.definitions import AgentDefinition, definition_named
from agents.catalog.models import Agent
from agents.providers.base import Passage
from agents.runtime.conversation import Turn
from agents.runtime.state import json_ready, passage_from_json


@dataclass(frozen=True, kw_only=True)
class Answerer:
    """Who answers: the instructions, where they may lead to another provider or model, whether the answer rests on
    documents, and the tools it may use."""

    name: str
    instructions: str
    provider: str = ""
    model: str = ""
    knowledge: bool = True
    tools: Sequence[str] = ()

    @classmethod
    def from_definition(cls, definition: AgentDefinition) -> Answerer:
        return cls(name=definition.name, instructions=definition.instructions, tools=definition.tools)

    @classmethod
    def from_row(cls, agent: Agent) -> Answerer:
        """An agent that an organisation made; its ``config`` says ``knowledge`` (true) and ``tools`` (none)."""
        return cls(
            name=agent.name,
            instructions=agent.instructions or agent.description or definition_named("assistant").instructions,
            provider=agent.provider,
            model=agent.model_name,
            knowledge=agent.config.get("knowledge", True) is not False,
            tools=tuple(agent.config.get("tools") or ()),
        )


@dataclass(kw_only=True)
class Subject:
    """``query`` is the question made to stand alone; ``passages`` hold an answer if ``answerable``, else they are the
    nearest ones; ``retrieved`` is what the ledger keeps of the search."""

    question: str
    query: str = ""
    answerer: Answerer
    route: dict[str, Any] = field(default_factory=dict)
    turns: Sequence[Turn] = ()
    passages: Sequence[Passage] = ()
    answerable: bool = False
    searched: int = 0
    index_version: str = ""
    retrieved: Sequence[dict[str, Any]] = ()

    def as_json(self) -> dict[str, Any]:
        """As it is kept while the run is parked; passages that hold an answer are in the turn's state."""
        said = [Turn(turn.sender, turn.text) for turn in self.turns]
        nearest = () if self.answerable else self.passages
        return dataclasses.asdict(dataclasses.replace(self, turns=said, passages=nearest), dict_factory=json_ready)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Subject:
        return cls(
            **{
                **data,
                "answerer": Answerer(**data["answerer"]),
                "turns": [Turn(**turn) for turn in data["turns"]],
                "passages": [passage_from_json(passage) for passage in data["passages"]],
            }
        )
