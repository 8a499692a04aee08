"""App ``audit``: the ledger."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = "Ledger"

    def ready(self) -> None:
        from audit import events, ledger_events, triggers

        events.register(ledger_events.EVENTS)
        post_migrate.connect(triggers.install, sender=self, dispatch_uid="audit.triggers")
