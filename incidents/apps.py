from django.apps import AppConfig
from django.db.models.signals import post_save


class IncidentsConfig(AppConfig):
    name = "incidents"
    verbose_name = "Incidents"

    def ready(self) -> None:
        from audit import events
        from aurora_site.core import retention
        from aurora_site.core.erasure import register
        from incidents import checks, erasure, journal, ledger_events, pruning, ringing  # noqa: F401 system checks
        from incidents.correlation import graph
        from incidents.notifications.listening import notifications_enqueue
        from incidents.sources import all_sources

        post_save.connect(journal.log_open, sender="accounts.Organization")
        events.register(ledger_events.EVENTS)
        register(erasure.ERASURE)
        retention.register(pruning.KIND)
        all_sources.register_all()
        graph.listen()
        journal.listen(in_transaction=notifications_enqueue)
        journal.listen(after_commit=ringing.ring)
