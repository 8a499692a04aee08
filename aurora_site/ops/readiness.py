"""Whether this installation is set up: migrated, first data loaded, knowledge indexed.

What once was true stays true for the process, so that probes cost no more than they must.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from agents.retrieval.errors import IndexVersionError
from aurora_site.core.databases import RETRIEVAL
from aurora_site.ops.models import SetupStep

logger = logging.getLogger(__name__)

FIRST_SETUP = "first-setup"

_reached: set[str] = set()


def migrations_pending() -> list[str]:
    """Migrations that a database still lacks, as ``alias: app.name``.

    The retrieval database holds one app's tables; the others' migrations would do nothing there, slowly.
    """
    pending = []
    for alias in connections:
        executor = MigrationExecutor(connections[alias])
        app = RETRIEVAL if alias == RETRIEVAL else None
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes(app))
        pending += [f"{alias}: {migration.app_label}.{migration.name}" for migration, _ in plan]
    return pending


def setup_begin() -> None:
    """There is work to do before the installation is ready (again)."""
    SetupStep.objects.filter(name=FIRST_SETUP).delete()


def setup_finish() -> None:
    """Write down that the first set-up is done. Idempotent."""
    SetupStep.objects.get_or_create(name=FIRST_SETUP)


def setup_finished() -> bool:
    return SetupStep.objects.filter(name=FIRST_SETUP).exists()


def index_available() -> bool:
    """Whether searches have an index, where one is to be built at start."""
    if not settings.AURORA_AUTO_INGEST:
        return True
    from agents.retrieval.selectors import active_version_exists

    return active_version_exists()


def reached() -> dict[str, bool]:
    """The steps on the way to ready, in order; those after the first missing one count as missing, unseen."""
    steps: dict[str, Callable[[], bool]] = {
        "migrations": lambda: not migrations_pending(),
        "setup": setup_finished,
        "index": index_available,
    }
    result: dict[str, bool] = {}
    for name, check in steps.items():
        result[name] = name in _reached or (all(result.values()) and _holds(check))
        if result[name]:
            _reached.add(name)
    return result


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, IndexVersionError) as error:
        logger.info("Not ready yet: %s", error)
        return False
