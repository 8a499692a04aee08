"""App ``ops``: running an installation."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OpsConfig(AppConfig):
    name = "aurora_site.ops"
    label = "ops"
    verbose_name = "Operations"

    def ready(self) -> None:
        from agents.providers import failover
        from audit import events
        from aurora_site import celery, checks  # noqa: F401 shared tasks find the app; system checks register
        from aurora_site.ops import ledger_events
        from aurora_site.ops.model_circuits import record_change

        events.register(ledger_events.EVENTS)
        failover.on_change(record_change)
        post_migrate.connect(_install_queue, sender=self, dispatch_uid="ops.install_queue")


def _install_queue(using: str, **_: Any) -> None:
    """PGMQ's SQL isn't a migration of ours: it is installed after the retrieval database's migrations."""
    from aurora_site.core import databases, queue

    if using == databases.RETRIEVAL and databases.broker_url().startswith("pgmq:"):
        queue.install()
