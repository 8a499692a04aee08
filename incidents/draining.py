"""Threads of a worker that process deliveries as soon as they are there, whatever its tasks do meanwhile."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID

from django.db import DatabaseError, InterfaceError, close_old_connections

from incidents import doorbell
from incidents.processing import deliveries_process, organizations_waiting

logger = logging.getLogger(__name__)

ORGANIZATIONS_AT_ONCE = 4
ENDING_SECONDS = 5.0


class Drainer:
    """Hears the doorbell, and has organisations' deliveries processed, several organisations at once."""

    def __init__(self) -> None:
        self._ending = threading.Event()
        self._busy: set[UUID] = set()
        self._again: set[UUID] = set()
        self._guard = threading.Lock()
        self._pool = ThreadPoolExecutor(ORGANIZATIONS_AT_ONCE, thread_name_prefix="intake")
        hear = partial(doorbell.listen, self.take, self._look, self._ending)
        self._thread = threading.Thread(target=hear, name="intake-listener", daemon=True)
        self._thread.start()

    def take(self, organization_id: UUID) -> None:
        """Have an organisation's deliveries processed. Returns at once."""
        with self._guard:
            if organization_id in self._busy:
                self._again.add(organization_id)
                return
            self._busy.add(organization_id)
        self._pool.submit(self._work, organization_id)

    def stop(self) -> None:
        """Take no more, and let what is being processed finish."""
        self._ending.set()
        self._thread.join(ENDING_SECONDS)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _look(self) -> None:
        """Find what nobody rang for, such as what came while no worker was there."""
        try:
            for organization_id in organizations_waiting():
                self.take(organization_id)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("deliveries wait for the database: %s", error)
        finally:
            close_old_connections()

    def _work(self, organization_id: UUID) -> None:
        while True:
            try:
                deliveries_process(organization_id, self._ending)
            except Exception:
                logger.exception("deliveries of %s wait for the sweep", organization_id)
            finally:
                close_old_connections()
            with self._guard:
                if organization_id not in self._again or self._ending.is_set():
                    self._busy.discard(organization_id)
                    self._again.discard(organization_id)
                    return
                self._again.discard(organization_id)


_drainer: Drainer | None = None
_lock = threading.Lock()


def start() -> None:
    """Begin to process deliveries in this worker process; twice is as once."""
    global _drainer  # noqa: PLW0603 one a process
    with _lock:
        _drainer = _drainer or Drainer()


def stop() -> None:
    """End after what is being processed."""
    global _drainer
    with _lock:
        ending, _drainer = _drainer, None
    if ending is not None:
        ending.stop()
