"""The intake's doorbell: says in all processes that deliveries of an organisation wait.

A notification of the retrieval database, which is PostgreSQL wherever the others are kept. It isn't a task of the queue: the
alerts of an outage must not wait behind whatever else the workers do. A ring that is lost is made good by the sweep.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

from aurora_site.core.embedded import EmbeddedError
from aurora_site.core.retrieval_pool import conninfo, retrieval_pool

logger = logging.getLogger(__name__)

CHANNEL = "aurora_intake"
# What is accepted meanwhile goes with the next ring: under load a ring costs as much as an insert.
BETWEEN_RINGS = 0.05
# A listener looks so often whether it is asked to end, and for what nobody rang for.
WAIT_SECONDS, LOOK_SECONDS = 0.5, 2.0
LONGEST_PAUSE = 2.0
OUTAGES = (psycopg.Error, PoolTimeout, OSError, EmbeddedError)


class Ringer:
    """Rings on a thread of its own, which lives while there is something to ring for: no sender waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[UUID] = set()
        self._ringing_in = 0

    def ring(self, organization_id: UUID) -> None:
        """Say soon that an organisation's deliveries wait. Returns at once."""
        with self._lock:
            self._waiting.add(organization_id)
            # A process that was forked has none of its parent's threads.
            if self._ringing_in == os.getpid():
                return
            self._ringing_in = os.getpid()
        threading.Thread(target=self._work, name="intake-bell", daemon=True).start()

    def _work(self) -> None:
        while organizations := self._next():
            notify(organizations)
            time.sleep(BETWEEN_RINGS)

    def _next(self) -> set[UUID]:
        with self._lock:
            organizations, self._waiting = self._waiting, set()
            if not organizations:
                self._ringing_in = 0
            return organizations


def notify(organizations: set[UUID]) -> None:
    """Ring for organisations, now. An outage is logged: the sweep finds what waits."""
    try:
        with retrieval_pool().connection() as connection:
            for organization_id in organizations:
                connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(organization_id)])
    except OUTAGES as error:
        logger.warning("deliveries wait for the sweep: %s: %s", type(error).__name__, error)


def listen(heard: Callable[[UUID], None], look: Callable[[], None], ending: threading.Event) -> None:
    """Call ``heard`` for each ring, and ``look`` every two seconds, until ``ending`` is set. Survives outages."""
    pause = 0.1
    while not ending.is_set():
        try:
            _listen(heard, look, ending)
        except OUTAGES as error:
            logger.warning("the intake's bell isn't heard for now: %s", error)
            ending.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def _listen(heard: Callable[[UUID], None], look: Callable[[], None], ending: threading.Event) -> None:
    with psycopg.connect(conninfo(), autocommit=True, connect_timeout=5) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        looked = 0.0
        while not ending.is_set():
            if time.monotonic() - looked >= LOOK_SECONDS:
                look()
                looked = time.monotonic()
            for notification in connection.notifies(timeout=WAIT_SECONDS, stop_after=1):
                heard(UUID(notification.payload))


ringer = Ringer()
