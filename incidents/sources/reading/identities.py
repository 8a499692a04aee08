"""What tells an alert from every other of its source, in bounds and without making two different ones alike."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from incidents.sources.reading.bounds import MAX_LABEL, MAX_LABEL_NAME, MAX_LABELS, clean, text

Identity = tuple[tuple[str, str], ...]


def identity(parts: Iterable[tuple[str, Any]]) -> Identity:
    """Names and values, sorted, without those that are empty.

    A text that is too long or can't be stored is cut and followed by the SHA-256 of the whole; so are pairs over 64.
    """
    told = [(str(name), _full_text(value)) for name, value in parts]
    kept = sorted((name, value) for name, value in told if value)
    found = [(_short(name, MAX_LABEL_NAME), _short(value, MAX_LABEL)) for name, value in kept[: MAX_LABELS - 1]]
    rest = kept[MAX_LABELS - 1 :]
    if rest:
        found.append(("…", f"{len(rest)} more #{_digest(json.dumps(rest))}"))
    return tuple(found)


def _full_text(value: Any) -> str:
    if isinstance(value, dict | list):
        try:
            return json.dumps(value, sort_keys=True)
        except RecursionError:
            return text(value, MAX_LABEL)
    return value if isinstance(value, str) else text(value, 5000)


def _short(value: str, limit: int) -> str:
    kept = clean(value)
    if kept == value and len(value) <= limit:
        return value
    return f"{kept[: limit - 80]} #{_digest(value)}"


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
