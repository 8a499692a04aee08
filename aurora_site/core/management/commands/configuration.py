"""``manage.py configuration``: the page about every environment variable."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from aurora_site.core.configuration import document


class Command(BaseCommand):
    help = "Print the configuration reference, or write it to docs/configuration.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="Write docs/configuration.md.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["write"]:
            self.stdout.write(document(), ending="")
            return
        (settings.BASE_DIR / "docs" / "configuration.md").write_text(document())
