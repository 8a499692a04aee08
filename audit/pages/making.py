"""How an answer was made, as its record tells it: by what, with how many tokens, in how much time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.pages.wording import usage_words
from audit.pages.entries import Entry
from audit.pages.wording import duration, fact_rows, redaction_words

MODES = {"llm": "Written by a language model", "extractive": "Quoted from documents"}
# What other parts of the page tell.
TOLD = frozenset(
    """agent mode attempt route usage error latency_ms first_text_ms consent greeting index_version model provider answered
    retrieved cited tools kind session searched warnings""".split()  # noqa: SIM905
)


def making_of(end: Entry) -> dict[str, Any]:
    """What the template ``_part_making.html`` shows."""
    data = end.data
    usage = data.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    return {
        "mode": MODES.get(str(data.get("mode") or ""), ""),
        "model": str(data.get("model") or usage.get("model") or ""),
        "provider": str(data.get("provider") or usage.get("provider") or ""),
        "time": _time(data),
        "tokens": _tokens(usage),
        "cost": [word for word in usage_words(_numbers(usage)) if "$" in word],
        "attempt": data.get("attempt"),
        "redacted": redaction_words(_added(end.redactions)),
        "others": fact_rows({name: value for name, value in data.items() if name not in TOLD}),
    }


def _time(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """How long it took until the first text and until the end."""
    whole, first = _number(data.get("latency_ms")), _number(data.get("first_text_ms"))
    if whole is None:
        return None
    # What comes first was measured within the run, its whole length by the clock of its rows.
    first = min(first, whole) if first is not None else None
    return {
        "whole": duration(whole),
        "first": duration(first) if first is not None else "",
        "percent": round(100 * first / whole) if first is not None and whole else 0,
    }


def _tokens(usage: Mapping[str, Any]) -> dict[str, Any] | None:
    read, written = _number(usage.get("prompt_tokens")), _number(usage.get("completion_tokens"))
    if read is None or written is None or not read + written:
        return None
    return {
        "read": int(read),
        "written": int(written),
        "percent": round(100 * read / (read + written)),
        "estimated": usage.get("estimated") is True,
    }


def _added(redactions: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    added: dict[str, int] = {}
    for counts in redactions.values():
        for kind, count in counts.items():
            added[kind] = added.get(kind, 0) + count
    return added


def _numbers(usage: Mapping[str, Any]) -> dict[str, Any]:
    """A record's usage with its fractions as numbers again."""
    cost = _number(usage.get("cost_usd"))
    return {**usage, "cost_usd": cost}


def _number(value: object) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(str(value))
    except ValueError:
        return None
