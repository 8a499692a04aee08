"""Puts the tool calls of an answer together from the pieces that its chunks bring."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.providers.base import ProviderBadResponse, ToolRequest

MOST_CALLS = 32
MOST_NAME_CHARACTERS = 128
MOST_ARGUMENT_CHARACTERS = 128 * 1024


@dataclass
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""


class ToolCallAssembly:
    """Pieces belong to a call by their ``index``. Servers that send whole calls may repeat index 0, or leave out index
    or id: a piece begins a new call when it has another id than the one at its index, or a name where that one is whole.
    """

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._at_index: dict[int, _Call] = {}
        self._size = 0

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, delta: Mapping[str, Any]) -> None:
        """Take the pieces of a delta. Raises ProviderBadResponse for what isn't a tool call, or too much of it."""
        pieces = delta.get("tool_calls") or [{"index": 0, "function": delta.get("function_call")}]
        if not isinstance(pieces, list):
            raise ProviderBadResponse("The model's tool calls can't be read.")
        for piece in pieces:
            self._add(piece)

    def requests(self) -> tuple[ToolRequest, ...]:
        """The calls in the model's order, each with an id of its own; no arguments are an empty object."""
        if any(not call.name for call in self._calls):
            raise ProviderBadResponse("The model asked for a tool without a name.")
        seen: set[str] = set()
        requests = []
        for number, call in enumerate(self._calls, start=1):
            call_id = call.id if call.id and call.id not in seen else f"call_{number}"
            while call_id in seen:
                call_id += "_"
            seen.add(call_id)
            requests.append(ToolRequest(call_id, call.name, call.arguments.strip() or "{}"))
        return tuple(requests)

    def _add(self, piece: Any) -> None:
        function = piece.get("function") if isinstance(piece, dict) else None
        if not isinstance(function, dict):
            raise ProviderBadResponse("The model's tool calls can't be read.")
        call_id, name = _text(piece.get("id")), _text(function.get("name"))
        arguments = function.get("arguments")
        # The format has text here; some servers send the object itself.
        arguments = json.dumps(arguments) if isinstance(arguments, dict) else _text(arguments)
        call = self._call_for(piece.get("index"), call_id, name, arguments)
        call.id = call.id or call_id
        if not call.arguments and name != call.name:
            call.name += name
        call.arguments += arguments
        self._size += len(arguments)
        if self._size > MOST_ARGUMENT_CHARACTERS or max(len(call.name), len(call.id)) > MOST_NAME_CHARACTERS:
            raise ProviderBadResponse("The model's tool calls are too long.")

    def _call_for(self, index: Any, call_id: str, name: str, arguments: str) -> _Call:
        indexed = type(index) is int
        current = self._at_index.get(index) if indexed else (self._calls[-1] if self._calls else None)
        if current is None or _begins(current, call_id, name, arguments):
            current = _Call()
            self._calls.append(current)
            if len(self._calls) > MOST_CALLS:
                raise ProviderBadResponse(f"The model asked for more than {MOST_CALLS} tool calls at once.")
        if indexed:
            self._at_index[index] = current
        return current


def _begins(current: _Call, call_id: str, name: str, arguments: str) -> bool:
    """Whether a piece that stands where ``current`` does begins another call."""
    if call_id and current.id:
        return call_id != current.id
    return bool(name and arguments and current.arguments and complete_json(current.arguments))


def complete_json(text: str) -> bool:
    """Whether a text is a whole JSON value; no text stands for no arguments."""
    try:
        json.loads(text or "{}")
    except (ValueError, RecursionError):
        return False
    return True


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ProviderBadResponse("The model's tool calls can't be read.")
    # What can't be stored or sent on is left out.
    return value.replace("\0", "").encode("utf-8", "ignore").decode()
