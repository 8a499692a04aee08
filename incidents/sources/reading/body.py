"""Bodies as JSON, and values at places in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from incidents.sources.base import UnreadablePayload

Json = Mapping[str, Any]


def json_value(body: bytes) -> Any:
    """The JSON of a body. Raises UnreadablePayload, also for what only breaks parsers (nesting, numbers of 5,000 digits)."""
    if not body.strip():
        raise UnreadablePayload("The body is empty; it must be JSON.")
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        raise UnreadablePayload(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    except UnicodeDecodeError:
        raise UnreadablePayload("The body is not JSON: it isn't UTF-8.") from None
    except ValueError:
        raise UnreadablePayload(
            "The body is not JSON that can be read: it has a number with too many digits."
        ) from None
    except RecursionError:
        raise UnreadablePayload("The body is nested too deeply.") from None


def json_object(body: bytes) -> Json:
    """The JSON object that a body is. Raises UnreadablePayload."""
    value = json_value(body)
    if not isinstance(value, dict):
        raise UnreadablePayload("The body must be a JSON object.")
    return value


def at(value: Any, path: str) -> Any:
    """What is at a dotted path (``data.alerts.0.title``); None where there is nothing. ``only`` is the one item of a list
    that has one."""
    for name in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name == "only" and len(value) == 1:
            value = value[0]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def first(value: Any, *paths: str) -> Any:
    """What is at the first of these paths that holds anything; None where none does."""
    for path in paths:
        found = at(value, path)
        if found not in (None, "", [], {}):
            return found
    return None


def json_object_at(value: Any, path: str) -> Json:
    """The object at a path; empty where there is none."""
    found = at(value, path)
    return found if isinstance(found, dict) else {}
