"""The recorded deliveries, and how one becomes a request of today.

``deliveries.jsonl`` holds one delivery a line: ``at`` (seconds since the first), ``source``, ``headers`` and ``body``. Its
texts may hold ``{time N}`` (RFC 3339) and ``{unix N}`` for a moment of the story, N seconds after its beginning, and
``{story}`` for what tells one replay's alerts from another's.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from incidents.sources.base import WebhookRequest

FILE = Path(__file__).parent / "deliveries.jsonl"
_MOMENT = re.compile(r"\{(time|unix) (-?[0-9.]+)\}")


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A delivery of the storm, with its places for moments still open."""

    at: float
    source: str
    headers: str
    body: str

    def request(self, *, began: datetime, story: str, now: datetime) -> WebhookRequest:
        """The delivery as it is sent ``now``, in a story that began at ``began``."""

        def moment(found: re.Match[str]) -> str:
            when = began + timedelta(seconds=float(found[2]))
            return str(int(when.timestamp())) if found[1] == "unix" else when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

        def told(text: str) -> str:
            return _MOMENT.sub(moment, text).replace("{story}", story)

        headers: dict[str, str] = json.loads(told(self.headers))
        named = {name.lower(): value for name, value in headers.items()}
        return WebhookRequest(
            headers={"content-type": "application/json", **named}, body=told(self.body).encode(), received_at=now
        )


def recorded() -> list[Recorded]:
    """The storm, in the order in which it arrived."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    return [
        Recorded(
            at=line["at"],
            source=line["source"],
            headers=json.dumps(line.get("headers", {})),
            body=json.dumps(line["body"], ensure_ascii=False),
        )
        for line in lines
    ]
