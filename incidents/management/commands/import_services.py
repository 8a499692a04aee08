"""``manage.py import_services FILE --organization SLUG``: services and which call which, from a file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aurora_site.accounts.models import Organization
from incidents.errors import UnreadableGraph
from incidents.services.graph_import import Imported, counted, graph_import_csv, graph_import_exposition

MOST_BYTES = 20 * 1024 * 1024


class Command(BaseCommand):
    help = "Add services and calls from CSV (caller,callee, or an adjacency matrix) or Prometheus' text format."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="*.csv; anything else is read as Prometheus' text format")
        parser.add_argument("--organization", required=True, help="the organisation's short name")

    def handle(self, *args: Any, file: Path, organization: str, **options: Any) -> None:
        found = Organization.objects.filter(slug=organization).first()
        if found is None:
            raise CommandError(f"There is no organisation {organization}.")
        load = graph_import_csv if file.suffix.lower() == ".csv" else graph_import_exposition
        try:
            result = load(organization_id=found.pk, actor_id="", text=_text(file))
        except UnreadableGraph as error:
            raise CommandError(str(error)) from error
        self._tell(result)

    def _tell(self, result: Imported) -> None:
        for line, reason in result.refused:
            self.stderr.write(f"line {line}: {reason}")
        if result.refused_count > len(result.refused):
            self.stderr.write(f"… and {result.refused_count - len(result.refused)} more lines")
        self.stdout.write(f"{result.words} {counted(result.refused_count, 'line')} refused.")


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise CommandError(f"{file} is larger than {MOST_BYTES // 1024**2} MB.")
        return file.read_text(encoding="utf-8").replace("\x00", "")
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} isn't UTF-8 (byte {error.start}).") from error
