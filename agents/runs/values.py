"""Makes values fit for the tables: models and tools may say what neither JSON columns nor UTF-8 can hold."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, TypeVar

Value = TypeVar("Value")

# NUL, which PostgreSQL's text can't hold, and halves of surrogate pairs, which UTF-8 can't.
_UNFIT = re.compile("[\x00\ud800-\udfff]")


def fit(text: str) -> str:
    """The text without characters that can't be stored."""
    return _UNFIT.sub("", text) if _UNFIT.search(text) else text


def storable(value: Value) -> Value:
    """A JSON value fit to be stored: texts without such characters, null for numbers that aren't any. The same object
    when it was fit."""
    return _fitted(value) if _has_unfit(value) else value


def _has_unfit(value: Any) -> bool:
    if isinstance(value, str):
        return _UNFIT.search(value) is not None
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, Mapping):
        return any(_has_unfit(key) or _has_unfit(item) for key, item in value.items())
    return isinstance(value, list | tuple) and any(_has_unfit(item) for item in value)


def _fitted(value: Any) -> Any:
    if isinstance(value, str):
        return fit(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_fitted(key): _fitted(item) for key, item in value.items()}
    return [_fitted(item) for item in value] if isinstance(value, list | tuple) else value
