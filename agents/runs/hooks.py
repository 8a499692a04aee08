"""What upper layers do when a run ends, in the transaction that ends it."""

from __future__ import annotations

from collections.abc import Callable

from agents.runs.executors import RunOutcome
from agents.runs.models import Run

FinishHook = Callable[[Run, RunOutcome], None]

_on_finish: list[FinishHook] = []


def on_finish(hook: FinishHook) -> FinishHook:
    """Have a function called with each run that ends, however it ends, and what it came to.

    It gets the locked row with its final state, inside the transaction; what it raises undoes the ending.
    """
    if hook not in _on_finish:
        _on_finish.append(hook)
    return hook


def call_on_finish(run: Run, outcome: RunOutcome) -> None:
    """Call everything registered."""
    for hook in _on_finish:
        hook(run, outcome)
