"""What must be so before the parts start (databases, migrations, queue), and the first data, made beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from agents.embeddings.base import EmbeddingError
from aurora_site.core import databases, embedded, queue, retrieval_pool
from aurora_site.core.home import home
from aurora_site.ops import index_recovery, readiness
from aurora_site.ops.configuration_record import configuration_record

SETUP_LOCK = 6_153_870_213

Say = Callable[[str], None]


def prepare(say: Say) -> str:
    """Bring databases, queue and accounts up to date. Idempotent, and safe when several hosts start at once.

    Returns the administrator's password if it was generated just now. Raises IndexVersionError for a pinned index version
    that doesn't exist.
    """
    from aurora_site.demo import loader

    start_database(say)
    with alone():
        index_recovery.tables_restore(say)
        migrate(say)
        configuration_record()
        _check_index(say)
        if databases.broker_url().startswith("pgmq:"):
            queue.install()
        return loader.accounts_prepare()


def expect_first_data() -> None:
    """Say that the installation isn't ready until its documents are loaded, unless there is nothing to load."""
    from agents.knowledge.mending import index_gaps
    from aurora_site.demo.loader import documents_are_current

    if not documents_are_current() or (settings.AURORA_AUTO_INGEST and index_gaps().missing):
        readiness.setup_begin()


def load_first_data(say: Say) -> None:
    """The demo's learning, and the documents. Idempotent, and safe when several hosts start at once.

    It runs while the web server already serves, since indexing documents takes longer than people wait for a page.
    """
    from aurora_site.demo.loader import documents_prepare, learning_prepare

    with alone():
        learning_prepare(say)
        try:
            documents_prepare(say)
            if settings.AURORA_AUTO_INGEST:
                index_recovery.documents_restore(say)
        except EmbeddingError as error:
            say(f"Documents can't be indexed now; they will be when the embedding model answers. {error}")
        _say_what_is_known(say)
        readiness.setup_finish()
        index_recovery.faults_restore()


def start_database(say: Say) -> None:
    """Start the embedded PostgreSQL where a database of this installation is embedded. Raises EmbeddedError."""
    if all(connection.settings_dict["ENGINE"] != databases.EMBEDDED_ENGINE for connection in connections.all()):
        return
    say("Starting PostgreSQL" if (home() / "pg").exists() else f"Making the database in {home() / 'pg'}")
    embedded.ensure_running()


def migrate(say: Say) -> None:
    """Apply what is pending, on both databases; the retrieval database's app has its name."""
    pending = readiness.migrations_pending()
    for alias in sorted({entry.partition(":")[0] for entry in pending}):
        count = sum(entry.startswith(f"{alias}:") for entry in pending)
        say(f"Bringing the {'main' if alias == 'default' else alias} database up to date ({count} steps)")
        apps = [alias] if alias == databases.RETRIEVAL else []
        call_command("migrate", *apps, database=alias, interactive=False, verbosity=0)


def _check_index(say: Say) -> None:
    """Refuse a pinned index version that isn't there; say when the index should be built anew."""
    from agents.retrieval.selectors import pin_check, rebuild_due

    pin_check()
    if reason := rebuild_due():
        say(f"{reason} It goes on serving; build a new one with `manage.py reindex --rebuild`.")


def _say_what_is_known(say: Say) -> None:
    from agents.retrieval.selectors import versions_listed

    row = next((row for row in versions_listed() if row.searched), None)
    if row is None:
        say("Knowledge: no index yet")
    else:
        say(f"Knowledge: {row.documents} documents in {row.chunks} passages, index version {row.name} ({row.embedder})")


@contextmanager
def alone() -> Iterator[None]:
    """A lock in the retrieval database, which is PostgreSQL whatever the main one is."""
    with retrieval_pool.retrieval_pool().connection() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [SETUP_LOCK])
        try:
            yield
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", [SETUP_LOCK])
