"""``redact_data``: nested data without secrets and personal data."""

from __future__ import annotations

import re
from collections.abc import Collection
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


def redact_data(data: Any, *, keep: Collection[str] = ()) -> Cleaned:
    """Redact every text in nested dictionaries, lists and tuples, their keys too; values under names of secrets altogether.

    Long whole numbers are looked at too; what JSON has no type for becomes text. Nothing is changed in place.
    """
    cleaned = Cleaned(None)
    cleaned.data = _clean(data, cleaned.counts, keep)
    return cleaned


def _clean(value: Any, counts: dict[str, int], keep: Collection[str]) -> Any:
    if isinstance(value, str):
        return _text(value, counts, keep)
    if isinstance(value, dict):
        return dict([_item(name, held, counts, keep) for name, held in value.items()])
    if isinstance(value, list | tuple):
        return [_clean(held, counts, keep) for held in value]
    if isinstance(value, int) and abs(value) >= _LONG_NUMBER:
        said = _text(str(value), counts, keep)
        return said if "[" in said else value
    if value is None or isinstance(value, int | float):
        return value
    return _text(str(value), counts, keep)


def _text(text: str, counts: dict[str, int], keep: Collection[str]) -> str:
    redacted = redact(text, keep=keep)
    for kind, found in redacted.counts.items():
        counts[kind] = counts.get(kind, 0) + found
    return redacted.text


def _item(name: Any, value: Any, counts: dict[str, int], keep: Collection[str]) -> tuple[Any, Any]:
    if isinstance(name, str):
        secret, harmless = _name_says(name)
        if secret and value and not isinstance(value, bool) and not _is_said_of_secrets(value):
            counts["secret"] = counts.get("secret", 0) + 1
            return name, SECRET_MARK
        if not harmless:
            name = _text(name, counts, keep)
    return name, _clean(value, counts, keep)


@lru_cache(maxsize=1024)
def _name_says(name: str) -> tuple[bool, bool]:
    """Whether a name is one of a secret, and whether there is nothing to redact in it."""
    return _SECRET_NAME.search(name) is not None, redact(name).text == name


def _is_said_of_secrets(value: Any) -> bool:
    return isinstance(value, str) and (value == SECRET_MARK or value.lower() in _SAID_OF_SECRETS)
