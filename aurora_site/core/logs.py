"""Log lines: JSON in production, readable elsewhere, with the request's id and without secrets and personal data."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import MutableMapping
from typing import Any, cast

import structlog

from aurora_site.core import env
from aurora_site.core.http.request_id import current_request_id
from aurora_site.core.redaction import redact_data

Event = MutableMapping[str, Any]


def add_request_id(_: Any, __: str, event: Event) -> Event:
    """structlog processor: the id of the request being served."""
    request_id = current_request_id.get()
    if request_id:
        event.setdefault("request_id", request_id)
    return event


def redact_event(_: Any, __: str, event: Event) -> Event:
    """structlog processor: takes secrets and personal data out of every value."""
    return cast(Event, redact_data(dict(event)).data)


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
            # Tracebacks become text before it is redacted, so that theirs is redacted too.
            structlog.processors.format_exc_info,
            redact_event,
            last,
        ],
    )


def _is_colourful() -> bool:
    return sys.stderr.isatty() and "NO_COLOR" not in os.environ
