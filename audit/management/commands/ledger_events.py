"""``manage.py ledger_events``: the page about every event that the ledger records."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from audit.events import document


class Command(BaseCommand):
    help = "Print what the ledger records, or write it to docs/ledger-events.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="Write docs/ledger-events.md.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["write"]:
            self.stdout.write(document(), ending="")
            return
        (settings.BASE_DIR / "docs" / "ledger-events.md").write_text(document())
