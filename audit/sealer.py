"""The sealer's thread: each worker process has one; they take turns by the lock of ``sealing``."""

from __future__ import annotations

import logging
import threading
import time

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from audit import anchors, sealing
from audit.rotation import keys_in_use, keys_record

logger = logging.getLogger(__name__)

# Between two looks while records come in, and the longest while none do.
BUSY_SECONDS, IDLE_SECONDS = 0.5, 2.0
# What a process that ends may take for the last records, and then for the anchor.
ENDING_SECONDS = 2.0
# A trouble that stays is said again after so long.
REPEAT_SECONDS = 300.0


class Sealer:
    """Seals until it is stopped, through outages of the database and whatever else goes wrong."""

    def __init__(self) -> None:
        self._ending = threading.Event()
        self._sender = anchors.Sender() if settings.AURORA_LEDGER_ANCHOR else None
        self._keys = ("", "")
        self._trouble = ""
        self._said = 0.0
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Seal what waits, tell the anchor, and end; a few seconds at most."""
        self._ending.set()
        self._thread.join(ENDING_SECONDS)
        if self._sender is not None:
            self._sender.stop(ENDING_SECONDS)

    def _run(self) -> None:
        pause = BUSY_SECONDS
        while True:
            is_last = self._ending.is_set()
            pause = BUSY_SECONDS if self._seal() else min(pause * 2, IDLE_SECONDS)
            if is_last:
                return
            self._ending.wait(pause)

    def _seal(self) -> bool:
        """One pass; whether there was anything to do. A connection isn't kept over the pause: none then goes stale."""
        try:
            done = sealing.seal_all()
            if (keys := keys_in_use()) != self._keys and keys_record():
                self._keys = keys
        except Exception as error:  # noqa: BLE001 said below; the next pass tries again, and /health shows the lag
            self._say(error)
            return False
        finally:
            connections.close_all()
        self._trouble = ""
        if self._sender is not None:
            self._sender.wake()
        return done > 0

    def _say(self, error: Exception) -> None:
        trouble = f"{type(error).__name__}: {error}"
        if trouble == self._trouble and time.monotonic() - self._said < REPEAT_SECONDS:
            return
        self._trouble, self._said = trouble, time.monotonic()
        if isinstance(error, DatabaseError | InterfaceError):
            logger.warning("The sealer waits for the database: %s", error)
        else:
            logger.error("The sealer can't seal: %s", trouble, exc_info=error)


_sealer: Sealer | None = None
_guard = threading.Lock()


def start() -> None:
    """Begin to seal in this process; twice is as once."""
    global _sealer  # noqa: PLW0603 one sealer a process
    with _guard:
        _sealer = _sealer or Sealer()


def stop() -> None:
    """Seal what waits and end, within a few seconds."""
    global _sealer
    with _guard:
        ending, _sealer = _sealer, None
    if ending is not None:
        ending.stop()
