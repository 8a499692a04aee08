"""``redact``: a text without secrets and personal data."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from aurora_site.core.redaction.kind import Finder, Mark, plain_mark
from aurora_site.core.redaction.people import EMAIL, NUMBERS
from aurora_site.core.redaction.secrets import ANY_TRIGGER, LONG_RUN, PRIVATE_KEYS, SECRETS, VENDOR_KEYS

MAXIMUM_LENGTH = 200_000
KINDS = frozenset(
    finding.kind
    for finder in (PRIVATE_KEYS, *SECRETS, VENDOR_KEYS, EMAIL, *NUMBERS)
    for finding in finder.findings.values()
)
# Nothing that is looked for is shorter.
_SHORTEST = 6
_LONG = 400
# What one replacement uncovers the next round finds; more rounds than this take no one further.
_ROUNDS = 8
_SIX_DIGITS = re.compile(r"\d\D{0,3}\d\D{0,3}\d\D{0,3}\d\D{0,3}\d\D{0,3}\d")
# Whole texts that hold nothing: UUIDs, hexadecimal digests and trace ids, Aurora's ids of people, moments, plain words.
_HARMLESS = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?=\d*[a-f])[0-9a-f]{16,128}|user_[a-z2-7]{20}|[A-Za-z][a-z_]*(?:\.[a-z_]+)*"
    r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?)?"
)


@dataclass(frozen=True)
class Redacted:
    """The text with each finding replaced by ``[redacted-<kind>]``, and how many of each kind there were."""

    text: str
    counts: dict[str, int] = field(default_factory=dict)


def redact(text: str, *, keep: Collection[str] = (), mark: Mark = plain_mark) -> Redacted:
    """Replace what ``docs/privacy.md`` lists, except the kinds in ``keep``. Text over 200,000 characters is cut first.
    ``mark`` may name findings apart, as ``[redacted-email-2]``.

    Redacting again changes nothing. The time grows with the length of the text.
    """
    if len(text) < _SHORTEST or _HARMLESS.fullmatch(text):
        return Redacted(text)
    text = text[:MAXIMUM_LENGTH]
    counts: dict[str, int] = {}
    for _ in range(_ROUNDS):
        before = text
        if "PRIVATE KEY" in text:
            text = PRIVATE_KEYS.taken_out(text, keep, counts, mark)
        suspects = _suspects(text)
        # Nothing else reaches over the end of a line, so a long text costs what its suspicious lines cost.
        text = "\n".join([_line(line, suspects, keep, counts, mark) for line in text.split("\n")])
        if text == before:
            break
    return Redacted(text, counts)


def _suspects(text: str) -> list[tuple[Finder, list[str]]]:
    """The finders that may find something, each with those of its triggers that the text has."""
    lowered = text.lower()
    finders: list[Finder] = []
    # Of a short text one search tells sooner; a long one is likely to have some of each.
    if len(text) > _LONG or LONG_RUN.search(text):
        finders.append(VENDOR_KEYS)
    if len(text) > _LONG or ANY_TRIGGER.search(lowered):
        finders += SECRETS
    finders.append(EMAIL)
    present = [(finder, [trigger for trigger in finder.triggers if trigger in lowered]) for finder in finders]
    return [(finder, triggers) for finder, triggers in present if triggers]


def _line(
    line: str, suspects: list[tuple[Finder, list[str]]], keep: Collection[str], counts: dict[str, int], mark: Mark
) -> str:
    if len(line) < _SHORTEST:
        return line
    if suspects:
        lowered = line.lower()
        for finder, triggers in suspects:
            if any(trigger in lowered for trigger in triggers):
                line = finder.taken_out(line, keep, counts, mark)
    if _SIX_DIGITS.search(line):
        for finder in NUMBERS:
            line = finder.taken_out(line, keep, counts, mark)
    return line
