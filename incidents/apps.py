from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"
    verbose_name = "Incidents"

    def ready(self) -> None:
        from audit import events
        from incidents import ledger_events

        events.register(ledger_events.EVENTS)
