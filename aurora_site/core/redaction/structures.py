"""``redact_data``: nested data without secrets and personal data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from aurora_site.core.redaction.text import redact

SECRET_MARK = "[redacted-secret]"  # noqa: S105 a mark
# A number this long may be a card's or an account's.
_LONG_NUMBER = 10**11
_SECRET_NAME = re.compile(
    r"(?:password|passwd|passphrase|passcode|(?:^|[_-])(?:pwd|pin)|secret|token|credentials?|authorization|cookie"
    r"|(?:api|access|private|secret|account|hmac|signing|encryption|auth|master)[_-]?key)$",
    re.IGNORECASE,
)
# What may be said of a secret: that it is there, or was changed.
_SAID_OF_SECRETS = {
    "set", "unset", "changed", "unchanged", "added", "removed", "present", "absent", "missing", "default", "generated",
    "rotated", "required", "expired", "invalid", "none", "environment", "file",
}  # fmt: skip


@dataclass
class Cleaned:
    """The same structure with texts redacted, and how many findings of each kind there were."""

    data: Any
    counts: dict[str, int] = field(default_factory=dict)


def redact_data(data: Any, *, by_name: bool = True) -> Cleaned:
    """Redact every text in nested dictionaries, lists and tuples, their keys too; with ``by_name`` values under names of
    secrets altogether.

    Long whole numbers are looked at too; what JSON has no type for becomes text. Nothing is changed in place.
    """
    cleaned = Cleaned(None)
    cleaned.data = _clean(data, cleaned.counts, by_name)
    return cleaned


def _clean(value: Any, counts: dict[str, int], by_name: bool) -> Any:
    if isinstance(value, str):
        return _text(value, counts)
    if isinstance(value, dict):
        return dict([_item(name, held, counts, by_name) for name, held in value.items()])
    if isinstance(value, list | tuple):
        return [_clean(held, counts, by_name) for held in value]
    if isinstance(value, int) and abs(value) >= _LONG_NUMBER:
        said = _text(str(value), counts)
        return said if "[" in said else value
    if value is None or isinstance(value, int | float):
        return value
    return _text(str(value), counts)


def _text(text: str, counts: dict[str, int]) -> str:
    redacted = redact(text)
    for kind, found in redacted.counts.items():
        counts[kind] = counts.get(kind, 0) + found
    return redacted.text


def _item(name: Any, value: Any, counts: dict[str, int], by_name: bool) -> tuple[Any, Any]:
    if isinstance(name, str):
        secret, harmless = _name_says(name)
        if by_name and secret and value and not isinstance(value, bool) and not _is_said_of_secrets(value):
            counts["secret"] = counts.get("secret", 0) + 1
            return name, SECRET_MARK
        if not harmless:
            name = _text(name, counts)
    return name, _clean(value, counts, by_name)


@lru_cache(maxsize=1024)
def _name_says(name: str) -> tuple[bool, bool]:
    """Whether a name is one of a secret, and whether there is nothing to redact in it."""
    return _SECRET_NAME.search(name) is not None, redact(name).text == name


def _is_said_of_secrets(value: Any) -> bool:
    return isinstance(value, str) and (value == SECRET_MARK or value.lower() in _SAID_OF_SECRETS)
