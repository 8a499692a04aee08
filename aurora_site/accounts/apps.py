from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "aurora_site.accounts"
    label = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from aurora_site.accounts import schema, signals  # noqa: F401
