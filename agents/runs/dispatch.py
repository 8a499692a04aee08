"""Hands runs to whoever carries them out, and asks whoever does so to stop."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerError

from agents.runs.bell import Bell
from agents.runs.host import RunHost

logger = logging.getLogger(__name__)

TASK = "agents.execute_run"


async def start(run_id: str) -> None:
    """Carry out a queued run on this event loop. One that must wait its turn, or that another took, is left alone."""
    RunHost.current().start(str(run_id))


async def cancel(run_id: str) -> None:
    """Stop a run whose cancellation was committed, here and in every other process at once."""
    host = RunHost.current()
    host.cancel(str(run_id))
    host.start_next(str(run_id))
    await Bell.current().ring_cancel(str(run_id))


def enqueue(run_id: str) -> None:
    """Hand a queued run to a worker once the transaction is committed; what the queue loses, the reaper finds."""
    transaction.on_commit(lambda: _send(str(run_id)))


def _send(run_id: str) -> None:
    try:
        current_app.send_task(TASK, args=[run_id])
    except (BrokerError, OSError) as failure:
        logger.warning("run %s waits for the reaper, the task queue is away: %s", run_id, failure)
