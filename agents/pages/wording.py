"""The words in which pages speak of agents, runs and tools."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agents.runs.models import Run

# What a reader can do about an error, by its code.
ADVICE = {
    "INTERRUPTED": "Nothing you wrote is lost: ask again to get the answer.",
    "PROVIDER_TIMEOUT": "The model may be busy. Ask again in a moment.",
    "PROVIDER_RATE_LIMITED": "The model takes no more questions just now. Ask again in a minute.",
    "PROVIDER_UNAVAILABLE": "Ask again in a moment. If it lasts, tell whoever runs this Aurora.",
    "PROVIDER_REFUSED": "Tell whoever runs this Aurora: its access to the model needs mending.",
    "PROVIDER_BAD_RESPONSE": "The model sent something unreadable. Asking again often helps.",
    "CONTEXT_TOO_LONG": "Start a new conversation, or ask something shorter.",
}
STATE_NOTES = {
    Run.State.CANCELLED: "Stopped. What had been written so far stands.",
    Run.State.FAILED: "The answer could not be finished.",
}
LONGEST_VALUE = 2_000


def sentence(identifier: str) -> str:
    """An identifier as words: ``skill-navigator`` is "Skill navigator", ``knowledge.search`` "Knowledge search"."""
    words = identifier.replace("-", " ").replace("_", " ").replace(".", " ").strip()
    return words[:1].upper() + words[1:]


def plain_arguments(arguments: object) -> list[tuple[str, str]]:
    """A tool's arguments as names and values for people to read."""
    if not isinstance(arguments, Mapping):
        return [("Value", plain_value(arguments))] if arguments else []
    return [(sentence(str(name)), plain_value(value)) for name, value in arguments.items()]


def plain_value(value: object) -> str:
    if isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, str):
        text = value
    elif isinstance(value, list) and all(isinstance(item, (str, int, float)) for item in value):
        text = ", ".join(str(item) for item in value)
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + " …"


def mode_label(*, mode: str, model: str, is_unanswered: bool, is_computed: bool = False) -> str:
    """Whether a model wrote an answer, or it is quoted, or code worked it out; that the documents don't have what is looked
    for in them comes first."""
    if is_computed:
        return (model or "Language model") if mode == "llm" else "Computed"
    if is_unanswered:
        return "Not in the documents"
    return {"llm": model or "Language model", "extractive": "Quoted from documents"}.get(mode, "")


def usage_words(usage: Mapping[str, Any]) -> list[str]:
    """Tokens and cost of a run, each as a few words; nothing for what isn't known."""
    words = []
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if isinstance(prompt, int) and isinstance(completion, int) and prompt + completion:
        about = "about " if usage.get("estimated") else ""
        words.append(f"{about}{prompt + completion:,} tokens")
    cost = usage.get("cost_usd")
    if isinstance(cost, (int, float)) and not isinstance(cost, bool):
        about = "about " if usage.get("cost_estimated") else ""
        words.append(f"{about}${cost:.4f}" if cost < 1 else f"{about}${cost:.2f}")
    return words


def seconds(milliseconds: int) -> str:
    """A duration in words: "0.4 s", "12 s", "3 min"."""
    if milliseconds < 10_000:
        return f"{milliseconds / 1000:.1f} s"
    whole = round(milliseconds / 1000)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min"
