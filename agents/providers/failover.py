"""Holds calls back from a model that keeps failing, so that the next one in the chain answers at once.

Each (kind, address, model) has one circuit in a process, whatever loops and threads call it.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from agents.providers.base import (
    Finished,
    Mode,
    ModelEvent,
    ModelRequest,
    Provider,
    ProviderError,
    ProviderRateLimited,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnavailable,
    ToolsUnsupported,
    Usage,
)
from agents.providers.circuit import Circuit, Permit, State

Listener = Callable[[str, State, str], None]
CIRCUITS_KEPT = 1000
# What the next request would meet too.
_COUNTED = (ProviderUnavailable, ProviderTimeout, ProviderRateLimited)

_lock = threading.Lock()
_circuits: dict[tuple[str, str, str], Circuit] = {}
_listeners: list[Listener] = []


class CircuitOpen(ProviderUnavailable):
    """The call wasn't made: the last ones failed, and the pause isn't over."""


def on_change(listener: Listener) -> None:
    """Call ``listener(name, state, reason)`` whenever a circuit opens or closes; it must not block or raise."""
    _listeners.append(listener)


def circuit_for(kind: str, address: str, model: str) -> Circuit:
    """The process's circuit for a model at a server."""
    key = (kind, address, model)
    with _lock:
        if key not in _circuits:
            _forget_some()
            _circuits[key] = Circuit(on_change=lambda state, reason: _tell(f"{kind}:{model}", state, reason))
        return _circuits[key]


def reset() -> None:
    """Forget all circuits, as a new process would."""
    with _lock:
        _circuits.clear()


def _forget_some() -> None:
    """Make room: organisations may name any number of models."""
    if len(_circuits) >= CIRCUITS_KEPT:
        for key in [key for key, circuit in _circuits.items() if circuit.state == "closed"] or list(_circuits):
            del _circuits[key]


def _tell(name: str, state: State, reason: str) -> None:
    for listener in _listeners:
        listener(name, state, reason)


class Guarded:
    """A provider whose calls go through a circuit; it raises CircuitOpen while they are held back."""

    def __init__(self, provider: Provider, circuit: Circuit) -> None:
        self._provider = provider
        self._circuit = circuit

    @property
    def name(self) -> str:
        return self._provider.name

    @property
    def mode(self) -> Mode:
        return self._provider.mode

    @property
    def model(self) -> str:
        return self._provider.model

    @property
    def supports_tools(self) -> bool:
        return self._provider.supports_tools

    def available(self) -> bool:
        return self._circuit.available()

    def estimate_usage(self, request: ModelRequest, written: str) -> Usage | None:
        return self._provider.estimate_usage(request, written)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """The provider's events. Raises ProviderError, CircuitOpen among them."""
        permit = self._circuit.acquire()
        if permit is None:
            raise CircuitOpen("The last calls failed, so none is made for now.")
        try:
            async with aclosing(self._provider.stream(request)) as stream:
                async for event in stream:
                    # A probe that gets an answer has found out; others need not wait for its end.
                    if permit.probe or isinstance(event, Finished):
                        self._circuit.succeeded(permit)
                    yield event
        except ProviderError as error:
            self._record(permit, error)
            raise
        finally:
            self._circuit.released(permit)

    def _record(self, permit: Permit, error: ProviderError) -> None:
        if isinstance(error, _COUNTED):
            self._circuit.failed(permit, error.message, error.retry_after)
        elif isinstance(error, ProviderRefused) and not isinstance(error, ToolsUnsupported):
            # A refusal is an answer: the server is there. (That it has no tools may be known without a call.)
            self._circuit.succeeded(permit)
