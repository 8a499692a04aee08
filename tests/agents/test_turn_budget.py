"""What a run may spend, and how it is told that a limit is reached."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from agents.providers.base import Usage
from agents.runtime.budget import Budget, BudgetExceeded, Limits, Spent
from agents.runtime.deadline import Deadline, DeadlinePassed


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def budget(spent: Spent | None = None, **limits: float) -> tuple[Budget, Clock]:
    clock = Clock()
    return Budget(Limits(**limits), spent or Spent(), clock), clock  # type: ignore[arg-type]


def exceeded(tried: Budget, prompt_tokens: int = 1) -> str:
    with pytest.raises(BudgetExceeded) as refusal:
        tried.completion_room(prompt_tokens, 100)
    assert str(refusal.value).startswith("The run used up its budget of ")
    return refusal.value.budget


def test_within_its_limits_a_model_may_write_as_much_as_it_takes() -> None:
    fresh, _ = budget(tokens=1000)
    assert fresh.completion_room(200, 100) == 100


def test_the_last_tokens_are_all_that_a_model_may_write() -> None:
    fresh, _ = budget(tokens=1000)
    fresh.charge(Usage(prompt_tokens=500, completion_tokens=250))
    assert fresh.completion_room(200, 100) == 50
    assert exceeded(fresh, prompt_tokens=250) == "tokens"


def test_steps_run_out() -> None:
    tried, _ = budget(steps=2)
    assert not tried.is_last_step()
    tried.spent.steps = 1
    assert tried.is_last_step()
    tried.spent.steps = 2
    assert exceeded(tried) == "steps"


def test_seconds_run_out_and_those_between_two_stretches_do_not_count() -> None:
    first, clock = budget(seconds=10.0)
    clock.now += 6
    parked = first.settle()
    assert parked.seconds == 6
    second, clock = budget(parked, seconds=10.0)
    clock.now += 3
    assert second.seconds_left() == 1
    clock.now += 1
    assert exceeded(second) == "seconds"


def test_cost_runs_out_where_a_price_is_known() -> None:
    tried, _ = budget(cost_usd=0.5)
    tried.charge(Usage(prompt_tokens=1, completion_tokens=1))
    tried.completion_room(1, 1)
    tried.charge(Usage(prompt_tokens=1, completion_tokens=1, cost_usd=0.5))
    assert exceeded(tried) == "cost"


def test_without_a_limit_cost_is_only_counted() -> None:
    tried, _ = budget()
    for _ in range(2):
        tried.charge(Usage(prompt_tokens=10, completion_tokens=1, estimated=True, cost_usd=0.25, cost_estimated=True))
    assert tried.completion_room(1, 5) == 5
    assert tried.spent.as_usage() == {
        "prompt_tokens": 20, "completion_tokens": 2, "estimated": True, "cost_usd": 0.5, "cost_estimated": True,
    }  # fmt: skip


def test_nothing_used_is_no_usage() -> None:
    assert Spent().as_usage() == {}


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"seconds": 0.0}, "0 seconds (AURORA_RUN_SECONDS)"),
        ({"steps": 0}, "0 steps (AURORA_RUN_STEPS)"),
        ({"tokens": 0}, "0 tokens (AURORA_RUN_TOKENS)"),
    ],
)
def test_the_refusal_names_the_setting(limit: dict[str, float], words: str) -> None:
    tried, _ = budget(**limit)
    with pytest.raises(BudgetExceeded) as refusal:
        tried.completion_room(1, 1)
    assert str(refusal.value) == f"The run used up its budget of {words}."


async def numbers(*pauses: float) -> AsyncGenerator[int, None]:
    for number, pause in enumerate(pauses):
        await asyncio.sleep(pause)
        yield number


async def test_a_stream_within_its_time_comes_through_whole() -> None:
    with Deadline(numbers(0, 0, 0), 10) as bounded:
        items = [await bounded.next() for _ in range(4)]
    assert items == [0, 1, 2, None]


async def test_a_stream_that_stalls_is_left_when_its_time_is_up() -> None:
    with Deadline(numbers(0, 60), 0.05) as bounded:
        assert await bounded.next() == 0
        with pytest.raises(DeadlinePassed):
            await bounded.next()
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]


async def test_time_that_ran_out_elsewhere_interrupts_nothing_there() -> None:
    with Deadline(numbers(0, 0), 0.01) as bounded:
        assert await bounded.next() == 0
        await asyncio.sleep(0.05)
        with pytest.raises(DeadlinePassed):
            await bounded.next()


async def test_who_is_cancelled_while_waiting_is_cancelled() -> None:
    async def wait() -> None:
        with Deadline(numbers(60), 60) as bounded:
            await bounded.next()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
