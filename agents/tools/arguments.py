"""Arguments of tool calls: read from what a model wrote, checked against the tool's schema, compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from agents.tools.base import Tool

if TYPE_CHECKING:
    from jsonschema import ValidationError

MAXIMUM_CHARACTERS = 8_000
_MESSAGE_CHARACTERS = 300


class BadArguments(ValueError):
    """Arguments that can't be used; the text says what is wrong, for the model to mend."""


def parse_arguments(raw: str) -> dict[str, Any]:
    """The arguments as an object; empty text is an empty object. Raises BadArguments for anything but a JSON object,
    for numbers and characters that JSON texts can't carry, and for more than 8,000 characters."""
    if len(raw) > MAXIMUM_CHARACTERS:
        raise BadArguments(f"The arguments are longer than {MAXIMUM_CHARACTERS} characters.")
    try:
        value = json.loads(raw or "{}", parse_constant=_refuse_constant)
        if not isinstance(value, dict):
            raise BadArguments("The arguments must be a JSON object.")
        canonical(value).encode()
        readable = all("\x00" not in text for text in _texts(value))
    except BadArguments:
        raise
    except (ValueError, RecursionError) as error:
        raise BadArguments("The arguments are not valid JSON.") from error
    if not readable:
        raise BadArguments("The arguments hold a character that can't be stored.")
    return value


def check_arguments(tool: Tool, arguments: Mapping[str, Any]) -> None:
    """Raises BadArguments naming what breaks the tool's schema."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    fault = best_match(Draft202012Validator(dict(tool.parameters)).iter_errors(dict(arguments)))
    if fault is not None:
        raise BadArguments(_explained(fault))


def canonical(arguments: Mapping[str, Any]) -> str:
    """The same text for equal arguments. Raises ValueError for what JSON can't carry."""
    return json.dumps(arguments, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def fingerprint(name: str, arguments: Mapping[str, Any]) -> str:
    """SHA-256, hexadecimal, of a tool's name and its arguments: equal for identical calls."""
    return hashlib.sha256(f"{name}\n{canonical(arguments)}".encode()).hexdigest()


def _explained(fault: ValidationError) -> str:
    where = ".".join(str(part) for part in fault.absolute_path)
    return f"{where or 'arguments'}: {fault.message}"[:_MESSAGE_CHARACTERS]


def _refuse_constant(name: str) -> NoReturn:
    raise BadArguments(f"{name} is not valid JSON.")


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                yield key
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
