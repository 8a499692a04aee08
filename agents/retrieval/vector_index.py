"""The approximate index of a version's vectors, for organisations too large to compare every vector.

A partial HNSW index in half precision for each version. What it proposes is scored again with the full vectors. Without
it, or while it is broken, PostgreSQL compares every vector: slower, and exact.
"""

from __future__ import annotations

import logging
import math
from enum import StrEnum
from typing import Any

import psycopg
from django.db import InternalError, OperationalError, connections
from django.db.models import Max, Sum

from agents.retrieval.advisory import try_lock
from agents.retrieval.corpus import EXACT_LIMIT, LEG_SIZE, Corpus
from agents.retrieval.filters import UNFILTERED, SearchFilters
from agents.retrieval.models import CorpusStatistics, IndexVersion
from agents.retrieval.selectors import ALIAS, chunk_total

logger = logging.getLogger(__name__)

# Measured with 100,000 vectors (bench/search.py): recall@10 is .998 with these, .977 with pgvector's own 64 and 100.
M = 16
EF_CONSTRUCTION = 128
EF_SEARCH = 100
MAX_SCAN_TUPLES = 20_000
# Stands before a statement, so that its scans look far enough: past the rows of others, until they have enough. They go
# in one message, which is a transaction of its own; one after the other would take longer than the scan.
SCANNING = (
    f"SET LOCAL hnsw.ef_search = {EF_SEARCH}; SET LOCAL hnsw.iterative_scan = relaxed_order;"
    f" SET LOCAL hnsw.max_scan_tuples = {MAX_SCAN_TUPLES}; SET LOCAL hnsw.scan_mem_multiplier = 4; "
)
# What pgvector can index in half precision.
MAX_DIMENSION = 4000
# A scan of the index passes over other organisations' rows. It costs as much for each row as comparing 25 rows without.
_SCAN_COST = 25
# A sound index finds nearly each of some chunks by its own vector.
SAMPLE = 20
FOUND_AGAIN = 0.8
_MEMORY_KB = 65_536, 1_048_576


class State(StrEnum):
    READY = "ready"
    BUILDING = "building"
    BROKEN = "broken"
    MISSING = "missing"


_STATE = """
SELECT pg_index.indisvalid AND pg_index.indisready,
  EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = pg_index.indexrelid)
FROM pg_index JOIN pg_class ON pg_class.oid = pg_index.indexrelid
WHERE pg_class.relname = %s AND pg_table_is_visible(pg_class.oid)
"""

_FOUND_AGAIN = """
WITH sample AS (
  SELECT id, embedding FROM retrieval_chunk WHERE version_id = %(version)s LIMIT %(sample)s
)
SELECT count(*) FILTER (WHERE nearest >= cosine - 0.001), count(*) FROM (
  SELECT -(sample.embedding <#> sample.embedding) AS cosine, (
    SELECT max(-(near.embedding <#> sample.embedding)) FROM (
      SELECT embedding FROM retrieval_chunk WHERE version_id = %(version)s ORDER BY {distance} LIMIT 10
    ) near) AS nearest
  FROM sample) compared
"""


def index_name(version: IndexVersion) -> str:
    return f"retrieval_chunk_hnsw_{version.pk}"


def distance(version: IndexVersion) -> str:
    """The expression to order by so that the index is used: it must be the very one that is indexed."""
    return f"(embedding::halfvec({version.dimension})) <#> %(vector)s::halfvec({version.dimension})"


def to_last_result(cursor: Any) -> None:
    """To the result of the last of the statements that were executed together."""
    while cursor.nextset():
        pass


def is_quicker(version: IndexVersion, corpus: Corpus, filters: SearchFilters) -> bool:
    """Whether a search should use the index: for many matching chunks that aren't too small a part of the version."""
    if not corpus.is_large or version.dimension > MAX_DIMENSION:
        return False
    bound = _exact_bound(chunk_total(version))
    return corpus.chunks > bound and (filters == UNFILTERED or _more_match(version, corpus, filters, bound))


