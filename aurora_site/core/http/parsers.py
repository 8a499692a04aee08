"""Reads JSON and text bodies: bounded, strict UTF-8, and without what a database can't store."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser, JSONParser

from aurora_site.core.http.errors import PayloadTooLarge

MAXIMUM_JSON_BYTES = 2 * 1024 * 1024
_SUSPECT = re.compile(r"\\u0000|\\u[dD][89a-fA-F]")


class BoundedJSONParser(JSONParser):
    """JSON up to 2 MB, or what the view's ``maximum_json_bytes`` says.

    Raises PayloadTooLarge, ParseError for what isn't JSON (nested too deeply, NaN and infinity included), and
    ValidationError naming the field for text with NUL or half a surrogate pair.
    """

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        view = (parser_context or {}).get("view")
        limit = getattr(view, "maximum_json_bytes", MAXIMUM_JSON_BYTES)
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise PayloadTooLarge(f"The JSON body is larger than {limit // (1024 * 1024)} MB.")
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ParseError(f"The body isn't valid UTF-8 (byte {error.start}).") from error
        try:
            value = json.loads(text, parse_constant=_refuse_constant)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        except ValueError as error:
            raise ParseError(f"The body isn't valid JSON: {error}") from error
        if _SUSPECT.search(text):
            _require_storable(value)
        return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


def _require_storable(value: Any) -> None:
    for path, text in _texts(value, ""):
        if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise ValidationError({path or "body": ["Null characters and unpaired surrogates are not allowed."]})


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text in a JSON value with its path."""
    waiting = [(path, value)]
    while waiting:
        where, item = waiting.pop()
        if isinstance(item, str):
            yield where, item
        elif isinstance(item, dict):
            for key, child in item.items():
                name = f"{where}.{key}" if where else key
                yield where, key
                waiting.append((name, child))
        elif isinstance(item, list):
            waiting.extend((f"{where}[{index}]", child) for index, child in enumerate(item))


class BoundedTextParser(BaseParser):
    """Plain text, CSV and the like, up to 2 MB: ``{"text", "media_type"}``.

    Raises PayloadTooLarge, and ParseError for what isn't UTF-8 or has null characters.
    """

    media_type = "text/*"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, str]:
        raw = stream.read(MAXIMUM_JSON_BYTES + 1)
        if len(raw) > MAXIMUM_JSON_BYTES:
            raise PayloadTooLarge(f"The text is larger than {MAXIMUM_JSON_BYTES // (1024 * 1024)} MB.")
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ParseError(f"The body isn't valid UTF-8 (byte {error.start}).") from error
        if "\x00" in text:
            raise ParseError("The text has null characters.")
        return {"text": text, "media_type": (media_type or "").split(";", 1)[0].strip().lower()}
