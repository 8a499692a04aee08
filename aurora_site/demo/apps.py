from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "aurora_site.demo"
