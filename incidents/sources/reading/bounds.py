"""Texts and structures cut to a size that can be stored and shown: no NUL, no lone surrogate, no endless number."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

MAX_TITLE, MAX_URL, MAX_ID, MAX_SERVICE, MAX_NOTE = 255, 1000, 255, 200, 500
MAX_LABELS, MAX_LABEL_NAME, MAX_LABEL, MAX_ANNOTATION = 64, 200, 500, 2000
# Of a payload: how deep, how many items in one list or object, how long a text, how many characters in all.
MAX_DEPTH, MAX_ITEMS, MAX_TEXT, MAX_PAYLOAD = 10, 200, 4000, 32_000
_CUT = "…"
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# What moves a terminal's cursor, and what turns the direction of a text so that it reads as something else.
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f\ud800-\udfff]")
# Larger whole numbers lose digits in readers that know only floating-point ones.
_MAX_INTEGER = 2**63


def clean(text: str) -> str:
    """The text without what databases refuse."""
    return _SURROGATE.sub("\ufffd", text.replace("\x00", ""))


def text(value: Any, limit: int) -> str:
    """A value as text of at most ``limit`` characters; empty for None. Lists and objects become JSON."""
    if not isinstance(value, str):
        value = _as_text(value, limit)
    value = clean(value)
    return value if len(value) <= limit else value[: limit - 1] + _CUT


def line(value: Any, limit: int) -> str:
    """The same on one line, without space around it and without characters that can't be seen."""
    return text(" ".join(_INVISIBLE.sub("", text(value, 4 * limit)).split()), limit)


def url(value: Any) -> str:
    """The address if it is one that people may be sent to (http or https); else empty."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_URL or _NOT_IN_URLS.search(value):
        return ""
    try:
        parts = urlsplit(value)
        return value if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def pairs(value: Any, limit: int = MAX_LABEL) -> dict[str, str]:
    """Names and values of an object (or of a list of pairs), at most 64; empty ones are left out."""
    found: dict[str, str] = {}
    for name, item in _items(value):
        key, kept = line(name, MAX_LABEL_NAME), text(item, limit)
        if key and kept:
            found.setdefault(key, kept)
        if len(found) == MAX_LABELS:
            break
    return found


def bounded(value: Any, limit: int = MAX_PAYLOAD) -> Any:
    """The same structure in bounds; what was left out is marked by an ellipsis."""
    return _Bounding(limit).of(value, MAX_DEPTH)


class _Bounding:
    def __init__(self, characters: int) -> None:
        self._left = characters

    def of(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict | list | tuple):
            return self._structure(value, depth)
        return _number(value)

    def _text(self, value: str) -> str:
        short = text(value, max(1, min(MAX_TEXT, self._left)))
        self._left -= len(short)
        return short

    def _structure(self, value: Any, depth: int) -> Any:
        if depth == 0 or self._left <= 0:
            return _CUT
        if not isinstance(value, dict):
            items = [self.of(item, depth - 1) for item in self._while_room(value)]
            return items if len(items) == len(value) else [*items, _CUT]
        found = {}
        for name, item in self._while_room(value.items()):
            key = text(name, MAX_LABEL_NAME)
            self._left -= len(key)
            found[key] = self.of(item, depth - 1)
        return found if len(found) == len(value) else {**found, _CUT: _CUT}

    def _while_room(self, items: Iterable[Any]) -> Iterable[Any]:
        for count, item in enumerate(items):
            if count == MAX_ITEMS or self._left <= 0:
                return
            yield item


def _items(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    if isinstance(value, list):
        return [(item[0], item[1]) for item in value if isinstance(item, list | tuple) and len(item) == 2]
    return []


def _number(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return value if -_MAX_INTEGER < value < _MAX_INTEGER else text(value, MAX_TEXT)
    return text(str(value), MAX_TEXT)


def _as_text(value: Any, limit: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list | tuple):
        return json.dumps(bounded(value, 2 * limit), ensure_ascii=False)
    return str(value)
