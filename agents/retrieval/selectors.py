"""Reading the knowledge index. Everything about documents is asked for one organisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.db.models import Count, QuerySet, Sum

from agents.retrieval.errors import IndexVersionError
from agents.retrieval.models import Chunk, CorpusStatistics, IndexVersion

ALIAS = "retrieval"
SEARCHABLE = (IndexVersion.State.ACTIVE, IndexVersion.State.KEPT)
WRITABLE = (IndexVersion.State.BUILDING, *SEARCHABLE)


@dataclass(frozen=True)
class Counts:
    """What an organisation has in an index version."""

    documents: int
    chunks: int


def active_version() -> IndexVersion | None:
    """The version that searches use: the one pinned by AURORA_INDEX_VERSION, else the active one, if any.

    Raises IndexVersionError when the pinned one doesn't exist or is not complete.
    """
    pinned = settings.AURORA_INDEX_VERSION
    if not pinned:
        return IndexVersion.objects.filter(state=IndexVersion.State.ACTIVE).first()
    version = IndexVersion.objects.filter(name=pinned, state__in=SEARCHABLE).first()
    if version is None:
        raise IndexVersionError(f"AURORA_INDEX_VERSION names {pinned!r}, which is no complete index version.")
    return version


def active_version_exists() -> bool:
    """Whether searches have an index; False also before the index's tables are made."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [IndexVersion._meta.db_table])
        row = cursor.fetchone()
    return bool(row and row[0]) and active_version() is not None


def version_named(name: str) -> IndexVersion:
    """Raises IndexVersionError for a name that no version has."""
    version = IndexVersion.objects.filter(name=name).first()
    if version is None:
        raise IndexVersionError(f"There is no index version {name!r}.")
    return version


def writable_versions() -> list[IndexVersion]:
    """The versions that every change of a document goes to."""
    return list(IndexVersion.objects.filter(state__in=WRITABLE).order_by("id"))


def counts(*, organization_id: str, version: IndexVersion | None = None) -> Counts:
    """Documents and chunks of an organisation, in the active version unless another is given."""
    version = version or active_version()
    if version is None:
        return Counts(0, 0)
    found = Chunk.objects.filter(version=version, organization_id=organization_id).aggregate(
        documents=Count("document_id", distinct=True), chunks=Count("id")
    )
    return Counts(found["documents"], found["chunks"])


def chunk_total(version: IndexVersion) -> int:
    """How many chunks all organisations have in a version."""
    total = CorpusStatistics.objects.filter(version=version).aggregate(total=Sum("chunk_count"))["total"]
    return int(total or 0)


def chunk_of_organization(*, organization_id: str, chunk_id: str) -> Chunk | None:
    """A chunk by its id, from any version, if it is the organisation's."""
    try:
        uuid = UUID(chunk_id)
    except ValueError:
        return None
    return Chunk.objects.filter(uuid=uuid, organization_id=organization_id).defer("embedding").first()


def document_chunks(*, organization_id: str, document_id: str, version: IndexVersion | None = None) -> QuerySet[Chunk]:
    """A document's chunks in order, without their vectors."""
    version = version or active_version()
    chunks = Chunk.objects.filter(version=version, organization_id=organization_id, document_id=document_id)
    return chunks.defer("embedding").order_by("ordinal")


def indexed_documents(*, organization_id: str, version: IndexVersion) -> Sequence[str]:
    """Ids of the documents that an organisation has in a version; a sweep compares them with the main database."""
    found = Chunk.objects.filter(version=version, organization_id=organization_id).values_list("document_id", flat=True)
    return list(found.distinct())
