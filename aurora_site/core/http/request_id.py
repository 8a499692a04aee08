"""The id of the request being served, for answers, logs and the ledger."""

from __future__ import annotations

import re
import uuid
from contextvars import ContextVar

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")


def request_id_from(header: str | None) -> str:
    """The caller's id if it is a plain token of 8 to 64 characters, else a new one."""
    if header and _ACCEPTABLE.fullmatch(header):
        return header
    return uuid.uuid4().hex
