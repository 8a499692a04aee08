"""A process's sign of life: a row that a thread of it renews, by the database's clock."""

from __future__ import annotations

import logging
import os
import socket
import threading
from datetime import timedelta

from django.db import DatabaseError, connections
from django.db.models.functions import Now

from aurora_site.ops.models import ProcessHeartbeat

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
ALIVE_SECONDS = 20
FORGET_AFTER = timedelta(hours=1)

_stop = threading.Event()
_thread: threading.Thread | None = None


def start(kind: str) -> None:
    """Keep this process's row fresh until ``stop`` or the process's end."""
    global _thread  # noqa: PLW0603 one heartbeat a process
    if _thread is not None and _thread.is_alive():
        return
    _stop.clear()
    _thread = threading.Thread(target=_beat, args=(kind,), name="heartbeat", daemon=True)
    _thread.start()


def stop() -> None:
    """Stop, and take the row away: the process says itself that it ends."""
    _stop.set()
    if _thread is not None:
        _thread.join(timeout=BEAT_SECONDS)


def alive(kind: str) -> int:
    """How many processes of a kind were seen in the last seconds."""
    return ProcessHeartbeat.objects.filter(kind=kind, seen_at__gt=Now() - timedelta(seconds=ALIVE_SECONDS)).count()


def _beat(kind: str) -> None:
    name = f"{kind}@{socket.gethostname()}:{os.getpid()}"[:200]
    try:
        while not _stop.is_set():
            try:
                _renew(kind, name)
            except DatabaseError as error:
                logger.warning("The heartbeat waits for the database: %s", error)
            finally:
                connections.close_all()
            _stop.wait(BEAT_SECONDS)
        ProcessHeartbeat.objects.filter(name=name).delete()
    except DatabaseError:
        pass  # the row ages and is removed by the next process
    finally:
        connections.close_all()


def _renew(kind: str, name: str) -> None:
    ProcessHeartbeat.objects.update_or_create(
        name=name,
        defaults={"seen_at": Now()},
        create_defaults={
            "kind": kind, "pid": os.getpid(), "host": socket.gethostname()[:150], "started_at": Now(), "seen_at": Now(),
        },
    )  # fmt: skip
    ProcessHeartbeat.objects.filter(seen_at__lt=Now() - FORGET_AFTER).delete()
