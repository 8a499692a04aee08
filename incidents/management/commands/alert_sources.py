"""``manage.py alert_sources``: the page about every source of alerts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from incidents.sources.page import document


class Command(BaseCommand):
    help = "Print the page about sources of alerts, or write it to docs/incidents/sources.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="Write docs/incidents/sources.md.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["write"]:
            self.stdout.write(document(), ending="")
            return
        path = settings.BASE_DIR / "docs" / "incidents" / "sources.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(document())
