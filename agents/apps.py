from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AgentsConfig(AppConfig):
    name = "agents"
    verbose_name = "Agents"

    def ready(self) -> None:
        from agents.catalog import builtin, turn
        from agents.catalog.services import builtin_agents_store

        builtin.register_all()
        turn.register()
        post_migrate.connect(builtin_agents_store, sender=self)
