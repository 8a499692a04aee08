from django.apps import AppConfig


class RetrievalConfig(AppConfig):
    name = "agents.retrieval"
    label = "retrieval"
    verbose_name = "Knowledge index"
