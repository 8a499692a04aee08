from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "aurora_site.accounts"
    label = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from audit import events
        from aurora_site.accounts import erasure, ledger_events, schema, signals  # noqa: F401
        from aurora_site.core.erasure import register

        events.register(ledger_events.EVENTS)
        register(erasure.ERASURE)
