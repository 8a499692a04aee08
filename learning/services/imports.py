"""Imports whole files into an organisation's learning: all rows or none, and one record of what it came to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from audit.services import record
from learning.errors import UnreadableImport
from learning.imports import catalog, progress, roles, skills
from learning.imports.counting import Importing
from learning.imports.tables import Table, json_of, table_of

MOST_BYTES = 64 * 1024 * 1024
FORMATS = ("csv", "json")
_IMPORTERS: Mapping[str, tuple[Any, Callable[[Importing, Table], None]]] = {
    "skills": (skills, skills.skills_import),
    "roles": (roles, lambda importing, table: roles.roles_import(importing, roles.flattened(table))),
    "catalog": (catalog, catalog.catalog_import),
    "progress": (progress, progress.progress_import),
}
KINDS = tuple(_IMPORTERS)


@dataclass(frozen=True)
class Imported:
    """What an import came to: rows read, and rows of each kind that were created, updated, or there already."""

    kind: str
    rows: int
    sha256: str
    created: Mapping[str, int] = field(default_factory=dict)
    updated: Mapping[str, int] = field(default_factory=dict)
    unchanged: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    dry_run: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "rows": self.rows,
            "sha256": self.sha256,
            "created": dict(self.created),
            "updated": dict(self.updated),
            "unchanged": dict(self.unchanged),
            "notes": list(self.notes),
            "dry_run": self.dry_run,
        }


def file_import(
    *,
    organization_id: UUID,
    actor_id: str,
    kind: str,
    content: bytes,
    form: str,
    dry_run: bool = False,
    tick: Callable[[int], object] = lambda rows: None,
) -> Imported:
    """Import a file of ``skills``, ``roles``, ``catalog`` or ``progress`` in ``csv`` or ``json``.

    ``dry_run`` does all of it and takes it back. ``tick`` is told how many rows were read, then how many were written.
    Raises UnreadableImport with every line that can't be used; nothing is stored then.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableImport(f"The file is larger than {MOST_BYTES // 1024**2} MB.")
    importing = Importing(organization_id=organization_id, actor_id=actor_id, tick=tick)
    try:
        return _import(importing, kind, content, form, dry_run)
    except IntegrityError as error:
        raise UnreadableImport(
            "Nothing was imported: a row collides with one that is stored, or was stored meanwhile. Import it again; if it "
            "stays so, two keys or names differ in capitals or accents alone."
        ) from error


def _import(importing: Importing, kind: str, content: bytes, form: str, dry_run: bool) -> Imported:
    with transaction.atomic():
        _run(importing, kind, content, form)
        counts = importing.counts
        imported = Imported(
            kind=kind,
            rows=importing.rows,
            sha256=hashlib.sha256(content).hexdigest(),
            created=dict(counts.created),
            updated=dict(counts.updated),
            unchanged=dict(counts.unchanged),
            notes=tuple(importing.notes),
            dry_run=dry_run,
        )
        _record(importing, imported)
        if dry_run:
            transaction.set_rollback(True)
    return imported


def _run(importing: Importing, kind: str, content: bytes, form: str) -> None:
    for part in _parts(kind, content, form):
        module, run = _IMPORTERS[part]
        table = table_of(content, form, module.COLUMNS, importing.refusals, list_name=module.LIST_NAME)
        run(importing, table)


def _parts(kind: str, content: bytes, form: str) -> list[str]:
    """A file of skills may be one of roles, by its header, or hold both, in JSON."""
    if kind != "skills":
        return [kind]
    if form == "json":
        value = json_of(content)
        named = [name for name in ("skills", "roles") if isinstance(value, dict) and name in value]
        return named or ["skills"]
    header = content[:1000].decode("utf-8", "ignore").removeprefix("\ufeff").strip().split("\n", 1)[0].lower()
    names = {name.strip().strip('"') for sign in ",;\t" for name in header.split(sign)}
    return ["roles"] if {"role", "skill", "level"} <= names else ["skills"]


def _record(importing: Importing, imported: Imported) -> None:
    told = imported.as_json()
    record(
        event="learning.imported",
        organization_id=importing.organization_id,
        actor_id=importing.actor_id,
        subject=("organization", importing.organization_id),
        data={name: told[name] for name in ("kind", "sha256", "rows", "created", "updated", "unchanged")},
    )
