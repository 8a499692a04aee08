"""The Celery application, its logging, and the heartbeats of worker and beat."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals

from aurora_site.core.queue import use_own_transport

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aurora_site.settings.current")
use_own_transport()

app = Celery("aurora")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def _keep_django_logging(**_: Any) -> None:
    """A receiver here stops Celery from configuring logging anew."""


@signals.worker_ready.connect
def _worker_ready(**_: Any) -> None:
    from agents.runs import worker
    from audit import sealer
    from aurora_site.ops import heartbeat
    from incidents import draining

    heartbeat.start("worker")
    worker.begin()
    sealer.start()
    draining.start()


@signals.beat_init.connect
def _beat_ready(**_: Any) -> None:
    from aurora_site.ops import heartbeat

    heartbeat.start("beat")


@signals.worker_shutting_down.connect
def _worker_ends(**_: Any) -> None:
    from aurora_site.ops import heartbeat

    heartbeat.stop()


@signals.worker_shutdown.connect
def _worker_drains(**_: Any) -> None:
    """The pool has ended; let the runs finish that its tasks handed over, then seal what they recorded."""
    from agents.runs import worker
    from audit import sealer
    from incidents import draining

    draining.stop()
    worker.close()
    sealer.stop()
