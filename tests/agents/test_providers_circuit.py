"""The circuit breaker: when calls are held back, for how long, and what lets them through again."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agents.providers.circuit import (
    FAILURES_TO_OPEN,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    LONGEST_RETRY_AFTER,
    PROBE_SECONDS,
    Circuit,
    Permit,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def failing(circuit: Circuit, times: int = FAILURES_TO_OPEN, **more: Any) -> None:
    for _ in range(times):
        permit = circuit.acquire()
        assert permit
        circuit.failed(permit, "down", **more)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def changes() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def circuit(clock: Clock, changes: list[tuple[str, str]]) -> Circuit:
    return Circuit(on_change=lambda state, reason: changes.append((state, reason)), clock=clock)


def test_three_failures_in_a_row_open_it_and_a_success_between_starts_anew(
    circuit: Circuit, changes: list[tuple[str, str]]
) -> None:
    failing(circuit, 2)
    permit = circuit.acquire()
    assert permit
    circuit.succeeded(permit)
    failing(circuit, 2)
    assert circuit.available()
    failing(circuit, 1)
    assert not circuit.available()
    assert circuit.acquire() is None
    assert changes == [("open", "down")]


def test_one_probe_goes_through_after_the_pause_and_closes_it(
    circuit: Circuit, clock: Clock, changes: list[tuple[str, str]]
) -> None:
    failing(circuit)
    clock.now += FIRST_PAUSE - 0.001
    assert circuit.acquire() is None
    clock.now += 0.001
    probe = circuit.acquire()
    assert probe and probe.probe
    assert circuit.acquire() is None
    assert not circuit.available()
    circuit.succeeded(probe)
    assert circuit.state == "closed"
    assert circuit.available()
    assert changes == [("open", "down"), ("closed", "a call succeeded")]


def test_the_pause_doubles_up_to_its_limit_and_begins_anew_after_a_success(circuit: Circuit, clock: Clock) -> None:
    failing(circuit)
    for pause in (10, 20, 40, 80, 120, 120):
        clock.now += pause - 0.001
        assert circuit.acquire() is None
        clock.now += 0.001
        failing(circuit, 1)
    clock.now += LONGEST_PAUSE
    probe = circuit.acquire()
    assert probe
    circuit.succeeded(probe)
    failing(circuit)
    clock.now += FIRST_PAUSE
    assert circuit.available()


@pytest.mark.parametrize(
    ("retry_after", "pause"), [(None, FIRST_PAUSE), (2, FIRST_PAUSE), (45, 45), (9e9, LONGEST_RETRY_AFTER)]
)
def test_it_stays_open_at_least_as_long_as_the_server_asks(
    circuit: Circuit, clock: Clock, retry_after: float | None, pause: float
) -> None:
    failing(circuit, retry_after=retry_after)
    clock.now += pause - 0.001
    assert not circuit.available()
    clock.now += 0.001
    assert circuit.available()


def test_a_probe_given_up_makes_room_for_another_at_once_and_a_lost_one_after_a_while(
    circuit: Circuit, clock: Clock
) -> None:
    failing(circuit)
    clock.now += FIRST_PAUSE
    first = circuit.acquire()
    assert first
    circuit.released(first)
    lost = circuit.acquire()
    assert lost
    clock.now += PROBE_SECONDS
    last = circuit.acquire()
    assert last
    circuit.succeeded(lost)
    assert circuit.state == "half_open"
    circuit.succeeded(last)
    assert circuit.state == "closed"


def test_calls_from_before_a_change_change_nothing(circuit: Circuit, clock: Clock) -> None:
    early = [circuit.acquire() for _ in range(10)]
    failing(circuit)
    for permit in early[:5]:
        assert permit
        circuit.failed(permit, "late")
    for permit in early[5:]:
        assert permit
        circuit.succeeded(permit)
    assert circuit.state == "open"
    clock.now += FIRST_PAUSE
    assert circuit.available()


def test_threads_get_one_probe_among_them() -> None:
    clock = Clock()
    circuit = Circuit(clock=clock)
    failing(circuit)
    clock.now += FIRST_PAUSE
    permits: list[Permit | None] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        permits.extend(circuit.acquire() for _ in range(200))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([permit for permit in permits if permit]) == 1


class CircuitMachine(RuleBasedStateMachine):
    """Random calls and times against a plain account of what the circuit promises."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.changes: list[str] = []
        self.circuit = Circuit(on_change=lambda state, _: self.changes.append(state), clock=self.clock)
        self.running: list[Permit] = []
        self.current: list[Permit] = []
        self.failures = 0
        self.closed = True
        self.pause = FIRST_PAUSE
        self.until = 0.0
        self.probe: Permit | None = None
        self.probe_until = 0.0

    def admits(self) -> bool:
        return self.closed or (self.clock.now >= self.until and (not self.probe or self.clock.now >= self.probe_until))

    @rule()
    def call(self) -> None:
        expected = self.admits()
        permit = self.circuit.acquire()
        assert (permit is not None) == expected
        if not permit:
            return
        assert permit.probe == (not self.closed)
        self.running.append(permit)
        if self.closed:
            self.current.append(permit)
        else:
            self.current, self.probe, self.probe_until = [permit], permit, self.clock.now + PROBE_SECONDS

    @rule(seconds=st.one_of(st.floats(0, 5), st.sampled_from([FIRST_PAUSE, LONGEST_PAUSE, PROBE_SECONDS])))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def succeed(self, data: st.DataObject) -> None:
        permit = self.take(data)
        self.circuit.succeeded(permit)
        if permit not in self.current:
            return
        self.failures = 0
        if permit.probe:
            self.closed, self.pause, self.probe, self.current = True, FIRST_PAUSE, None, []

    @precondition(lambda self: self.running)
    @rule(data=st.data(), retry_after=st.one_of(st.none(), st.floats(0, 10_000)))
    def fail(self, data: st.DataObject, retry_after: float | None) -> None:
        permit = self.take(data)
        self.circuit.failed(permit, "down", retry_after)
        if permit not in self.current:
            return
        self.failures += 1
        if not permit.probe and self.failures < FAILURES_TO_OPEN:
            return
        if permit.probe:
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
        self.closed, self.probe, self.current, self.failures = False, None, [], 0
        self.until = self.clock.now + max(self.pause, min(retry_after or 0, LONGEST_RETRY_AFTER))

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        permit = self.take(data)
        self.circuit.released(permit)
        if permit is self.probe:
            self.probe = None

    def take(self, data: st.DataObject) -> Permit:
        return self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))

    @invariant()
    def it_lets_calls_through_just_when_it_should(self) -> None:
        assert self.circuit.available() == self.admits()
        assert (self.circuit.state == "closed") == self.closed

    @invariant()
    def changes_alternate(self) -> None:
        assert self.changes == ["open", "closed"] * (len(self.changes) // 2) + ["open"] * (len(self.changes) % 2)


TestCircuitMachine = CircuitMachine.TestCase
