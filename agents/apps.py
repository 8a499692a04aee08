from django.apps import AppConfig
from django.db.models.signals import post_migrate

from aurora_site.core.shutdown import on_drain


class AgentsConfig(AppConfig):
    name = "agents"
    verbose_name = "Agents"

    def ready(self) -> None:
        from agents import ledger_events
        from agents.catalog import builtin, turn
        from agents.catalog.services import builtin_agents_store
        from agents.chat import conversation, endings, erasure
        from agents.knowledge import ledger_events as knowledge_events
        from agents.knowledge import pruning as document_pruning
        from agents.knowledge import tools
        from agents.runs import pruning as event_pruning
        from agents.runs.host import drain_runs
        from audit import events
        from aurora_site.core import retention
        from aurora_site.core.erasure import register

        events.register(ledger_events.EVENTS)
        events.register(knowledge_events.EVENTS)
        register(erasure.ERASURE)
        retention.register(event_pruning.KIND)
        retention.register(document_pruning.KIND)
        builtin.register_all()
        tools.register_all()
        turn.register()
        conversation.register()
        endings.register()
        on_drain(drain_runs)
        post_migrate.connect(builtin_agents_store, sender=self)
