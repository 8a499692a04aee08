"""Statistics and vector indexes that are wrong, missing or broken: telling, and mending. Searches go on meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connections, transaction

from agents.retrieval import vector_index
from agents.retrieval.models import IndexVersion
from agents.retrieval.selectors import ALIAS, SEARCHABLE, WRITABLE, active_version
from agents.retrieval.vector_index import State

# Chunks and statistics change in one transaction, so a statement that reads both finds them equal or something wrong.
_WRONG_STATISTICS = """
SELECT version_id, organization_id, coalesce(known.chunk_count, 0), coalesce(counted.chunks, 0)
FROM (
  SELECT version_id, organization_id, count(*) AS chunks, sum(term_count) AS terms FROM retrieval_chunk
  WHERE version_id = ANY(%(versions)s) GROUP BY version_id, organization_id
) counted
FULL JOIN (SELECT * FROM retrieval_corpusstatistics WHERE version_id = ANY(%(versions)s)) known
  USING (version_id, organization_id)
WHERE (coalesce(known.chunk_count, 0), coalesce(known.term_total, 0))
  <> (coalesce(counted.chunks, 0), coalesce(counted.terms, 0))
ORDER BY version_id, organization_id
"""


@dataclass(frozen=True)
class Mended:
    """Something that was broken: what, why, what was done about it, and what came of that."""

    what: str
    why: str
    action: str
    result: str


def index_faults() -> list[str]:
    """What is broken in the index that searches use, in words for operators; empty when all is well."""
    faults = [f"{count} statistics are wrong"] if (count := len(_wrong_statistics())) else []
    version = active_version()
    if version is not None and vector_index.is_needed(version):
        state = vector_index.state(version)
        if state != State.READY:
            faults.append(f"the vector index of {version.name} is {state}, so that searches of it are slow")
    return faults


def faults_mend() -> Iterator[Mended]:
    """Mend the faults, one after the other. Safe to run at any time and twice at once."""
    yield from _statistics_mend()
    yield from _vector_indexes_mend()


def _statistics_mend() -> Iterator[Mended]:
    names = dict(IndexVersion.objects.values_list("pk", "name"))
    for version_id, organization_id, known, counted in _wrong_statistics():
        _recount(version_id, organization_id)
        yield Mended(
            f"Statistics of index version {names.get(version_id, version_id)}",
            f"Those of organisation {organization_id} said {known} chunks; there were {counted}, or other terms",
            "Counted again",
            "Right.",
        )


def _vector_indexes_mend() -> Iterator[Mended]:
    for version in IndexVersion.objects.filter(state__in=SEARCHABLE, dimension__gt=0).order_by("id"):
        state = vector_index.state(version)
        if state == State.READY and not vector_index.answers(version):
            state = State.BROKEN
        wanted = state in (State.MISSING, State.BROKEN) and vector_index.is_needed(version)
        if wanted and vector_index.index_build(version):
            yield Mended(
                f"Vector index of version {version.name}",
                f"It was {state}; searches compared every vector",
                "Built it",
                "Searches use it.",
            )
    for name in vector_index.leftovers():
        vector_index.index_drop(name)


def _wrong_statistics() -> list[tuple[int, str, int, int]]:
    versions = list(IndexVersion.objects.filter(state__in=WRITABLE).values_list("pk", flat=True))
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_WRONG_STATISTICS, {"versions": versions})
        return cursor.fetchall()


def _recount(version_id: int, organization_id: str) -> None:
    """Writers add to the row last, so whoever holds it sees all chunks that it counts, and no others."""
    parameters: dict[str, int | str] = {"version": version_id, "organization": organization_id}
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "INSERT INTO retrieval_corpusstatistics (version_id, organization_id, chunk_count, term_total)"
            " VALUES (%(version)s, %(organization)s, 0, 0)"
            " ON CONFLICT (version_id, organization_id) DO UPDATE SET chunk_count = 0",
            parameters,
        )
        cursor.execute(
            "UPDATE retrieval_corpusstatistics SET (chunk_count, term_total) = ("
            " SELECT count(*), coalesce(sum(term_count), 0) FROM retrieval_chunk"
            " WHERE version_id = %(version)s AND organization_id = %(organization)s)"
            " WHERE version_id = %(version)s AND organization_id = %(organization)s",
            parameters,
        )
