"""Picks the agent for a message: what the message is like, what the documents found are about, and which words it uses.

Each agent gets a score in 0..1 from three signals: cosine of the message with the agent's nearest example question
(weight .45), share of the found passages that lie in the agent's collections (.40), and whether the message holds one
of its keywords (.15). For an agent that answers by code of its own instead of from documents, the second signal is
whether the message is one of its requests: "my learning plan for Kubernetes" is for it, however much the documents say
about Kubernetes. Confidence is the softmax share of the winner. An action named by the caller decides alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from agents.catalog.definitions import AgentDefinition, definition_for_action, definitions
from agents.embeddings import get_embedder
from agents.embeddings.base import Embedder, EmbeddingError, Vectors

EXAMPLE_WEIGHT, COLLECTION_WEIGHT, KEYWORD_WEIGHT = 0.45, 0.40, 0.15
TEMPERATURE = 0.15
# Cosine from which on a message is like one of an agent's examples.
ALIKE = 0.45


@dataclass(frozen=True)
class Route:
    """The agent chosen, how sure the choice is (0..1), why, and the others with their shares."""

    agent: AgentDefinition
    confidence: float
    reason: str
    alternatives: Mapping[str, float]

    def as_json(self) -> dict[str, Any]:
        return {
            "agent": self.agent.name,
            "confidence": round(self.confidence, 3),
            "reason": self.reason,
            "alternatives": {name: round(share, 3) for name, share in self.alternatives.items()},
        }


def named_route(definition: AgentDefinition) -> Route:
    """The route of a message whose sender named the agent."""
    return Route(definition, 1.0, "You asked for this agent by name.", {})


def route_message(
    message: str, *, action: str = "", found_collections: Sequence[str] = (), vector: Vectors | None = None
) -> Route:
    """Choose among the built-in agents. ``found_collections`` are the collections of the relevant passages, best first;
    ``vector`` is the message's by the configured embedder, if it is known already."""
    candidates = definitions()
    if action.strip() and (owner := definition_for_action(action)) is not None:
        return Route(owner, 1.0, f"The action {action.strip().lower()!r} belongs to this agent.", {})
    similarities = _similarities(message, candidates, get_embedder(), vector)
    signals = {
        definition.name: _signals(definition, message, similarities[definition.name], found_collections)
        for definition in candidates
    }
    shares = _shares({name: sum(parts.values()) for name, parts in signals.items()})
    best = max(shares, key=lambda name: shares[name])
    chosen = next(definition for definition in candidates if definition.name == best)
    others = {name: share for name, share in shares.items() if name != best}
    return Route(chosen, shares[best], _reason(chosen, signals[best], message), others)


def _signals(
    definition: AgentDefinition, message: str, similarity: float, found_collections: Sequence[str]
) -> dict[str, float]:
    inside = sum(collection in definition.collections for collection in found_collections)
    about = inside / len(found_collections) if found_collections else 0.0
    requested = bool(_request(definition, message))
    if definition.responder is not None and similarity < ALIKE and not requested:
        # Of what is like nothing that it does, it has nothing to say; agents that search can at least look.
        similarity = 0.0
    return {
        "examples": EXAMPLE_WEIGHT * max(similarity, 0.0),
        "documents": COLLECTION_WEIGHT * about,
        "requests": COLLECTION_WEIGHT * requested,
        "keywords": KEYWORD_WEIGHT * bool(_keyword(definition, message)),
    }


def _keyword(definition: AgentDefinition, message: str) -> str:
    lowered = message.lower()
    found = (word for word in definition.keywords if re.search(rf"\b{re.escape(word)}(?:s|es)?\b", lowered))
    return next(found, "")


def _request(definition: AgentDefinition, message: str) -> str:
    """The part of a message that asks for what only this agent does."""
    found = (re.search(request, message, re.IGNORECASE) for request in definition.requests)
    return next((match.group().strip() for match in found if match), "")


def _reason(definition: AgentDefinition, signals: Mapping[str, float], message: str) -> str:
    strongest = max(signals, key=lambda name: signals[name])
    if signals[strongest] == 0:
        return "Nothing points elsewhere."
    if strongest == "documents":
        return f"The passages found are about {' and '.join(definition.collections)}."
    if strongest == "requests":
        return f"You ask for it: {_request(definition, message)!r}."
    if strongest == "keywords":
        return f"The question says {_keyword(definition, message)!r}."
    return f"It is like other questions for the {definition.title.lower()} agent."


def _similarities(
    message: str, candidates: Iterable[AgentDefinition], embedder: Embedder, vector: Vectors | None
) -> dict[str, float]:
    try:
        vector = embedder.embed_query(message) if vector is None else vector
        return {item.name: float(np.max(_example_vectors(embedder, item) @ vector)) for item in candidates}  # type: ignore[arg-type]
    except EmbeddingError:
        # Keywords and the passages found still tell.
        return dict.fromkeys((item.name for item in candidates), 0.0)


@lru_cache(maxsize=64)
def _example_vectors(embedder: Any, definition: AgentDefinition) -> np.ndarray:
    return embedder.embed_documents(definition.examples)


def _shares(scores: Mapping[str, float]) -> dict[str, float]:
    """Softmax of the scores."""
    weights = {name: math.exp(score / TEMPERATURE) for name, score in scores.items()}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}
