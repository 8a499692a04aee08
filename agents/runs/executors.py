"""Which code carries out which kind of run. Upper layers register theirs when they start."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

from agents.runtime.events import Event


@dataclass(frozen=True, kw_only=True)
class RunContext:
    """A run as its executor sees it. ``checkpoint`` is set when it goes on after an approval; ``session_id`` is empty
    outside a conversation."""

    run_id: str
    trace_id: str
    organization_id: str
    actor_id: str
    agent: str
    input: dict[str, Any]
    kind: str = "answer"
    session_id: str = ""
    attempt: int = 1
    checkpoint: dict[str, Any] | None = None


@dataclass
class RunOutcome:
    """What a run came to; the executor fills it in while its events are consumed.

    An executor that needs a person's approval sets ``checkpoint`` to JSON that it can go on from, and ends: the run is
    parked, and nothing of it keeps running. Once decided, it is called again with that checkpoint in its context.
    """

    agent: str = ""
    mode: str = ""
    route: dict[str, Any] = field(default_factory=dict)
    output: dict[str, Any] = field(default_factory=dict)
    usage: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] = field(default_factory=dict)
    ledger: dict[str, Any] = field(default_factory=dict)
    personal: dict[str, str] = field(default_factory=dict)
    checkpoint: dict[str, Any] | None = None


Executor = Callable[[RunContext, RunOutcome], AsyncGenerator[Event, None]]

_executors: dict[str, Executor] = {}


def register(kind: str, executor: Executor) -> None:
    """Make ``executor`` carry out the runs of a kind."""
    _executors[kind] = executor


def kinds() -> frozenset[str]:
    """The kinds that can be carried out."""
    return frozenset(_executors)


def executor_for(kind: str) -> Executor:
    """The executor of a kind. Raises KeyError when none is registered."""
    return _executors[kind]
