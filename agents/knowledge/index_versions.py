"""What operators do with index versions: each switch is on the ledger, whoever asked for it."""

from __future__ import annotations

import logging

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from agents.retrieval import building, collecting, selectors, versions
from agents.retrieval.errors import IndexVersionError
from agents.retrieval.models import IndexVersion
from audit.services import record

logger = logging.getLogger(__name__)

REBUILD_TASK = "agents.rebuild_index"
COLLECT_TASK = "agents.collect_index"


def index_rebuild_request(*, actor_id: str = "") -> IndexVersion:
    """Have a worker build a version of the configured embedder and switch to it; the version, as far as it is.

    Asking again while one is unfinished is the same request. What no worker takes up, a sweep finds.
    """
    with transaction.atomic():
        version = building.version_request()
        record(event="knowledge.index_rebuild_requested", actor_id=actor_id, data={"version": version.name})
        transaction.on_commit(lambda: index_build_ring(version))
    return version


def index_build_ring(version: IndexVersion) -> None:
    """Tell a worker that a version is to be built."""
    _ring(REBUILD_TASK, version.pk)


def index_activate(*, name: str, actor_id: str = "") -> IndexVersion:
    """Search a complete version from now on. Raises IndexVersionError for another, or where there is none."""
    return _switch(name, actor_id, why="activated")


def index_rollback(*, actor_id: str = "") -> IndexVersion:
    """Go back to the version that was searched before this one. Raises IndexVersionError if none is kept."""
    return _switch(None, actor_id, why="rolled back")


def index_collect(*, keep: int | None = None, actor_id: str = "") -> list[str]:
    """Delete failed versions, and complete ones beyond the ``keep`` used last (AURORA_INDEX_KEEP); their names."""
    keep = settings.AURORA_INDEX_KEEP if keep is None else keep
    if keep < 1:
        raise IndexVersionError("At least one version is kept: searches may still be running in the former one.")
    names = collecting.versions_collect(keep=keep)
    if names:
        record(event="knowledge.index_collected", actor_id=actor_id, data={"versions": names, "kept": keep})
    return names


def index_delete(*, name: str, actor_id: str = "") -> None:
    """Give up a version; a worker deletes its rows. Raises IndexVersionError for one in use, being built, or unknown."""
    with transaction.atomic(), versions.switching():
        collecting.version_retire(selectors.version_named(name))
        record(event="knowledge.index_deleted", actor_id=actor_id, data={"version": name})
        transaction.on_commit(index_collect_request)


def index_collect_request() -> None:
    """Have a worker delete what is no longer needed, after a switch."""
    _ring(COLLECT_TASK)


def _switch(name: str | None, actor_id: str, *, why: str) -> IndexVersion:
    with transaction.atomic(), versions.switching():
        wanted = versions.version_former() if name is None else selectors.version_named(name)
        former = IndexVersion.objects.filter(state=IndexVersion.State.ACTIVE).first()
        if former is not None and former.pk == wanted.pk:
            return former
        switched = versions.version_activate(wanted)
        record(
            event="knowledge.index_activated",
            actor_id=actor_id,
            data={"version": switched.name, "former": former.name if former else "", "why": why},
        )
        transaction.on_commit(index_collect_request)
    return switched


def _ring(task: str, *arguments: object) -> None:
    try:
        current_app.send_task(task, args=arguments)
    except (OperationalError, OSError) as error:
        logger.warning("the queue can't be reached (%s); a sweep will do %s", error, task)
