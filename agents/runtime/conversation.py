"""What was said before a question: the turns of its conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Sender = Literal["user", "assistant"]


@dataclass(frozen=True)
class Turn:
    """One thing said; ``citations`` are those of an answer, as clients see them."""

    sender: Sender
    text: str
    citations: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Conversation:
    """The turns before a question, oldest first; the question itself isn't among them."""

    turns: Sequence[Turn] = field(default_factory=tuple)

    def __bool__(self) -> bool:
        return bool(self.turns)

    def last_answer(self) -> Turn | None:
        """The latest answer, if there is one."""
        return next((turn for turn in reversed(self.turns) if turn.sender == "assistant"), None)
