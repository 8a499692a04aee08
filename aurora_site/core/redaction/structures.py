"""``redact_data``: nested data without secrets and personal data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from aurora_site.core.redaction.kind import Mark, plain_mark
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


class _Way(NamedTuple):
    """How a structure is cleaned, and what was found so far."""

    counts: dict[str, int]
    by_name: bool
    mark: Mark


def redact_data(data: Any, *, by_name: bool = True, mark: Mark = plain_mark) -> Cleaned:
    """Redact every text in nested dictionaries, lists and tuples, their keys too; with ``by_name`` values under names of
    secrets altogether.

    Long whole numbers are looked at too; what JSON has no type for becomes text. Nothing is changed in place.
    """
    cleaned = Cleaned(None)
    cleaned.data = _clean(data, _Way(cleaned.counts, by_name, mark))
    return cleaned


def _clean(value: Any, way: _Way) -> Any:
    if isinstance(value, str):
        return _text(value, way)
    if isinstance(value, dict):
        return dict([_item(name, held, way) for name, held in value.items()])
    if isinstance(value, list | tuple):
        return [_clean(held, way) for held in value]
    if isinstance(value, int) and abs(value) >= _LONG_NUMBER:
        said = _text(str(value), way)
        return said if "[" in said else value
    if value is None or isinstance(value, int | float):
        return value
    return _text(str(value), way)


def _text(text: str, way: _Way) -> str:
    redacted = redact(text, mark=way.mark)
    for kind, found in redacted.counts.items():
        way.counts[kind] = way.counts.get(kind, 0) + found
    return redacted.text


def _item(name: Any, value: Any, way: _Way) -> tuple[Any, Any]:
    if isinstance(name, str):
        secret, harmless = _name_says(name)
        if way.by_name and secret and value and not isinstance(value, bool) and not _is_said_of_secrets(value):
            way.counts["secret"] = way.counts.get("secret", 0) + 1
            return name, SECRET_MARK
        if not harmless:
            name = _text(name, way)
    return name, _clean(value, way)


@lru_cache(maxsize=1024)
def _name_says(name: str) -> tuple[bool, bool]:
    """Whether a name is one of a secret, and whether there is nothing to redact in it."""
    return _SECRET_NAME.search(name) is not None, redact(name).text == name


def _is_said_of_secrets(value: Any) -> bool:
    return isinstance(value, str) and (value == SECRET_MARK or value.lower() in _SAID_OF_SECRETS)
