"""The words in which the ledger's pages speak of events and what their records say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from agents.pages.wording import plain_value, seconds, sentence
from audit.events import events

KINDS = {
    "email": "e-mail address",
    "card": "card number",
    "iban": "bank account",
    "phone": "phone number",
    "key": "key",
    "token": "token",
    "secret": "secret",
    "private-key": "private key",
    "national-id": "national id",
}

WARNINGS = {
    "SEARCH_DEGRADED": "The search was poorer than usual: a part of the index or its model was away.",
    "INDEXING": "Some documents were still being indexed.",
    "INVALID_CITATION": "The model cited passages that it had not been shown; those markers were taken out.",
    "LAST_STEP": "The model had to answer with what it had: its steps were used up.",
    "CONTEXT_SHORTENED": "Not everything fitted into what the model can read.",
    "ANSWER_CUT": "The model stopped at its limit, before it was done.",
    "ANSWER_TOO_LONG": "The answer was cut at its greatest length.",
}


def when_of(event: str) -> str:
    """What an event is, in a sentence without its full stop."""
    return _declared().get(event) or short(event)


def short(event: str) -> str:
    """The same in two or three words."""
    return sentence(event.partition(".")[2] or event)


@cache
def _declared() -> Mapping[str, str]:
    """What the apps declared when they started."""
    return {event.name: event.when for event in events()}


def area_of(event: str) -> str:
    """The part of the product that an event comes from: ``agents`` of ``agents.run_succeeded``."""
    return event.partition(".")[0]


def warning_words(code: str) -> str:
    """What went otherwise than wished, by the code that the record has of it."""
    if code.startswith("PROVIDER_"):
        reason = code.removeprefix("PROVIDER_").replace("_", " ").lower()
        return f"A model failed ({reason}); what came after it in the chain answered."
    return WARNINGS.get(code) or f"{sentence(code.lower())}."


def fact_rows(
    data: Mapping[str, Any], *, names: Mapping[str, str] | None = None, hidden: Collection[str] = ()
) -> list[tuple[str, str]]:
    """A record's data as names and values to read, people by their ``names``; what is empty is left out."""
    people = names or {}
    return [
        (sentence(str(name)), people.get(value, value) if isinstance(value, str) else plain_value(value))
        for name, value in data.items()
        if name not in hidden and value not in ("", None, {}, [])
    ]


def duration(milliseconds: float) -> str:
    """A duration in words, down to milliseconds."""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else seconds(round(milliseconds))


def redaction_words(counts: Mapping[str, int]) -> str:
    """What was taken out of a text: "2 e-mail addresses, 1 key"; empty when nothing was."""
    words = []
    for kind, count in counts.items():
        noun = KINDS.get(kind, kind.replace("-", " "))
        plural = "" if count == 1 else "es" if noun.endswith("s") else "s"
        words.append(f"{count} {noun}{plural}")
    return ", ".join(words)
