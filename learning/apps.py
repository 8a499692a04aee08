from django.apps import AppConfig


class LearningConfig(AppConfig):
    name = "learning"
    verbose_name = "Learning"

    def ready(self) -> None:
        from audit import events
        from learning import ledger_events

        events.register(ledger_events.EVENTS)
