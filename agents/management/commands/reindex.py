"""``manage.py reindex``: take in a folder of documents and bring the index up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from agents.knowledge.folders import folder_import
from agents.knowledge.services import documents_reindex, index_rebuild
from agents.retrieval.errors import IndexVersionError
from agents.retrieval.selectors import version_named
from agents.retrieval.versions import version_activate
from aurora_site.accounts.selectors import organization_default, organization_named


class Command(BaseCommand):
    help = "Index an organisation's documents; unchanged passages are not embedded again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--source", help="Folder to take documents from first (default: SEED_DATA_DIR if set).")
        parser.add_argument("--organization", help="Slug or id of the organisation (default: the default one).")
        parser.add_argument("--rebuild", action="store_true", help="Build a new index version and switch to it.")
        parser.add_argument("--activate", metavar="VERSION", help="Switch to this index version and do nothing else.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["activate"]:
            self._activate(options["activate"])
            return
        name = options["organization"]
        organization = organization_named(name) if name else organization_default()
        if organization is None:
            raise CommandError(f"There is no organisation {name!r}." if name else "There is no organisation yet.")
        source = options["source"] or settings.SEED_DATA_DIR
        if source:
            self._take_in(organization, Path(source))
        if options["rebuild"]:
            with tqdm(desc="Building", unit="document") as bar:
                version = index_rebuild(progress=lambda done, total: _advance(bar, done, total))
            self.stdout.write(f"Searches use the new index version {version.name} now.")
        with tqdm(desc="Indexing", unit="document") as bar:
            count = documents_reindex(
                organization=organization, progress=lambda done, total: _advance(bar, done, total)
            )
        self.stdout.write(f"{count} documents of {organization.name} are indexed.")

    def _take_in(self, organization: Any, folder: Path) -> None:
        try:
            with tqdm(desc="Reading", unit="file") as bar:
                result = folder_import(
                    organization=organization,
                    actor=None,
                    folder=folder,
                    progress=lambda done, total: _advance(bar, done, total),
                )
        except NotADirectoryError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{result.added} taken in, {result.unchanged} unchanged, {result.removed} gone.")
        for path, reason in result.refused.items():
            self.stderr.write(f"{path}: {reason}")

    def _activate(self, name: str) -> None:
        try:
            version_activate(version_named(name))
        except IndexVersionError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Searches use index version {name} now.")


def _advance(bar: Any, done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)
