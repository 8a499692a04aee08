"""Writes down when calls to a language model are held back because it fails, and when they are made again."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from django.db import DatabaseError, connections

from aurora_site.ops.recovery import recovery_record

logger = logging.getLogger(__name__)

# Changes are noticed on event loops, which must not wait for a database.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model-circuits")


def record_change(name: str, state: str, reason: str) -> None:
    """Record a change of a model's circuit (agents.providers.failover) as a recovery. Returns at once."""
    if state == "open":
        action, result = "Held back calls to it", "The next model of the chain answers."
    else:
        action, result = "Called it again", "It answers."
    _thread.submit(_write, what=f"Model {name}", why=reason, action=action, result=result)


def _write(**recovery: str) -> None:
    try:
        recovery_record(**recovery)
    except DatabaseError:
        logger.exception("A recovery could not be written down: %s", recovery)
    finally:
        connections.close_all()
