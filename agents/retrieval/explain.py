"""Why a passage was found, and what a verdict rests on, in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from agents.retrieval.search import Hit, SearchResult
from agents.retrieval.verdict import WEAKEST

# Between the two a word's closeness says little.
CLOSE = 0.6
FAR = 0.45
NAMED = 6


def hit_reasons(hit: Hit) -> list[str]:
    """Which words of the question a passage has, comes close to, and has nothing for; at most one sentence of each."""
    signals = hit.why["signals"]
    words: Mapping[str, float] = hit.why["words"]
    has = [word for word, named in zip(words, signals["has"], strict=False) if named]
    missing = {word: close for word, close in words.items() if word not in has}
    told = [
        ("It has these words of the question: {}.", has),
        ("It comes close to these: {}.", [word for word, close in missing.items() if close >= CLOSE]),
        ("Nothing in it is close to: {}.", [word for word, close in missing.items() if close < FAR]),
    ]
    reasons = [text.format(_listed(named)) for text, named in told if named]
    if signals["identifier"]:
        reasons.append("It has a name or number of the question that few passages have.")
    if hit.also_in:
        reasons.append(f"The same stands in {', '.join(hit.also_in[:NAMED])}.")
    return reasons


def verdict_reasons(result: SearchResult) -> list[str]:
    """What speaks for and against an answer; empty where nothing was found."""
    if not result.hits or not result.verdict:
        return []
    reasons = []
    if result.verdict["identifier"]:
        reasons.append("A passage has a name or number of the question that few passages have; that is enough.")
    if result.verdict["unknown"]:
        reasons.append("No document has the name or number that the question gives.")
    words: Mapping[str, float] = result.hits[0].why["words"]
    weakest = sorted(words, key=lambda word: words[word])[:WEAKEST]
    if weakest:
        near = " and ".join(f"“{word}” ({words[word]:.2f})" for word in weakest)
        reasons.append(f"Of the question's words the first passage comes least near to {near}.")
    odds, threshold = result.verdict["log_odds"], result.verdict["threshold"]
    reasons.append(f"All signals together give {odds:+.2f}; answers are given from {threshold:+.2f} on.")
    return reasons


def _listed(words: list[str]) -> str:
    shown = ", ".join(words[:NAMED])
    return f"{shown} and {len(words) - NAMED} more" if len(words) > NAMED else shown
