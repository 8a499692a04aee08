"""What an installation begins with, kept up to date at every start: administrator, demo learner, documents to ask about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from agents.knowledge.folders import folder_import
from agents.knowledge.models import Document
from agents.knowledge.services import documents_apply_pending
from agents.retrieval.versions import index_reset, version_ensure_active
from aurora_site.accounts.services.installation import admin_ensure, demo_learner_ensure, organization_default_ensure

DOCUMENTS = Path(__file__).parent / "documents"
DEMO_ORGANIZATION = "Quaywick"
SHOW_EVERY = 5

Say = Callable[[str], None]


def installation_prepare(say: Say) -> None:
    """Make the accounts that are missing and take in the folder of documents, saying what happens. Idempotent.

    Raises NotADirectoryError when SEED_DATA_DIR isn't a folder, and EmbeddingError when indexing can't work.
    """
    if settings.AURORA_DEMO:
        organization = organization_default_ensure(name=DEMO_ORGANIZATION)
        demo_learner_ensure(organization=organization)
    else:
        organization = organization_default_ensure()
    administrator = admin_ensure(email=settings.AURORA_ADMIN_EMAIL, password=settings.AURORA_ADMIN_PASSWORD)
    if administrator.password:
        say(f"Administrator {administrator.user.email}, password (shown only now): {administrator.password}")
    if settings.AURORA_INDEX_RESET:
        say("Throwing the knowledge index away, as AURORA_INDEX_RESET asks")
        index_reset()
        Document.objects.filter(state=Document.State.INDEXED).update(
            state=Document.State.PENDING, updated_at=timezone.now()
        )
    documents_load(organization=organization, actor=administrator.user, say=say)


def documents_folder() -> Path | None:
    """SEED_DATA_DIR if set, else the demo's documents where the demo is on, else none."""
    if settings.SEED_DATA_DIR:
        return Path(settings.SEED_DATA_DIR)
    return DOCUMENTS if settings.AURORA_DEMO else None


def documents_load(*, organization: Any, actor: Any, say: Say) -> None:
    """Make the organisation's folder documents those of the folder and, with AURORA_AUTO_INGEST, index what waits."""
    folder = documents_folder()
    if folder is not None:
        taken = folder_import(organization=organization, actor=actor, folder=folder)
        for path, reason in taken.refused.items():
            say(f"Left out {path}: {reason}")
        if taken.added or taken.removed:
            say(f"Documents from {folder}: {taken.added} new, {taken.unchanged} unchanged, {taken.removed} gone")
    if not settings.AURORA_AUTO_INGEST:
        return

    def progress(done: int, total: int) -> None:
        if done % SHOW_EVERY == 0 or done == total:
            say(f"Indexing documents: {done} of {total}")

    version_ensure_active()
    documents_apply_pending(organization=organization, progress=progress)
