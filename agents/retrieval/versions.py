"""Index versions: built beside the active one, switched in one transaction, kept to switch back to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connections, transaction
from django.utils import timezone

from agents.embeddings import get_embedder
from agents.retrieval.chunking import CHUNKER
from agents.retrieval.errors import IndexVersionError
from agents.retrieval.models import Chunk, CorpusStatistics, IndexVersion, Posting, Sentence
from agents.retrieval.selectors import ALIAS

if TYPE_CHECKING:
    from agents.retrieval.indexing import IndexDocument

State = IndexVersion.State


def version_ensure_active() -> IndexVersion:
    """The active version; an empty one of the configured embedder is made if there is none. Raises EmbeddingError."""
    active = IndexVersion.objects.filter(state=State.ACTIVE).first()
    if active is not None:
        return active
    embedder = get_embedder()
    name, dimension = embedder.name, embedder.dimension
    with _switching():
        active = IndexVersion.objects.filter(state=State.ACTIVE).first()
        if active is not None:
            return active
        return IndexVersion.objects.create(
            name=_next_name(),
            embedder=name,
            dimension=dimension,
            chunker=CHUNKER,
            state=State.ACTIVE,
            activated_at=timezone.now(),
        )


def version_start(*, name: str = "") -> IndexVersion:
    """A new, empty version of the configured embedder; from now on every change of a document reaches it too.

    Raises IndexVersionError for a name that is taken, and EmbeddingError.
    """
    embedder = get_embedder()
    embedder_name, dimension = embedder.name, embedder.dimension
    with _switching():
        if name and IndexVersion.objects.filter(name=name).exists():
            raise IndexVersionError(f"There is an index version {name!r} already.")
        return IndexVersion.objects.create(
            name=name or _next_name(), embedder=embedder_name, dimension=dimension, chunker=CHUNKER
        )


def version_complete(version: IndexVersion) -> None:
    """Marks a version that has every document: it can now be activated. Raises IndexVersionError."""
    if not IndexVersion.objects.filter(pk=version.pk, state=State.BUILDING).update(state=State.KEPT):
        raise IndexVersionError(f"Index version {version.name} isn't being built.")
    version.refresh_from_db()


def version_fail(version: IndexVersion, *, reason: str) -> None:
    """Marks a version that isn't the active one as unusable."""
    IndexVersion.objects.filter(pk=version.pk).exclude(state=State.ACTIVE).update(
        state=State.FAILED, note=reason[:2000]
    )


def version_build(documents: Iterable[IndexDocument], *, name: str = "") -> IndexVersion:
    """Builds a complete version from all documents of the installation, beside the active one.

    ``documents`` is read one by one while building, after the version began to receive changes, so it should read
    each document afresh and give it an ``is_current``. When building fails the version is marked failed and the error
    raised again.
    """
    from agents.retrieval.indexing import document_index_in

    version = version_start(name=name)
    try:
        for document in documents:
            document_index_in(document, version)
    except BaseException as error:
        version_fail(version, reason=f"{type(error).__name__}: {error}")
        raise
    version_complete(version)
    return version


def version_activate(version: IndexVersion) -> IndexVersion:
    """Searches use this complete version from now on; the former one is kept. Raises IndexVersionError."""
    with _switching():
        version = IndexVersion.objects.select_for_update().get(pk=version.pk)
        if version.state == State.ACTIVE:
            return version
        if version.state != State.KEPT:
            raise IndexVersionError(
                f"Index version {version.name} is {version.state}; only a complete one can be used."
            )
        IndexVersion.objects.filter(state=State.ACTIVE).update(state=State.KEPT)
        version.state, version.activated_at = State.ACTIVE, timezone.now()
        version.save(update_fields=["state", "activated_at"])
    return version


def version_rollback() -> IndexVersion:
    """Switches back to the version that was active last before this one. Raises IndexVersionError if none is kept."""
    with _switching():
        former = (
            IndexVersion.objects.filter(state=State.KEPT, activated_at__isnull=False).order_by("-activated_at").first()
        )
        if former is None:
            raise IndexVersionError("No earlier index version is kept.")
        return version_activate(former)


def version_delete(version: IndexVersion) -> None:
    """Deletes a version that isn't active, with all its rows. Raises IndexVersionError."""
    with _switching():
        if IndexVersion.objects.filter(pk=version.pk, state=State.ACTIVE).exists():
            raise IndexVersionError(f"Index version {version.name} is in use.")
        _rows_delete(version)


def index_reset() -> None:
    """Throws the whole index away, the active version too."""
    with _switching():
        for version in IndexVersion.objects.all():
            _rows_delete(version)


def _rows_delete(version: IndexVersion) -> None:
    Posting.objects.filter(version=version)._raw_delete(ALIAS)
    Sentence.objects.filter(chunk__version=version).delete()
    Chunk.objects.filter(version=version)._raw_delete(ALIAS)
    CorpusStatistics.objects.filter(version=version)._raw_delete(ALIAS)
    IndexVersion.objects.filter(pk=version.pk)._raw_delete(ALIAS)


def _next_name() -> str:
    numbers = (name[1:] for name in IndexVersion.objects.values_list("name", flat=True) if name[:1] == "v")
    return f"v{max((int(number) for number in numbers if number.isdigit()), default=0) + 1}"


@contextmanager
def _switching() -> Iterator[None]:
    """One transaction at a time may make or switch versions."""
    with transaction.atomic(using=ALIAS):
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('index versions', 0))")
        yield
