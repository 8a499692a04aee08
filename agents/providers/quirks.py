"""What a model's server refuses that others take, learned from its refusals and remembered for the process's life."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.providers.base import ModelRequest

# The address of the server and the model's name there.
Key = tuple[str, str]
_MOST_REMEMBERED = 1000


@dataclass(frozen=True)
class Quirks:
    """Which parts of a request a server takes. ``token_limit`` is what it calls the limit of an answer's tokens."""

    token_limit: str = "max_tokens"  # noqa: S105 a parameter's name
    temperature: bool = True
    stream_options: bool = True
    tools: bool = True

    def without(self, parameter: str) -> Quirks:
        """These, given that the server refuses a parameter; the same if nothing can be done about that."""
        match parameter:
            case "max_tokens" | "max_completion_tokens":
                other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
                return dataclasses.replace(self, token_limit=other[self.token_limit])
            case "temperature":
                return dataclasses.replace(self, temperature=False)
            case "stream_options":
                return dataclasses.replace(self, stream_options=False)
            case "tools":
                return dataclasses.replace(self, tools=False)
        return self

    def parameters(self, request: ModelRequest) -> Mapping[str, Any]:
        """The parameters of a request that differ between servers."""
        parameters: dict[str, Any] = {self.token_limit: request.max_tokens}
        if self.temperature:
            parameters["temperature"] = request.temperature
        if self.stream_options:
            parameters["stream_options"] = {"include_usage": True}
        return parameters


_known: dict[Key, Quirks] = {}
_NONE = Quirks()


def quirks_of(key: Key) -> Quirks:
    """What is known of a model at a server."""
    return _known.get(key, _NONE)


def remember(key: Key, quirks: Quirks) -> None:
    """Keep what was learned, for every later call of this process."""
    if quirks != quirks_of(key):
        if len(_known) >= _MOST_REMEMBERED:
            _known.clear()
        _known[key] = quirks


def forget() -> None:
    """Know nothing, as a new process does."""
    _known.clear()
