from django.apps import AppConfig


class LinksConfig(AppConfig):
    name = "aurora_site.links"

    def ready(self) -> None:
        from aurora_site.links.listening import RESOLVED, responses_follow
        from incidents import journal

        journal.listen(in_transaction=responses_follow, kinds=[RESOLVED])
