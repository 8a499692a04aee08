"""App ``audit``: the ledger."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = "Ledger"

    def ready(self) -> None:
        from audit import erasure, events, ledger_events, triggers
        from audit import retention as ledger_retention
        from aurora_site.core import retention
        from aurora_site.core.erasure import register

        retention.register(ledger_retention.KIND)
        events.register(ledger_events.EVENTS)
        register(erasure.ERASURE)
        post_migrate.connect(triggers.install, sender=self, dispatch_uid="audit.triggers")
