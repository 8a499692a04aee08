"""Log lines: JSON in production, readable elsewhere; with the request's id, no secrets, personal data or query strings."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any, cast

import structlog

from aurora_site.core import env
from aurora_site.core.http.request_id import current_request_id
from aurora_site.core.redaction import redact_data

Event = MutableMapping[str, Any]

_WORD = re.compile(r"(?<!\S)\S+")
_QUERY_STRING = "query_string"


def add_request_id(_: Any, __: str, event: Event) -> Event:
    """structlog processor: the id of the request being served."""
    request_id = current_request_id.get()
    if request_id:
        event.setdefault("request_id", request_id)
    return event


def redact_event(_: Any, __: str, event: Event) -> Event:
    """structlog processor: takes secrets and personal data out of every value."""
    return cast(Event, redact_data(dict(event)).data)


def cut_query_strings(_: Any, __: str, event: Event) -> Event:
    """structlog processor: no address keeps what stands behind its ``?``, which may be anybody's words.

    It comes after ``redact_event``, which makes texts of requests that Django hands over as ``extra``: theirs hold
    the whole address.
    """
    return cast(Event, _cut(event))


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return _WORD.sub(_cut_word, value) if "?" in value else value
    if isinstance(value, dict):
        return {_cut(name): "?" if name == _QUERY_STRING else _cut(held) for name, held in value.items()}
    return [_cut(held) for held in value] if isinstance(value, list) else value


def _cut_word(word: re.Match[str]) -> str:
    """An address is a word with a slash before its ``?``; quotes and brackets around it go too."""
    address, mark, _ = word.group().partition("?")
    return f"{address}{mark}" if "/" in address else word.group()


_SHARED: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    add_request_id,
]


class PlainRefusals(logging.Filter):
    """Takes the traceback from the line of a request that was refused: nothing broke."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", None) == 403:
            record.exc_info = None
        return True


def formatter() -> logging.Formatter:
    """The formatter that ``LOGGING`` names."""
    production = env.read("AURORA_ENV") == "production"
    last = structlog.processors.JSONRenderer() if production else structlog.dev.ConsoleRenderer(colors=_is_colourful())
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # Tracebacks become text before it is redacted, so that theirs is redacted too.
            structlog.processors.format_exc_info,
            redact_event,
            cut_query_strings,
            last,
        ],
    )


def _is_colourful() -> bool:
    return sys.stderr.isatty() and "NO_COLOR" not in os.environ
