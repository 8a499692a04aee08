"""Where a turn stands: everything that it needs to go on after an approval, in another process."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from agents.providers.base import Passage, PassageSentence, ToolRequest
from agents.runtime.budget import Spent
from agents.runtime.calls import CallResult, PlannedCall
from agents.runtime.context import Exchange, ToolReply


@dataclass
class TurnState:
    """``text`` is what was shown so far; ``held`` what the model wrote while there was nothing to rest it on, and
    ``supported`` whether there is; the first ``given`` passages came with the question; ``pending`` are the calls of the
    last exchange that have no reply yet, ``proposed`` the ids of those that a person was asked about."""

    passages: list[Passage] = field(default_factory=list)
    given: int = 0
    exchanges: list[Exchange] = field(default_factory=list)
    pending: list[PlannedCall] = field(default_factory=list)
    spent: Spent = field(default_factory=Spent)
    text: str = ""
    held: str = ""
    supported: bool = False
    provider: int = 0
    calls: int = 0
    seen: list[str] = field(default_factory=list)
    proposed: list[str] = field(default_factory=list)
    done: list[dict[str, Any]] = field(default_factory=list)
    shortened: bool = False
    first_text_ms: float | None = None
    charged: dict[str, str] = field(default_factory=dict)

    def add_passages(self, found: Sequence[Passage]) -> list[Passage]:
        """Number passages after those that are there; one that is there already keeps its number."""
        known = {passage.id: passage for passage in self.passages}
        numbered = []
        for passage in found:
            if passage.id not in known:
                known[passage.id] = dataclasses.replace(passage, number=len(self.passages) + 1)
                self.passages.append(known[passage.id])
            numbered.append(known[passage.id])
        return numbered

    def settle(self, result: CallResult) -> None:
        """Note what a pending call came to, which the model is told, in the order of its requests."""
        call, last = result.call, self.exchanges[-1]
        replies = (*last.replies, ToolReply(call.request_id, call.name, result.output))
        self.exchanges[-1] = dataclasses.replace(last, replies=replies)
        self.pending.remove(call)
        self.supported = self.supported or result.supports
        brief = {"call_id": call.call_id, "name": call.name, "effect": call.effect, "ok": result.ok}
        self.done.append({**brief, "code": result.code} if result.code else brief)

    def refuse(self, call: PlannedCall, code: str, problem: str) -> None:
        """Mark a pending call as one that can't be made."""
        self.pending[self.pending.index(call)] = dataclasses.replace(call, code=code, problem=problem)

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self, dict_factory=json_ready)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TurnState:
        return cls(
            **{
                **data,
                "passages": [passage_from_json(item) for item in data["passages"]],
                "exchanges": [_exchange(item) for item in data["exchanges"]],
                "pending": [PlannedCall(**item) for item in data["pending"]],
                "spent": Spent(**data["spent"]),
            }
        )


def json_ready(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A dictionary for ``dataclasses.asdict``, with dates as JSON has them."""
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in items}


def passage_from_json(data: Mapping[str, Any]) -> Passage:
    sentences = [PassageSentence(**item) for item in data["sentences"]]
    dated = date.fromisoformat(data["dated"]) if data.get("dated") else None
    return Passage(**{**data, "sentences": sentences, "dated": dated})


def _exchange(data: Mapping[str, Any]) -> Exchange:
    return Exchange(
        data["text"],
        tuple(ToolRequest(**item) for item in data["requests"]),
        tuple(ToolReply(**item) for item in data["replies"]),
    )
