"""What an installation begins with, kept up to date at every start: administrator, demo learner, what there is to learn,
documents to ask about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from agents.knowledge.folders import documents_withdraw, folder_import, folder_is_current
from agents.knowledge.models import Document
from agents.knowledge.services import documents_apply_pending
from agents.retrieval.collecting import index_reset
from agents.retrieval.versions import version_ensure_active
from aurora_site.accounts.services.installation import admin_ensure, demo_learner_ensure, organization_default_ensure
from aurora_site.demo.learning import catalogue_ensure, history_ensure
from aurora_site.demo.services import services_ensure

DOCUMENTS = Path(__file__).parent / "documents"
DEMO_ORGANIZATION = "Quaywick"
SHOW_EVERY = 5

Say = Callable[[str], None]


def accounts_prepare() -> str:
    """Make the organisation, administrator, demo learner and services that are missing. Idempotent.

    Returns the administrator's password if it was generated just now, to be shown once.
    """
    if settings.AURORA_DEMO:
        organization = organization_default_ensure(name=DEMO_ORGANIZATION)
        demo_learner_ensure(organization=organization)
        services_ensure(organization.pk)
    return admin_ensure(email=settings.AURORA_ADMIN_EMAIL, password=settings.AURORA_ADMIN_PASSWORD).password


def learning_prepare(say: Say) -> None:
    """Make what there is to learn in the demo organisation, and who learns it. Idempotent."""
    if not settings.AURORA_DEMO:
        return
    organization = organization_default_ensure(name=DEMO_ORGANIZATION)
    lead = admin_ensure(email=settings.AURORA_ADMIN_EMAIL, password=settings.AURORA_ADMIN_PASSWORD).user
    demo_user = demo_learner_ensure(organization=organization)
    catalogue_ensure(organization.pk)
    if history_ensure(organization.pk, demo_user=demo_user, lead=lead):
        say("Learning: the demo's catalogue, learners and plans are there")


def documents_are_current() -> bool:
    """Whether the folder of documents needs no work, so that an installation is ready as soon as it serves."""
    if settings.AURORA_INDEX_RESET:
        return False
    organization = organization_default_ensure()
    folder = documents_folder(organization)
    return folder is None or not folder.is_dir() or folder_is_current(organization=organization, folder=folder)


def documents_prepare(say: Say) -> None:
    """Take in the folder of documents and, with AURORA_AUTO_INGEST, index what waits, saying what happens. Idempotent.

    SEED_DATA_DIR replaces the demo's documents; those stay away while documents of another folder are there.
    Raises NotADirectoryError when SEED_DATA_DIR isn't a folder, and EmbeddingError when indexing can't work.
    """
    organization = organization_default_ensure()
    actor = admin_ensure(email=settings.AURORA_ADMIN_EMAIL, password=settings.AURORA_ADMIN_PASSWORD).user
    if settings.AURORA_INDEX_RESET:
        say("Throwing the knowledge index away, as AURORA_INDEX_RESET asks")
        index_reset()
        Document.objects.filter(state=Document.State.INDEXED).update(
            state=Document.State.PENDING, updated_at=timezone.now()
        )
    folder = documents_folder(organization)
    if folder is not None:
        if not folder.is_dir():
            raise NotADirectoryError(f"SEED_DATA_DIR: {folder} is not a folder. Name one that exists, or unset it.")
        _take_in(organization, actor, folder, say)
    if settings.AURORA_AUTO_INGEST:
        _index(say)


def documents_folder(organization: Any) -> Path | None:
    """SEED_DATA_DIR if set; else the demo's documents, where the demo is on and no other folder was taken in; else none."""
    if settings.SEED_DATA_DIR:
        return Path(settings.SEED_DATA_DIR)
    if not settings.AURORA_DEMO:
        return None
    own = Document.objects.for_organization(organization).filter(origin=Document.Origin.FOLDER)
    return None if own.exists() else DOCUMENTS


def _take_in(organization: Any, actor: Any, folder: Path, say: Say) -> None:
    origin = Document.Origin.FOLDER if settings.SEED_DATA_DIR else Document.Origin.DEMO
    taken = folder_import(organization=organization, actor=actor, folder=folder, origin=origin)
    for path, reason in taken.refused.items():
        say(f"Left out {path}: {reason}")
    if origin == Document.Origin.FOLDER:
        demo = Document.objects.for_organization(organization).filter(origin=Document.Origin.DEMO)
        taken.removed += documents_withdraw(documents=demo.exclude(state=Document.State.DELETING), actor=actor)
    if taken.added or taken.removed:
        say(f"Documents from {folder}: {taken.added} new, {taken.unchanged} unchanged, {taken.removed} gone")


def _index(say: Say) -> None:
    def progress(done: int, total: int) -> None:
        if done % SHOW_EVERY == 0 or done == total:
            say(f"Indexing documents: {done} of {total}")

    version_ensure_active()
    documents_apply_pending(progress=progress)
