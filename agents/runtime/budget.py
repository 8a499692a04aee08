"""What a run may spend: steps, tokens, seconds, cost. Pure: the caller tells what was used, and asks before it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from agents.providers.base import Usage

BudgetName = Literal["steps", "tokens", "seconds", "cost"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that a run may use. ``steps`` are calls of its model; ``tokens`` are those asked and written together;
    ``cost_usd`` 0 is no limit; ``tool_output`` is in characters for each call."""

    steps: int = 8
    tokens: int = 60_000
    seconds: float = 300.0
    cost_usd: float = 0.0
    tool_output: int = 16_000


class BudgetExceeded(Exception):
    """A limit was reached; ``budget`` says which."""

    def __init__(self, budget: BudgetName, limits: Limits) -> None:
        self.budget = budget
        super().__init__(f"The run used up its budget of {_described(budget, limits)}.")


@dataclass
class Spent:
    """What a run has used so far. ``cost_usd`` is None while no price is known; ``seconds`` are those of earlier
    stretches, without the waiting between them."""

    steps: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    cost_usd: float | None = None
    cost_estimated: bool = False
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def as_usage(self) -> dict[str, Any]:
        """The fields of a ``usage`` event; empty when no tokens were used."""
        if not self.tokens:
            return {}
        usage = {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "estimated": self.estimated,
            "cost_usd": None if self.cost_usd is None else round(self.cost_usd, 8),
        }
        return usage if self.cost_usd is None else {**usage, "cost_estimated": self.cost_estimated}


@dataclass
class Budget:
    """Compares what was spent with the limits. Seconds count from the making of this object."""

    limits: Limits
    spent: Spent = field(default_factory=Spent)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._begun = self.clock()
        self._earlier = self.spent.seconds

    def charge(self, usage: Usage) -> None:
        """Add what a model call used."""
        spent = self.spent
        spent.prompt_tokens += usage.prompt_tokens
        spent.completion_tokens += usage.completion_tokens
        spent.estimated = spent.estimated or usage.estimated
        if usage.cost_usd is not None:
            spent.cost_usd = (spent.cost_usd or 0.0) + usage.cost_usd
            spent.cost_estimated = spent.cost_estimated or usage.cost_estimated

    def settle(self) -> Spent:
        """What was spent until now, seconds included."""
        self.spent.seconds = self._earlier + self.clock() - self._begun
        return self.spent

    def seconds_left(self) -> float:
        """0 or less when none is left."""
        return self.limits.seconds - self.settle().seconds

    def is_last_step(self) -> bool:
        """Whether the model may be asked only once more."""
        return self.spent.steps >= self.limits.steps - 1

    def completion_room(self, prompt_tokens: int, most: int) -> int:
        """How many tokens (at most ``most``) the model may write after a prompt of so many.

        Raises BudgetExceeded when the model may not be asked at all.
        """
        room = self.limits.tokens - self.spent.tokens - prompt_tokens
        if self.spent.steps >= self.limits.steps:
            raise BudgetExceeded("steps", self.limits)
        if self.seconds_left() <= 0:
            raise BudgetExceeded("seconds", self.limits)
        if room < 1:
            raise BudgetExceeded("tokens", self.limits)
        if self.limits.cost_usd and (self.spent.cost_usd or 0.0) >= self.limits.cost_usd:
            raise BudgetExceeded("cost", self.limits)
        return min(most, room)


def _described(budget: BudgetName, limits: Limits) -> str:
    match budget:
        case "steps":
            return f"{limits.steps} steps (AURORA_RUN_STEPS)"
        case "tokens":
            return f"{limits.tokens} tokens (AURORA_RUN_TOKENS)"
        case "seconds":
            return f"{limits.seconds:g} seconds (AURORA_RUN_SECONDS)"
        case "cost":
            return f"{limits.cost_usd:g} US dollars (AURORA_RUN_COST_USD)"
