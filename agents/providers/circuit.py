"""A circuit breaker: after several failures in a row calls are held back for a while, then one call probes.

Closed: calls go through. Open: none does, until the pause is over. Half open: one call at a time goes through; its
success closes the circuit, its failure opens it for a longer pause. What a call came to is told with the permit it
got, so that calls from before a change of state change nothing. Pure but for the clock; safe between threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["closed", "open", "half_open"]

FAILURES_TO_OPEN = 3
FIRST_PAUSE, LONGEST_PAUSE = 10.0, 120.0
LONGEST_RETRY_AFTER = 600.0
# A probe that nobody ended counts as lost after so many seconds.
PROBE_SECONDS = 120.0


@dataclass(frozen=True)
class Permit:
    """Leave to make one call; ``generation`` counts the circuit's changes of state."""

    generation: int
    probe: bool = False


class Circuit:
    """``on_change(state, reason)`` is called, outside the lock, when calls begin to be held back ("open") and when they
    go through again ("closed"); not for the probes in between."""

    def __init__(
        self,
        on_change: Callable[[State, str], None] = lambda state, reason: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_change = on_change
        self._clock = clock
        self._lock = threading.Lock()
        self._state: State = "closed"
        self._generation = 0
        self._failures = 0
        self._pause = FIRST_PAUSE
        self._until = 0.0
        self._probe_until: float | None = None

    @property
    def state(self) -> State:
        with self._lock:
            return self._state

    def available(self) -> bool:
        """Whether a call would be let through now."""
        with self._lock:
            return self._admits()

    def acquire(self) -> Permit | None:
        """Leave for one call, or None. Who gets a permit tells what came of it: succeeded, failed or released."""
        with self._lock:
            if not self._admits():
                return None
            if self._state == "closed":
                return Permit(self._generation)
            if self._state == "open":
                self._become("half_open")
            else:
                self._generation += 1
            self._probe_until = self._clock() + PROBE_SECONDS
            return Permit(self._generation, probe=True)

    def succeeded(self, permit: Permit) -> None:
        """The call worked: failures are forgotten, and a probe closes the circuit."""
        with self._lock:
            if permit.generation != self._generation:
                return
            self._failures = 0
            if not permit.probe:
                return
            self._become("closed")
            self._pause = FIRST_PAUSE
        self._on_change("closed", "a call succeeded")

    def failed(self, permit: Permit, reason: str, retry_after: float | None = None) -> None:
        """The call failed in a way that others would too. ``retry_after`` (seconds) makes the pause at least as long."""
        with self._lock:
            if permit.generation != self._generation:
                return
            self._failures += 1
            if not permit.probe and self._failures < FAILURES_TO_OPEN:
                return
            if permit.probe:
                self._pause = min(self._pause * 2, LONGEST_PAUSE)
            self._become("open")
            self._until = self._clock() + max(self._pause, min(retry_after or 0, LONGEST_RETRY_AFTER))
        if not permit.probe:
            self._on_change("open", reason)

    def released(self, permit: Permit) -> None:
        """The call says nothing about the server: it was given up, or the request itself was refused."""
        with self._lock:
            if permit.probe and permit.generation == self._generation:
                self._probe_until = None

    def _admits(self) -> bool:
        if self._state == "closed":
            return True
        if self._state == "open":
            return self._clock() >= self._until
        return self._probe_until is None or self._clock() >= self._probe_until

    def _become(self, state: State) -> None:
        self._state = state
        self._generation += 1
        self._failures = 0
        self._probe_until = None
