"""Records as Aurora writes them, for the ledger's benchmark: answers with question and text, tool calls, and small ones."""

from __future__ import annotations

import random
import uuid
from typing import Any

WORDS = "leave days paid year unused move next book portal weeks lead answers working disk full logs page".split()  # noqa: SIM905
PEOPLE = [f"user_{number:024x}" for number in range(200)]
ORGANIZATIONS = [str(uuid.UUID(int=number)) for number in range(1, 6)]


def arguments(rng: random.Random) -> dict[str, Any]:
    """What ``record()`` is called with: of ten records three are answers with two personal texts, three tool calls."""
    kind = rng.random()
    common = {
        "organization_id": rng.choice(ORGANIZATIONS),
        "actor_id": rng.choice(PEOPLE),
        "trace_id": f"{rng.getrandbits(128):032x}",
    }
    if kind < 0.3:
        return common | _answer(rng)
    return common | (_tool_call(rng) if kind < 0.6 else _small(rng))


def _answer(rng: random.Random) -> dict[str, Any]:
    return {
        "event": "agents.run_succeeded",
        "subject": ("run", _id(rng)),
        "data": {
            "kind": "answer",
            "agent": "assistant",
            "mode": "llm",
            "attempt": 1,
            "route": {"agent": "assistant", "confidence": round(rng.random(), 4), "reason": "nearest example question"},
            "usage": {"prompt_tokens": 1200, "completion_tokens": 180, "cost": 0.0021, "estimated": False},
            "latency_ms": rng.randrange(200, 4000),
            "index_version": "minilm-3",
            "retrieved": [_chunk(rng) for _ in range(4)],
            "consent": True,
        },
        "personal": {"question": _words(rng, 12), "answer": _words(rng, 90)},
    }


def _chunk(rng: random.Random) -> dict[str, Any]:
    return {"id": _id(rng), "digest": f"{rng.getrandbits(128):032x}", "score": round(rng.random(), 4)}


def _tool_call(rng: random.Random) -> dict[str, Any]:
    return {
        "event": "agents.tool_call_finished",
        "subject": ("run", _id(rng)),
        "data": {
            "call_id": f"call_{rng.getrandbits(64):016x}",
            "tool": "knowledge.search",
            "fingerprint": f"{rng.getrandbits(256):064x}",
            "ok": True,
            "code": "",
            "characters": rng.randrange(100, 5000),
            "duration_ms": rng.randrange(5, 900),
        },
    }


def _small(rng: random.Random) -> dict[str, Any]:
    return {"event": "accounts.signed_in", "subject": ("user", rng.choice(PEOPLE)), "data": {"kind": "password"}}


def _id(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128)))


def _words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(WORDS, k=count))
