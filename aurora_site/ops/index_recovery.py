"""Mends the knowledge index, at start and every minute: its tables, statistics and vector indexes, its documents, a
build whose process died."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction

from agents.embeddings.base import EmbeddingError
from agents.retrieval.mending import faults_mend
from agents.retrieval.schema import missing_parts
from aurora_site.core.databases import RETRIEVAL
from aurora_site.ops.recovery import recovery_record

logger = logging.getLogger(__name__)

Say = Callable[[str], None]

WHAT = "knowledge index"


def tables_restore(say: Say = lambda text: None) -> bool:
    """Make the index's tables anew when some are gone: everything in them can be made again from the documents."""
    lost = missing_parts()
    if not lost:
        return False
    say(f"The knowledge index lost tables or columns ({', '.join(lost)}); making it anew")
    connection = connections[RETRIEVAL]
    tables = [model._meta.db_table for model in apps.get_app_config(RETRIEVAL).get_models()]
    with transaction.atomic(using=RETRIEVAL), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(table)} CASCADE")
        cursor.execute("DELETE FROM django_migrations WHERE app = %s", [RETRIEVAL])
    call_command("migrate", RETRIEVAL, database=RETRIEVAL, interactive=False, verbosity=0)
    recovery_record(
        what=WHAT, why=f"tables or columns were gone: {', '.join(lost)}", action="made them anew", result="empty index"
    )
    return True


def documents_restore(say: Say = lambda text: None) -> None:
    """Index what is missing from the index, take out what has no document any more. Raises EmbeddingError."""
    from agents.knowledge.mending import index_gaps, index_mend

    gaps = index_gaps()
    if not gaps:
        return
    if gaps.missing:
        say(f"{len(gaps.missing)} documents are missing from the knowledge index; indexing them")
    mended = index_mend(gaps=gaps, progress=lambda done, total: _say_progress(say, done, total))
    if mended.missing:
        recovery_record(
            what=WHAT,
            why=f"{len(mended.missing)} documents were missing from it",
            action="indexed them again",
            result=f"{len(mended.missing)} documents are found again",
        )
    if mended.strays:
        recovery_record(
            what=WHAT,
            why=f"it held {len(mended.strays)} documents that are gone",
            action="took them out",
            result="only documents that exist are found",
        )


def faults_restore() -> None:
    """Put statistics and vector indexes right; a large one takes a minute, while searches go on."""
    for mended in faults_mend():
        recovery_record(what=mended.what, why=mended.why, action=mended.action, result=mended.result)


def build_resume() -> None:
    """Have a worker go on with a version that nobody builds although it is unfinished."""
    from agents.knowledge.index_versions import index_build_ring
    from agents.retrieval.building import is_being_built
    from agents.retrieval.selectors import unfinished_version

    version = unfinished_version()
    if version is None or is_being_built():
        return
    # One that failed has a note of it, and is tried again without a word.
    if version.total and not version.note:
        recovery_record(
            what=WHAT,
            why=f"the process that built version {version.name} ended ({version.done} of {version.total} documents)",
            action="went on building it",
            result="running",
        )
    index_build_ring(version)


def sweep() -> None:
    """All of it, while the installation runs. Raises DatabaseError."""
    from agents.retrieval.selectors import active_version_exists
    from aurora_site.ops import first_start, readiness

    if not readiness.setup_finished():
        return
    if missing_parts():
        with first_start.alone():
            tables_restore()
    faults_restore()
    # Without AURORA_AUTO_INGEST an index that is gone is left to `reindex`.
    if settings.AURORA_AUTO_INGEST or active_version_exists():
        try:
            documents_restore()
        except EmbeddingError as error:
            logger.warning("The knowledge index can't be mended yet: %s", error)
    build_resume()


def _say_progress(say: Say, done: int, total: int) -> None:
    if done % 20 == 0 or done == total:
        say(f"Indexing documents: {done} of {total}")
