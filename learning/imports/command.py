"""What the management commands of imports share."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from aurora_site.accounts.models import Organization
from learning.errors import UnreadableImport
from learning.services.imports import FORMATS, MOST_BYTES, Imported, file_import

MOST_NAMED = 10


class ImportCommand(BaseCommand):
    """``manage.py import_… FILE --organization SLUG [--format csv|json] [--dry-run]``."""

    kind = ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV or JSON, as docs/learning/imports.md describes")
        parser.add_argument("--organization", required=True, help="the organisation's short name")
        parser.add_argument("--format", choices=FORMATS, help="unless the file's ending says it")
        parser.add_argument("--dry-run", action="store_true", help="say what it would do, and change nothing")

    def handle(self, *args: Any, file: Path, organization: str, **options: Any) -> None:
        found = Organization.objects.filter(slug=organization).first()
        if found is None:
            raise CommandError(_unknown(organization))
        content = _content(file)
        # Once for reading, once for writing. Lines of a log aren't for a bar that moves.
        total = 2 * max(0, content.count(b"\n") - 1)
        with tqdm(total=total, unit="row", disable=not sys.stderr.isatty(), leave=False) as bar:
            try:
                imported = file_import(
                    organization_id=found.pk,
                    actor_id="",
                    kind=self.kind,
                    content=content,
                    form=options["format"] or _form(file),
                    dry_run=options["dry_run"],
                    tick=bar.update,
                )
            except UnreadableImport as error:
                bar.close()
                self._tell_refused(error)
                raise CommandError(str(error)) from error
        self._tell(imported)

    def _tell_refused(self, error: UnreadableImport) -> None:
        for row in error.rows:
            where = f"{row['line']}, {row['field']}" if row["field"] else str(row["line"])
            self.stderr.write(f"{where}: {row['reason']}")
        if error.count > len(error.rows):
            self.stderr.write(f"… and {error.count - len(error.rows):,} more")

    def _tell(self, imported: Imported) -> None:
        for note in imported.notes:
            self.stdout.write(note)
        for kind in dict.fromkeys((*imported.created, *imported.updated, *imported.unchanged)):
            numbers = (
                f"{counts.get(kind, 0):,} {word}"
                for counts, word in (
                    (imported.created, "created"),
                    (imported.updated, "updated"),
                    (imported.unchanged, "unchanged"),
                )
            )
            self.stdout.write(f"{kind}: {', '.join(numbers)}")
        ending = " Nothing was changed: a dry run." if imported.dry_run else ""
        self.stdout.write(f"{imported.rows:,} rows, SHA-256 {imported.sha256}.{ending}")


def _unknown(organization: str) -> str:
    slugs = list(Organization.objects.order_by("slug").values_list("slug", flat=True)[: MOST_NAMED + 1])
    named = ", ".join(slugs[:MOST_NAMED])
    if not slugs:
        return f"There is no organisation {organization}, nor any other yet."
    more = ", and more" if len(slugs) > MOST_NAMED else ""
    return f"There is no organisation {organization}. There are: {named}{more}."


def _form(file: Path) -> str:
    form = file.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise CommandError(f"{file.name} ends neither in .csv nor in .json; give --format.")
    return form


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise CommandError(f"{file} is larger than {MOST_BYTES // 1024**2} MB.")
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}.") from error
