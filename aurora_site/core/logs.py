"""Log lines: JSON in production, readable elsewhere, with the request's id and without secrets."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from aurora_site.core import env
from aurora_site.core.http.request_id import current_request_id

MASK = "[hidden]"
_SECRET_NAME = r"(?:pass(?:word|wd)?|secret|token|api[_-]?key|authorization|cookie|ticket|signature|hmac[_-]?key)"  # noqa: S105 a pattern
_SECRET_KEY = re.compile(rf"(?:^|[_-]){_SECRET_NAME}$", re.IGNORECASE)
_PATTERNS = (
    # Webhook tokens are part of the path.
    (re.compile(r"(/api/webhooks/[^/\s\"'?]+/)[^/\s\"'?]+"), rf"\1{MASK}"),
    # Passwords in addresses.
    (re.compile(r"([a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+@", re.IGNORECASE), rf"\1{MASK}@"),
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1 {MASK}"),
    # JSON web tokens and keys of well-known shapes.
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), MASK),
    (re.compile(r"\b(?:sk|pk|rk|ak|aurora|ghp|gho|xox[abprs])[-_][\w-]{16,}"), MASK),
    (
        re.compile(rf"((?:^|[\s\"'?&,;{{\[_-]){_SECRET_NAME}[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;}}\]]+", re.IGNORECASE),
        rf"\1{MASK}",
    ),
)

Event = MutableMapping[str, Any]


def mask(text: str) -> str:
    """The text without secrets: tokens, keys, passwords in addresses, webhook tokens in paths."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def add_request_id(_: Any, __: str, event: Event) -> Event:
    """structlog processor: the id of the request being served."""
    request_id = current_request_id.get()
    if request_id:
        event.setdefault("request_id", request_id)
    return event


def hide_secrets(_: Any, __: str, event: Event) -> Event:
    """structlog processor: masks values under secret names, and secrets inside every text."""
    for key, value in list(event.items()):
        if not key.startswith("_"):
            event[key] = _hidden(key, value)
    return event


def _hidden(key: str, value: Any) -> Any:
    if value and _SECRET_KEY.search(str(key)):
        return MASK
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {inner: _hidden(inner, held) for inner, held in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden("", held) for held in value]
    return value


_SHARED: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    add_request_id,
]


def formatter() -> logging.Formatter:
    """The formatter that ``LOGGING`` names."""
    production = env.read("AURORA_ENV") == "production"
    last = structlog.processors.JSONRenderer() if production else structlog.dev.ConsoleRenderer(colors=_is_colourful())
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # Tracebacks become text before secrets are masked, so that theirs are masked too.
            structlog.processors.format_exc_info,
            hide_secrets,
            last,
        ],
    )


def _is_colourful() -> bool:
    return sys.stderr.isatty() and "NO_COLOR" not in os.environ
