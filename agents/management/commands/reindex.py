"""``manage.py reindex``: take in a folder of documents, bring the index up to date, build and switch its versions."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from tqdm import tqdm

from agents.embeddings.base import EmbeddingError
from agents.knowledge import services
from agents.knowledge.folders import folder_import
from agents.retrieval import selectors
from agents.retrieval.building import is_being_built
from agents.retrieval.errors import IndexBuildRunning, RetrievalError
from aurora_site.accounts.selectors import organization_default, organization_named

LOOK_EVERY_SECONDS = 0.5


class Command(BaseCommand):
    help = (
        "Index an organisation's documents; unchanged passages are not embedded again. Ends with 0 when all was done, "
        "1 with the reason when not; files that can't be read are named and don't stop the others."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--source", help="Folder to take documents from first (default: SEED_DATA_DIR if set).")
        parser.add_argument("--organization", help="Slug or id of the organisation (default: the default one).")
        alone = parser.add_mutually_exclusive_group()
        alone.add_argument("--rebuild", action="store_true", help="Build a new index version and switch to it.")
        alone.add_argument("--activate", metavar="VERSION", help="Switch to this index version and do nothing else.")
        alone.add_argument("--rollback", action="store_true", help="Switch back to the former version.")
        alone.add_argument("--collect", action="store_true", help="Delete versions beyond AURORA_INDEX_KEEP.")
        alone.add_argument("--list", action="store_true", help="Show the index versions.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._handle(options)
        except (RetrievalError, EmbeddingError) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"The database can't be used: {error}") from error

    def _handle(self, options: dict[str, Any]) -> None:
        if options["organization"] and organization_named(options["organization"]) is None:
            raise CommandError(f"There is no organisation {options['organization']!r}.")
        if options["list"]:
            self._list()
        elif options["collect"]:
            names = services.index_collect()
            self.stdout.write(f"Deleted {', '.join(names)}." if names else "There was nothing to delete.")
        elif options["activate"] or options["rollback"]:
            name = options["activate"]
            version = services.index_activate(name=name) if name else services.index_rollback()
            self.stdout.write(f"{self._searches_use(version.name)}")
        else:
            self._reindex(options)

    def _reindex(self, options: dict[str, Any]) -> None:
        name = options["organization"]
        organization = organization_named(name) if name else organization_default()
        if organization is None:
            raise CommandError("There is no organisation yet.")
        source = options["source"] or settings.SEED_DATA_DIR
        if source:
            self._take_in(organization, Path(source))
        if options["rebuild"]:
            self._rebuild()
        with tqdm(desc="Indexing", unit="document") as bar:
            count = services.documents_reindex(
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
        for path in result.replaced:
            self.stdout.write(f"{path}: replaced the document that was there.")
        for path, reason in result.refused.items():
            self.stderr.write(f"{path}: {reason}")

    def _rebuild(self) -> None:
        while True:
            try:
                with tqdm(desc="Building", unit="document") as bar:
                    rebuild = services.index_rebuild(progress=lambda done, total: _advance(bar, done, total))
                break
            except IndexBuildRunning:
                if self._finished_elsewhere():
                    return
        for path, reason in rebuild.unreadable.items():
            self.stderr.write(f"{path}: {reason}")
        self.stdout.write(self._searches_use(rebuild.version.name))

    def _finished_elsewhere(self) -> bool:
        """Follow the process that builds until it ends; whether its version is the active one then."""
        building = selectors.unfinished_version()
        if building is None:
            return False
        self.stdout.write(f"Another process builds index version {building.name}; waiting for it.")
        with tqdm(desc=f"Building {building.name}", unit="document") as bar:
            while is_being_built():
                building.refresh_from_db(fields=["done", "total"])
                _advance(bar, building.done, building.total)
                time.sleep(LOOK_EVERY_SECONDS)
        if selectors.version_named(building.name).state != building.State.ACTIVE:
            return False
        self.stdout.write(self._searches_use(building.name))
        return True

    def _searches_use(self, name: str) -> str:
        if settings.AURORA_INDEX_VERSION not in ("", name):
            return f"{name} is active, but AURORA_INDEX_VERSION makes searches use {settings.AURORA_INDEX_VERSION}."
        return f"Searches use index version {name} now."

    def _list(self) -> None:
        for row in selectors.versions_listed():
            state = f"{row.state} {row.done}/{row.total}" if row.state == "building" else row.state
            self.stdout.write(
                f"{'*' if row.searched else ' '} {row.name:8} {state:18} {row.documents:>7} documents "
                f"{row.chunks:>8} chunks  {row.embedder} ({row.dimension})  {row.note}".rstrip()
            )
        if reason := selectors.rebuild_due():
            self.stdout.write(f"{reason} Run `manage.py reindex --rebuild`.")


def _advance(bar: Any, done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)
