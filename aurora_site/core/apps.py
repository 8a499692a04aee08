"""App ``core``: what every other app stands on."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "aurora_site.core"
    label = "core"
    verbose_name = "Core"
