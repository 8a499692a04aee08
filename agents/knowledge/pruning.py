"""Deleting documents that somebody uploaded long ago, when their organisation wants it."""

from __future__ import annotations

from datetime import datetime

from agents.knowledge.models import Document
from agents.knowledge.services import document_delete
from aurora_site.core.retention import Kind

MINIMUM_DAYS = 30


def documents_prune(*, organization_id: str, before: datetime, dry_run: bool = False) -> int:
    """Delete an organisation's uploaded documents that nobody changed since a time; how many. Each is on the ledger.

    What comes from a folder follows the folder.
    """
    documents = Document.objects.for_organization(organization_id).filter(origin=Document.Origin.UPLOAD)
    old = documents.filter(updated_at__lt=before).exclude(state=Document.State.DELETING)
    if dry_run:
        return old.count()
    count = 0
    for document in old.defer("source_text").order_by("updated_at").iterator(chunk_size=500):
        document_delete(document=document, actor_id="", why="retention")
        count += 1
    return count


KIND = Kind(
    name="documents",
    meaning="Uploaded documents that nobody changed for so long. Those of a folder follow the folder.",
    minimum_days=MINIMUM_DAYS,
    prune=documents_prune,
)
