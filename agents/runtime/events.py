"""The events of a run, and the JSON they are shown as.

Types: run.started, route, thought, token, tool.call, tool.result, approval.required, citation, message, usage,
warning, error, run.finished. ``run.finished`` is always the last one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Literal

EventType = Literal[
    "run.started",
    "route",
    "thought",
    "token",
    "tool.call",
    "tool.result",
    "approval.required",
    "citation",
    "message",
    "usage",
    "warning",
    "error",
    "run.finished",
]


@dataclass(frozen=True)
class Event:
    """Something a run is about to show."""

    type: EventType
    data: Mapping[str, Any] = field(default_factory=dict)


@lru_cache(maxsize=256)
def _time_text(ts: datetime) -> str:
    return ts.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class StoredEvent:
    """An event as committed: with its run, its number within the run (from 1) and its time (to the millisecond)."""

    run_id: str
    seq: int
    type: str
    ts: datetime
    data: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """``{"seq","type","ts","run_id","data"}``, the shape on every transport."""
        return {
            "seq": self.seq,
            "type": self.type,
            "ts": _time_text(self.ts),
            "run_id": self.run_id,
            "data": self.data,
        }

    @cached_property
    def text(self) -> str:
        """``as_json`` as JSON text, computed once for the log and for all readers."""
        return (
            f'{{"seq":{self.seq},"type":"{self.type}","ts":"{_time_text(self.ts)}","run_id":"{self.run_id}",'
            f'"data":{_encode(self.data)}}}'
        )

    @cached_property
    def _sse(self) -> bytes:
        return f"id: {self.seq}\nevent: {self.type}\ndata: {self.text}\n\n".encode()

    def as_sse(self) -> bytes:
        """One server-sent event (WHATWG HTML, section 9.2): id is the number, event the type, data the whole event."""
        return self._sse


def token(text: str) -> Event:
    return Event("token", {"text": text})


def thought(text: str) -> Event:
    return Event("thought", {"text": text})


def warning(code: str, message: str) -> Event:
    return Event("warning", {"code": code, "message": message})


def error(code: str, message: str, *, retryable: bool) -> Event:
    return Event("error", {"code": code, "message": message, "retryable": retryable})
