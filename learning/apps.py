from django.apps import AppConfig


class LearningConfig(AppConfig):
    name = "learning"
    verbose_name = "Learning"

    def ready(self) -> None:
        from audit import events
        from aurora_site.core import retention
        from aurora_site.core.erasure import register
        from learning import erasure, ledger_events, pruning, tools
        from learning.agents import builtin

        events.register(ledger_events.EVENTS)
        register(erasure.ERASURE)
        retention.register(pruning.KIND)
        tools.register_all()
        builtin.register_all()
