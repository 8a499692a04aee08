"""Deleting index versions that nobody needs any more: in small transactions, so that searches don't wait for it."""

from __future__ import annotations

from django.conf import settings
from django.db import connections, transaction
from django.db.models.functions import Coalesce

from agents.retrieval.errors import IndexVersionError
from agents.retrieval.models import Chunk, CorpusStatistics, IndexVersion, Posting, Sentence
from agents.retrieval.selectors import ALIAS
from agents.retrieval.versions import switching

State = IndexVersion.State

CHUNKS_AT_ONCE = 500
POSTINGS_AT_ONCE = 20_000


def versions_collect(keep: int = 2) -> list[str]:
    """Deletes the complete versions beyond the ``keep`` that were used last, and all failed ones; their names.

    The active, the pinned and an unfinished version stay. What was killed half-way is taken up by the next call.
    """
    with switching():
        used = Coalesce("activated_at", "created_at").desc()
        kept = list(IndexVersion.objects.filter(state=State.KEPT).order_by(used, "-id")[: max(keep, 0)])
        old = IndexVersion.objects.filter(state__in=[State.KEPT, State.FAILED]).exclude(
            pk__in=[version.pk for version in kept]
        )
        old = old.exclude(name=settings.AURORA_INDEX_VERSION)
        going = list(old.order_by("id"))
        _retire(going)
    for version in going:
        _rows_delete(version)
    return [version.name for version in going]


def version_delete(version: IndexVersion) -> None:
    """Deletes a version with all its rows. Raises IndexVersionError for one that is in use or being built."""
    if version_retire(version):
        _rows_delete(version)


def version_retire(version: IndexVersion) -> bool:
    """Gives a version up; ``versions_collect`` deletes its rows. Returns False where it is gone. Raises
    IndexVersionError for one that is in use or being built."""
    with switching():
        current = IndexVersion.objects.filter(pk=version.pk).first()
        if current is None:
            return False
        if current.state in (State.ACTIVE, State.BUILDING) or current.name == settings.AURORA_INDEX_VERSION:
            raise IndexVersionError(f"Index version {current.name} is in use.")
        _retire([current])
    return True


def index_reset() -> None:
    """Throws the whole index away, the active version too."""
    with switching():
        versions = list(IndexVersion.objects.order_by("id"))
        _retire(versions)
    for version in versions:
        _rows_delete(version)


def _retire(versions: list[IndexVersion]) -> None:
    """From now on nothing is written to these; what is being written is waited for, as it holds a share of the row."""
    ids = [version.pk for version in versions]
    list(IndexVersion.objects.select_for_update().filter(pk__in=ids).order_by("id"))
    IndexVersion.objects.filter(pk__in=ids).update(state=State.FAILED, note="Being deleted.")


def _rows_delete(version: IndexVersion) -> None:
    while _some_postings_delete(version):
        pass
    while _some_chunks_delete(version):
        pass
    with transaction.atomic(using=ALIAS):
        CorpusStatistics.objects.filter(version=version)._raw_delete(ALIAS)
        IndexVersion.objects.filter(pk=version.pk)._raw_delete(ALIAS)


def _some_postings_delete(version: IndexVersion) -> int:
    table = Posting._meta.db_table
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE version_id = %s LIMIT %s))",  # noqa: S608
            [version.pk, POSTINGS_AT_ONCE],
        )
        return int(cursor.rowcount)


def _some_chunks_delete(version: IndexVersion) -> int:
    ids = list(Chunk.objects.filter(version=version).values_list("id", flat=True)[:CHUNKS_AT_ONCE])
    with transaction.atomic(using=ALIAS):
        Sentence.objects.filter(chunk_id__in=ids)._raw_delete(ALIAS)
        Chunk.objects.filter(id__in=ids)._raw_delete(ALIAS)
    return len(ids)
