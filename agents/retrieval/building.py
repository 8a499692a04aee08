"""Building an index version beside the active one: by one process at a time, and taken up again where one ended.

Which builder works is told by an advisory lock that its database session holds, so a builder that is killed leaves
nothing behind but an unfinished version, which the next one goes on with.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from agents.embeddings import get_embedder
from agents.retrieval import vector_index
from agents.retrieval.advisory import try_lock
from agents.retrieval.calibration import calibration_now
from agents.retrieval.chunking import CHUNKER
from agents.retrieval.errors import IndexBuildRunning, IndexVersionError
from agents.retrieval.models import IndexVersion
from agents.retrieval.versions import next_name, switching

logger = logging.getLogger(__name__)

State = IndexVersion.State

_BUILDER = "index builder"


def version_request() -> IndexVersion:
    """The version to build for the configured embedder: the unfinished one, else a new one that waits for a builder.

    Calls no embedder: what only that knows is filled in when building begins, and changes reach it from then on.
    """
    embedder = get_embedder().name
    with switching():
        unfinished = IndexVersion.objects.filter(state=State.BUILDING, embedder=embedder, chunker=CHUNKER)
        return unfinished.order_by("id").first() or IndexVersion.objects.create(
            name=next_name(), embedder=embedder, dimension=0, chunker=CHUNKER
        )


@contextmanager
def version_building() -> Iterator[IndexVersion]:
    """The version to build, while no other process builds one; from now on every change of a document reaches it too.

    It stays unfinished when building fails. Raises IndexBuildRunning, and EmbeddingError.
    """
    with _alone():
        version = version_request()
        try:
            yield _begun(version)
        except Exception as error:
            note = f"{type(error).__name__}: {error}"
            IndexVersion.objects.filter(pk=version.pk, state=State.BUILDING).update(note=note[:2000])
            raise


def version_look_again(version: IndexVersion) -> None:
    """Forget the changes that the version missed: the builder is about to look at every document again."""
    IndexVersion.objects.filter(pk=version.pk, state=State.BUILDING).update(note="")


def version_progress(version: IndexVersion, *, done: int, total: int) -> None:
    """Write down how far a build is."""
    IndexVersion.objects.filter(pk=version.pk, state=State.BUILDING).update(done=done, total=total)


def version_index_vectors(version: IndexVersion) -> None:
    """Make the version's vector index, where one is needed, so that searches are quick from the switch on. Without it
    they compare every vector, and a sweep tries again."""
    if not vector_index.is_needed(version) or vector_index.state(version) == vector_index.State.READY:
        return
    try:
        vector_index.index_build(version)
    except psycopg.Error as error:
        logger.warning("Index version %s is switched to without a vector index: %s", version.name, error)


def version_complete(version: IndexVersion, *, note: str = "") -> bool:
    """Marks a version that has every document: it can now be activated. False if it missed a change since the builder
    began to look. Raises IndexVersionError for a version that isn't being built."""
    rows = IndexVersion.objects.filter(pk=version.pk, state=State.BUILDING)
    if rows.filter(note="").update(state=State.KEPT, note=note[:2000]):
        version.refresh_from_db()
        return True
    if not rows.exists():
        raise IndexVersionError(f"Index version {version.name} isn't being built any more.")
    return False


def is_being_built() -> bool:
    """Whether some process builds a version right now."""
    with try_lock(_BUILDER) as session:
        return session is None


def _begun(version: IndexVersion) -> IndexVersion:
    embedder = get_embedder()
    dimension, calibration = embedder.dimension, calibration_now()
    with switching():
        unfinished = IndexVersion.objects.filter(state=State.BUILDING)
        others = unfinished.exclude(pk=version.pk) if version.dimension in (0, dimension) else unfinished
        others.update(state=State.FAILED, note="Given up: it was for another embedder or another way of cutting.")
        if not unfinished.filter(pk=version.pk).update(dimension=dimension, calibration=calibration, note=""):
            version = IndexVersion.objects.create(
                name=next_name(), embedder=embedder.name, dimension=dimension, chunker=CHUNKER, calibration=calibration
            )
    version.refresh_from_db()
    return version


@contextmanager
def _alone() -> Iterator[None]:
    with try_lock(_BUILDER) as session:
        if session is None:
            raise IndexBuildRunning("An index version is being built already.")
        yield
