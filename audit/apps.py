"""App ``audit``: the ledger."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = "Ledger"

    def ready(self) -> None:
        from audit import erasure, events, ledger_events, triggers
        from aurora_site.core.erasure import register

        events.register(ledger_events.EVENTS)
        register(erasure.ERASURE)
        post_migrate.connect(triggers.install, sender=self, dispatch_uid="audit.triggers")
