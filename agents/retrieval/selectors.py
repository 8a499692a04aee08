"""Reading the knowledge index. Everything about documents is asked for one organisation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.db.models import Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Concat

from agents.embeddings import get_embedder
from agents.retrieval.chunking import CHUNKER
from agents.retrieval.errors import IndexVersionError, UnknownIndexVersion
from agents.retrieval.models import Chunk, CorpusStatistics, IndexVersion

ALIAS = "retrieval"
SEARCHABLE = (IndexVersion.State.ACTIVE, IndexVersion.State.KEPT)
WRITABLE = (IndexVersion.State.BUILDING, *SEARCHABLE)
_VERSION_FIELDS = (
    "name", "state", "embedder", "dimension", "chunker", "done", "total", "created_at", "activated_at", "note",
)  # fmt: skip


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
        return _active()
    version = IndexVersion.objects.filter(name=pinned, state__in=SEARCHABLE).first()
    if version is None:
        names = ", ".join(IndexVersion.objects.filter(state__in=SEARCHABLE).values_list("name", flat=True)) or "none"
        raise IndexVersionError(
            f"AURORA_INDEX_VERSION names {pinned!r}, which is no complete index version; those are: {names}."
        )
    return version


def pin_check() -> None:
    """Raises IndexVersionError for a pinned version that isn't there, unless the index is only about to be made."""
    if IndexVersion.objects.filter(state__in=SEARCHABLE).exists():
        active_version()


def _active() -> IndexVersion | None:
    return IndexVersion.objects.filter(state=IndexVersion.State.ACTIVE).first()


def active_version_exists() -> bool:
    """Whether searches have an index; False also before the index's tables are made."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [IndexVersion._meta.db_table])
        row = cursor.fetchone()
    return bool(row and row[0]) and active_version() is not None


def version_named(name: str) -> IndexVersion:
    """Raises UnknownIndexVersion."""
    version = IndexVersion.objects.filter(name=name).first()
    if version is None:
        raise UnknownIndexVersion(f"There is no index version {name!r}.")
    return version


def writable_versions() -> list[IndexVersion]:
    """The versions that every change of a document goes to: all but failed ones and those that wait for a builder."""
    return list(IndexVersion.objects.filter(state__in=WRITABLE, dimension__gt=0).order_by("id"))


@dataclass(frozen=True)
class VersionRow:
    """An index version as operators see it; ``searched`` is the one that searches use, ``done`` of ``total`` documents
    tell how far it is while it is built."""

    name: str
    state: str
    embedder: str
    dimension: int
    chunker: str
    documents: int
    chunks: int
    done: int
    total: int
    created_at: datetime
    activated_at: datetime | None
    note: str
    searched: bool


def versions_listed() -> list[VersionRow]:
    """All versions, the newest first."""
    document = Concat("organization_id", Value(" "), "document_id")
    rows = Chunk.objects.values_list("version_id").annotate(
        documents=Count(document, distinct=True), passages=Count("id")
    )
    counted = {version_id: (documents, chunks) for version_id, documents, chunks in rows}
    pinned = settings.AURORA_INDEX_VERSION
    return [
        VersionRow(
            **{name: getattr(version, name) for name in _VERSION_FIELDS},
            documents=counted.get(version.pk, (0, 0))[0],
            chunks=counted.get(version.pk, (0, 0))[1],
            searched=version.name == pinned if pinned else version.state == IndexVersion.State.ACTIVE,
        )
        for version in IndexVersion.objects.order_by("-id")
    ]


def unfinished_version() -> IndexVersion | None:
    """The version that is being built, or waits to be."""
    return IndexVersion.objects.filter(state=IndexVersion.State.BUILDING).order_by("-id").first()


def is_unfinished(version_id: int) -> bool:
    """Whether a version is still to be built or completed."""
    return IndexVersion.objects.filter(pk=version_id, state=IndexVersion.State.BUILDING).exists()


def rebuild_due() -> str:
    """Why the active version should be built anew, in words for operators; empty if it needn't be. Calls no embedder."""
    active = _active()
    configured = get_embedder().name
    if active is None:
        return ""
    if active.embedder != configured:
        return f"Index version {active.name} was made with {active.embedder}, and {configured} is configured."
    if active.chunker != CHUNKER:
        return f"Index version {active.name} was cut by {active.chunker}, and {CHUNKER} is current."
    return ""


def counts(*, organization_id: str, version: IndexVersion | None = None) -> Counts:
    """Documents and chunks of an organisation, in the active version unless another is given."""
    version = version or active_version()
    if version is None:
        return Counts(0, 0)
    found = Chunk.objects.filter(version=version, organization_id=organization_id).aggregate(
        documents=Count("document_id", distinct=True), chunks=Count("id")
    )
    return Counts(found["documents"], found["chunks"])


def organization_chunk_total(organization_id: str) -> int:
    """How many chunks an organisation has in the version that searches use. Raises IndexVersionError for a bad pin."""
    version = active_version()
    rows = CorpusStatistics.objects.filter(version=version, organization_id=organization_id) if version else None
    return (rows.values_list("chunk_count", flat=True).first() or 0) if rows is not None else 0


def chunk_total(version: IndexVersion) -> int:
    """How many chunks all organisations have in a version."""
    total = CorpusStatistics.objects.filter(version=version).aggregate(total=Sum("chunk_count"))["total"]
    return int(total or 0)


def chunk_of_organization(*, organization_id: str, chunk_id: str) -> Chunk | None:
    """A chunk by its id, from any version, if it is the organisation's."""
    found = chunks_of_organization(organization_id=organization_id, chunk_ids=[chunk_id])
    return next(iter(found.values()), None)


def chunks_of_organization(*, organization_id: str, chunk_ids: Iterable[str]) -> dict[str, Chunk]:
    """Those of the chunks that any version still has, by their ids, if they are the organisation's."""
    uuids = [uuid for chunk_id in chunk_ids if (uuid := _uuid(chunk_id))]
    found = Chunk.objects.filter(uuid__in=uuids, organization_id=organization_id).defer("embedding", "token_vectors")
    return {str(chunk.uuid): chunk for chunk in found}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def document_chunks(*, organization_id: str, document_id: str, version: IndexVersion | None = None) -> QuerySet[Chunk]:
    """A document's chunks in order, without their vectors."""
    version = version or active_version()
    chunks = Chunk.objects.filter(version=version, organization_id=organization_id, document_id=document_id)
    return chunks.defer("embedding", "token_vectors").order_by("ordinal")


def documents_searched() -> set[tuple[str, str]]:
    """Organisation and id of every document that searches can find: in the active version, and in a pinned one too."""
    pinned = Q(name=settings.AURORA_INDEX_VERSION, state__in=SEARCHABLE)
    versions = IndexVersion.objects.filter(Q(state=IndexVersion.State.ACTIVE) | pinned)
    found = [_documents(Chunk.objects.filter(version=version)) for version in versions]
    return set.intersection(*found) if found else set()


def documents_anywhere() -> set[tuple[str, str]]:
    """Organisation and id of every document that any version has."""
    return _documents(Chunk.objects.all())


def _documents(chunks: QuerySet[Chunk]) -> set[tuple[str, str]]:
    return set(chunks.values_list("organization_id", "document_id").distinct())


def indexed_documents(*, organization_id: str, version: IndexVersion) -> Sequence[str]:
    """Ids of the documents that an organisation has in a version; a sweep compares them with the main database."""
    found = Chunk.objects.filter(version=version, organization_id=organization_id).values_list("document_id", flat=True)
    return list(found.distinct())