def _exact_bound(total: int) -> int:
    """Up to how many matching chunks comparing each is quicker: n of them against ``LEG_SIZE * total / n`` index entries."""
    return max(EXACT_LIMIT, math.isqrt(_SCAN_COST * LEG_SIZE * total))


def _more_match(version: IndexVersion, corpus: Corpus, filters: SearchFilters, bound: int) -> bool:
    parameters = {**filters.parameters, "version": version.pk, "organization": corpus.organization_id, "bound": bound}
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT FROM retrieval_chunk chunk WHERE version_id = %(version)s AND organization_id = %(organization)s"
            f" AND {filters.condition} OFFSET %(bound)s LIMIT 1",
            parameters,
        )
        return cursor.fetchone() is not None


def is_needed(version: IndexVersion) -> bool:
    """Whether any organisation's searches in this version would use the index."""
    found = CorpusStatistics.objects.filter(version=version).aggregate(
        largest=Max("chunk_count"), total=Sum("chunk_count")
    )
    return version.dimension <= MAX_DIMENSION and (found["largest"] or 0) > _exact_bound(found["total"] or 0)


def state(version: IndexVersion) -> State:
    """How the index is. An unfinished one that nobody builds is broken."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_STATE, [index_name(version)])
        row = cursor.fetchone()
    if row is None:
        return State.MISSING
    is_valid, is_building = row
    return State.READY if is_valid else State.BUILDING if is_building else State.BROKEN


def answers(version: IndexVersion) -> bool:
    """Whether the index can be read, and finds some chunks by their own vectors. True without one."""
    statement = _FOUND_AGAIN.format(distance=distance(version).replace("%(vector)s", "sample.embedding"))
    try:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(SCANNING + statement, {"version": version.pk, "sample": SAMPLE})
            to_last_result(cursor)
            found, asked = cursor.fetchone()
    except (InternalError, OperationalError) as error:
        logger.warning("The vector index of %s can't be read: %s", version.name, error)
        return False
    return bool(found >= asked * FOUND_AGAIN)


def leftovers() -> list[str]:
    """Names of the indexes whose versions are gone."""
    kept = {index_name(version) for version in IndexVersion.objects.all()}
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'i' AND relname ~ '^retrieval_chunk_hnsw_[0-9]+$'")
        return [name for (name,) in cursor.fetchall() if name not in kept]


def index_build(version: IndexVersion) -> bool:
    """Make the index anew beside reads and writes; False if another process is at it.

    Takes half a minute for 100,000 chunks, in a database session of its own, so that nothing is left of its settings.
    """
    memory = f"{_memory(version)}kB"
    with try_lock(f"vector index:{version.pk}") as session:
        if session is None:
            return False
        session.execute("SELECT set_config('maintenance_work_mem', %s, false)", [memory])
        try:
            # Building in parallel needs shared memory, of which containers often have little.
            _build(session, version, workers=2)
        except psycopg.OperationalError as error:
            logger.warning("Building %s on one processor, after: %s", index_name(version), error)
            _build(session, version, workers=0)
    return True


def index_drop(name: str) -> None:
    """Drop an index by its name, if it is there. Not within a transaction."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {connections[ALIAS].ops.quote_name(name)}")


def _build(session: psycopg.Connection[Any], version: IndexVersion, *, workers: int) -> None:
    name, dimension, primary_key = index_name(version), int(version.dimension), int(version.pk)
    definition = (
        f"CREATE INDEX CONCURRENTLY {name} ON retrieval_chunk"
        f" USING hnsw ((embedding::halfvec({dimension})) halfvec_ip_ops)"
        f" WITH (m = {M}, ef_construction = {EF_CONSTRUCTION}) WHERE version_id = {primary_key}"
    )
    session.execute("SELECT set_config('max_parallel_maintenance_workers', %s, false)", [str(workers)])
    session.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}".encode())
    session.execute(definition.encode())


def _memory(version: IndexVersion) -> int:
    """What the graph takes while it is built, in kB, within bounds; with less, building is many times slower."""
    for_one = 2 * version.dimension + 64 * M
    least, most = _MEMORY_KB
    return min(max(chunk_total(version) * for_one // 700, least), most)
