"""Reads what ``bench.load`` stored: server-sent events, each with the time at which its last byte had arrived."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.load import Answer


@dataclass(frozen=True)
class Frame:
    """One server-sent event. ``seq`` is 0 where the stream numbers nothing."""

    time: float
    seq: int
    type: str
    raw: str

    @property
    def data(self) -> Any:
        return json.loads(self.raw)


def frames(answer: Answer) -> Iterator[Frame]:
    """The whole events of an answer; comments and what was cut off are left out."""
    buffer = b""
    for moment, piece in answer.pieces:
        buffer += piece
        *whole, buffer = buffer.split(b"\n\n")
        for block in whole:
            frame = _frame(moment, block.decode())
            if frame is not None:
                yield frame


def _frame(moment: float, block: str) -> Frame | None:
    fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
    if "data" not in fields:
        return None
    return Frame(moment, int(fields.get("id", 0)), fields.get("event", "message"), fields["data"])


def text_of(frame: Frame) -> str:
    """The answer's text in an event of Aurora's, or in a chunk of the chat completions format; empty for others."""
    if frame.type == "token":
        return str(frame.data["data"]["text"])
    if frame.type == "message" and frame.raw != "[DONE]" and frame.seq == 0:
        choices = frame.data.get("choices") or []
        return str(choices[0]["delta"].get("content") or "") if choices else ""
    return ""
