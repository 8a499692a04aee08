"""Tool calls on their way: asked for, decided, done; and the record that is kept of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from agents.tools.base import Effect


@dataclass(frozen=True, kw_only=True)
class PlannedCall:
    """A tool call that a model asked for. ``request_id`` is the model's own id for it; ``code`` and ``problem`` say why
    it can't be made, if it can't. ``asked`` marks what rules, not a model, read from the person's own message."""

    call_id: str
    request_id: str
    name: str
    arguments: dict[str, Any]
    effect: Effect = "read"
    fingerprint: str = ""
    code: str = ""
    problem: str = ""
    asked: bool = False

    @property
    def waits(self) -> bool:
        """Whether a person must approve it first."""
        return self.effect == "write" or (self.effect == "own" and not self.asked)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What became of a call that needs approval: ``approved``, ``denied`` or ``expired``; by whom, and what they said."""

    state: str
    decided_by: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class CallResult:
    """What a call came to. ``output`` is what the model is told and what is kept, ``characters`` its length before it
    was cut; ``decision`` says that it was denied or expired, ``seconds`` how long it took. ``supports`` tells whether an
    answer can rest on it."""

    call: PlannedCall
    ok: bool
    summary: str
    output: str
    characters: int
    code: str = ""
    decision: str = ""
    supports: bool = False
    seconds: float = 0.0
    data: Mapping[str, Any] = field(default_factory=dict)


class CallLedger(Protocol):
    """Keeps record of a run's tool calls, durably, before and after they are made."""

    async def open(self, calls: Sequence[PlannedCall]) -> set[str]:
        """Note that calls begin. Returns the ids of those that were made before and must not be made again."""
        ...

    async def close(self, results: Sequence[CallResult]) -> None:
        """Note what they came to."""
        ...

    async def refuse(self, calls: Sequence[PlannedCall]) -> None:
        """Note that calls, each with its ``code``, aren't made."""
        ...

    async def propose(self, calls: Sequence[PlannedCall], summaries: Mapping[str, str]) -> dict[str, str]:
        """Ask for approvals. Returns when each expires (ISO 8601) by call id; those left out were made before."""
        ...

    async def decisions(self, call_ids: Sequence[str]) -> dict[str, Decision]:
        """What was decided, by call id; undecided ones are left out."""
        ...

    async def start(self, call_id: str) -> bool:
        """Begin an approved call; False when it isn't approved (any more), for then it must not be made."""
        ...
