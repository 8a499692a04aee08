"""Takes secrets and personal data out of text before it is stored in the ledger, logged or sent to a remote model."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

MAXIMUM_LENGTH = 200_000

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "private-key",
        re.compile(r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----.{0,8000}?-----END [A-Z ]{0,20}PRIVATE KEY-----", re.S),
    ),
    ("token", re.compile(r"\beyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,1000}")),
    ("key", re.compile(r"\b(?:sk|pk|rk|aur|ghp|gho|ghs|xox[abp])[-_][A-Za-z0-9_-]{16,200}")),
    ("key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("secret", re.compile(r"(?i)\b(?:password|passwd|secret|api[_-]?key|token)\b\s{0,3}[=:]\s{0,3}[^\s,;\"']{6,200}")),
    ("email", re.compile(r"\b[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}\b")),
)
_CARD = re.compile(r"\b(?:\d[ -]?){12,18}\d\b")
_PHONE = re.compile(r"(?<![\w.])\+\d{1,3}[ ()./-]{0,2}(?:\d[ ()./-]{0,2}){6,12}\d(?!\w)")
_NATIONAL_ID = re.compile(r"\b\d{3}-\d{2}-\d{4}\b")


@dataclass(frozen=True)
class Redacted:
    """The text with each finding replaced by ``[redacted-<kind>]``, and how many of each kind there were."""

    text: str
    counts: dict[str, int] = field(default_factory=dict)


def redact(text: str, *, keep: Collection[str] = ()) -> Redacted:
    """Replace keys, tokens, passwords, card numbers (Luhn-checked), e-mail addresses, phone numbers with country code,
    and United States social security numbers, except the kinds in ``keep``. Text over 200,000 characters is cut first."""
    counts: dict[str, int] = {}
    text = text[:MAXIMUM_LENGTH]
    for kind, pattern in _PATTERNS:
        if kind not in keep:
            text = _replace(text, kind, pattern, counts)
    text = _CARD.sub(lambda match: _card(match, counts), text)
    text = _replace(text, "national-id", _NATIONAL_ID, counts)
    if "phone" not in keep:
        text = _replace(text, "phone", _PHONE, counts)
    return Redacted(text, counts)


def _replace(text: str, kind: str, pattern: re.Pattern[str], counts: dict[str, int]) -> str:
    text, found = pattern.subn(f"[redacted-{kind}]", text)
    if found:
        counts[kind] = counts.get(kind, 0) + found
    return text


def _card(match: re.Match[str], counts: dict[str, int]) -> str:
    digits = [int(character) for character in match.group() if character.isdigit()]
    if not _luhn(digits):
        return match.group()
    counts["card"] = counts.get("card", 0) + 1
    return "[redacted-card]"


def _luhn(digits: list[int]) -> bool:
    """The check digit rule of ISO/IEC 7812-1."""
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
